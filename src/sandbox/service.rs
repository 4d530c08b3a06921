//! Owns the way of a request through the stand-in: whom it is for, faults, signature, action, record.
//! It refuses to touch the network; it turns a request into an answer.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::calls;
use super::faults::{self, Fault, Rule};
use super::http::{Delivery, Reply, Request};
use super::query::Query;
use super::refusal::Refusal;
use super::sigv4::Authorization;
use super::world::World;
use super::xml::Element;
use super::{container, federation, iam, identity_center, metadata, sts, web_identity};
use crate::clock::Clock;

const STS: Api = Api { service: "sts", namespace: "https://sts.amazonaws.com/doc/2011-06-15/" };
const IAM: Api = Api { service: "iam", namespace: "https://iam.amazonaws.com/doc/2010-05-08/" };

#[derive(Clone, Copy, PartialEq, Eq)]
struct Api {
    service: &'static str,
    namespace: &'static str,
}

/// Whom a request is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Party {
    /// A service of the Query API.
    Query(Api),
    /// EC2's instance metadata.
    Metadata,
    /// ECS's endpoint for credentials.
    Container,
    /// The federation endpoint of the sign-in service.
    Federation,
    /// IAM Identity Center.
    IdentityCenter(identity_center::Call),
}

impl Party {
    fn of(request: &Request, query: &Query) -> Self {
        if let Some(call) = identity_center::Call::of(&request.path) {
            return Self::IdentityCenter(call);
        }
        match request.path.as_str() {
            path if metadata::is_meant(path) => Self::Metadata,
            path if container::is_meant(path) => Self::Container,
            path if federation::is_meant(path) => Self::Federation,
            _ if query.get("Version") == Some("2010-05-08") => Self::Query(IAM),
            _ => Self::Query(STS),
        }
    }

    /// Gives the name by which rules and records know what was asked.
    fn action(self, query: &Query) -> &str {
        match self {
            Self::Query(_) | Self::Federation => query.get("Action").unwrap_or_default(),
            Self::Metadata => "InstanceMetadata",
            Self::Container => "ContainerCredentials",
            Self::IdentityCenter(call) => call.name(),
        }
    }

    /// Says that there were too many calls.
    fn throttle(self) -> Reply {
        match self {
            Self::Query(_) => self.refuse(400, "Throttling", "Rate exceeded"),
            Self::Metadata | Self::Container | Self::Federation => self.refuse(429, "Throttling", "Rate exceeded"),
            Self::IdentityCenter(call) => identity_center::throttling(call),
        }
    }

    /// Fails with a status.
    fn fail(self, status: u16) -> Reply {
        match (self, status) {
            (Self::IdentityCenter(_), 500) => self.refuse(500, "InternalServerException", "Unexpected error"),
            (_, 500) => self.refuse(500, "InternalFailure", "An internal error has occurred."),
            _ => self.refuse(status, "ServiceUnavailable", "Service is currently unavailable."),
        }
    }

    /// Renders a refusal that no one decided on.
    fn refuse(self, status: u16, code: &'static str, message: &str) -> Reply {
        let refusal = Refusal::new(status, code, message);
        match self {
            Self::Query(api) => {
                let element = refusal.element("00000000-0000-0000-0000-000000000000");
                Reply::new(status, "text/xml", element.render(api.namespace))
            }
            Self::Metadata => metadata::refusal(status),
            Self::Container => container::refusal(&refusal),
            Self::Federation => federation::refusal(&refusal),
            Self::IdentityCenter(call) => identity_center::refusal(call, &refusal),
        }
    }
}

/// The state that all connections share.
pub(super) struct Service {
    clock: Clock,
    offset: Mutex<SignedDuration>,
    world: Mutex<World>,
    rules: Mutex<Vec<Rule>>,
    calls: Mutex<Vec<calls::Call>>,
    stopped: Mutex<bool>,
    stopping: Condvar,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    pub(super) fn new(world: World, clock: Clock) -> Self {
        Self {
            clock,
            offset: Mutex::new(SignedDuration::ZERO),
            world: Mutex::new(world),
            rules: Mutex::default(),
            calls: Mutex::default(),
            stopped: Mutex::new(false),
            stopping: Condvar::new(),
        }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    pub(super) fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        locked(&self.rules)
    }

    pub(super) fn calls(&self) -> MutexGuard<'_, Vec<calls::Call>> {
        locked(&self.calls)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now().saturating_add(*locked(&self.offset)).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn set_offset(&self, offset: SignedDuration) {
        *locked(&self.offset) = offset;
    }

    /// Ends every pause.
    pub(super) fn stop(&self) {
        *locked(&self.stopped) = true;
        self.stopping.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        *locked(&self.stopped)
    }

    /// Pauses; false once everything is to stop.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let waited = self.stopping.wait_timeout_while(locked(&self.stopped), time, |stopped| !*stopped);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &Request) -> Reply {
        let time = self.now();
        let query = match request.method.as_str() {
            "POST" if request.header("content-type") == Some("application/json") => Query::of_json(&request.body),
            "POST" => Query::parse(&String::from_utf8_lossy(&request.body)),
            _ => Query::parse(&request.query),
        };
        let party = Party::of(request, &query);
        let action = party.action(&query).to_owned();
        let authorization = Authorization::parse(request);
        let access_key_id = authorization.as_ref().ok().map(|found| found.access_key_id.clone());
        let faults = faults::take(&mut self.rules(), &action, &request.path, access_key_id.as_deref());
        for fault in &faults {
            if let Fault::Latency(time) = fault {
                self.wait(*time);
            }
        }
        let mut error = None;
        let mut reply = stand_in(&faults, party).unwrap_or_else(|| match party {
            Party::Metadata => metadata::answer(request, &mut self.world(), self.now(), &faults),
            Party::Container => {
                let result = container::answer(request, &mut self.world(), self.now(), &faults);
                error = result.as_ref().err().map(|refusal| refusal.code.to_owned());
                result.unwrap_or_else(|refusal| container::refusal(&refusal))
            }
            Party::Federation => {
                let result = federation::answer(request, &query, &mut self.world(), self.now());
                error = result.as_ref().err().map(|refusal| refusal.code.to_owned());
                result.unwrap_or_else(|refusal| federation::refusal(&refusal))
            }
            Party::IdentityCenter(call) => {
                let world = &mut self.world();
                let result = identity_center::answer(call, request, &query, world, self.now(), &faults);
                error = result.as_ref().err().map(|refusal| refusal.code.to_owned());
                result.unwrap_or_else(|refusal| identity_center::refusal(call, &refusal))
            }
            Party::Query(_) if action.is_empty() && request.method == "GET" && request.path == "/authenticator" => {
                Reply::new(200, "text/plain", self.world().displays(time))
            }
            Party::Query(_) if action.is_empty() && matches!(request.method.as_str(), "GET" | "HEAD") => {
                Reply::new(200, "text/plain", "a local stand-in for AWS\n")
            }
            Party::Query(api) => {
                let result = if api == STS && action == web_identity::ACTION {
                    web_identity::perform(&query, &mut self.world(), self.now(), faults::lifetime(&faults))
                } else {
                    authorization.and_then(|found| self.perform(api, request, &found, &query, &faults))
                };
                error = result.as_ref().err().map(|refusal| refusal.code.to_owned());
                self.render(api, &action, result, &faults)
            }
        });
        if let Some(delivery) = faults.iter().find_map(delivery) {
            reply.delivery = delivery;
        }
        let is_answered = !matches!(reply.delivery, Delivery::Never | Delivery::HangUp);
        let call = calls::Call {
            action,
            method: request.method.clone(),
            path: request.path.clone(),
            access_key_id,
            parameters: query.into_map(),
            host: request.header("host").unwrap_or_default().to_owned(),
            time,
            status: if is_answered { reply.status } else { 0 },
            error,
        };
        self.calls().push(call);
        reply.headers.push(("Date", self.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
        reply
    }

    fn perform(
        &self,
        api: Api,
        request: &Request,
        authorization: &Authorization,
        query: &Query,
        faults: &[Fault],
    ) -> Result<Vec<Element>, Refusal> {
        let now = self.now();
        let mut world = self.world();
        let caller = world.find(&authorization.access_key_id, request.header("x-amz-security-token"), now)?;
        authorization.check_scope(request, api.service, now)?;
        authorization.check_signature(request, caller.secret_access_key.expose())?;
        if caller.session.as_ref().is_some_and(|session| session.expiration <= now) {
            return Err(Refusal::new(403, "ExpiredToken", "The security token included in the request is expired"));
        }
        let call = sts::Call { caller: &caller, query, now, lifetime: faults::lifetime(faults) };
        match query.get("Action") {
            None => Err(Refusal::new(400, "MissingAction", "Missing Action")),
            Some(action) if api == IAM => iam::perform(action, &call, &mut world),
            Some(action) => sts::perform(action, &call, &mut world),
        }
    }

    fn render(&self, api: Api, action: &str, result: Result<Vec<Element>, Refusal>, faults: &[Fault]) -> Reply {
        let request_id = self.world().request_id();
        let (status, mut element) = match result {
            Err(refusal) => (refusal.status, refusal.element(&request_id)),
            Ok(result) => {
                let metadata = Element::of("ResponseMetadata", vec![Element::text("RequestId", request_id.as_str())]);
                let result = Element::of(&format!("{action}Result"), result);
                (200, Element::of(&format!("{action}Response"), vec![result, metadata]))
            }
        };
        for fault in faults {
            if let Fault::Replace { element: name, value } = fault {
                element.replace(name, value.as_deref());
            }
        }
        let mut reply = Reply::new(status, "text/xml", element.render(api.namespace));
        reply.headers.push(("x-amzn-RequestId", request_id));
        reply
    }
}

/// Gives the answer that a fault puts in place of performing the call.
fn stand_in(faults: &[Fault], party: Party) -> Option<Reply> {
    faults.iter().find_map(|fault| match fault {
        Fault::Throttling => Some(party.throttle()),
        Fault::Failure(status) => Some(party.fail(*status)),
        Fault::Refused(status, code) => Some(party.refuse(*status, code, "The stand-in was told to refuse this.")),
        Fault::Answer { status, content_type, body } => Some(Reply::new(*status, content_type, body.as_str())),
        Fault::Redirect(url) => {
            let mut reply = Reply::new(307, "text/html", "");
            reply.headers.push(("Location", url.clone()));
            Some(reply)
        }
        Fault::HangUp => Some(Reply::new(0, "text/plain", "")),
        _ => None,
    })
}

fn delivery(fault: &Fault) -> Option<Delivery> {
    match fault {
        Fault::Silence => Some(Delivery::Never),
        Fault::TornBody => Some(Delivery::Torn),
        Fault::Drip(pause) => Some(Delivery::Drip(*pause)),
        Fault::HugeBody(length) => Some(Delivery::Padded(*length)),
        Fault::HangUp | Fault::LostAnswer => Some(Delivery::HangUp),
        _ => None,
    }
}
