//! Owns the faults that a test scripts: what goes wrong, for which calls, and how often.
//! It refuses to act; the service asks it what applies to a call.

use std::time::Duration;

use serde_json::{Map, Value};

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The answer comes late by so much.
    Latency(Duration),
    /// `Throttling`, as STS says it: 400 `Rate exceeded`. Instance metadata and containers' credentials: 429. IAM
    /// Identity Center: `SlowDownException` of its sign-ins, 429 of its portal.
    Throttling,
    /// A refusal, by its HTTP status and AWS's code for it, such as 400 `InvalidGrantException`, in the form of
    /// whoever is asked.
    Refused(u16, &'static str),
    /// A failure of the service: 500 is `InternalFailure`, any other status `ServiceUnavailable`.
    Failure(u16),
    /// An answer of any status and body, in place of performing the call.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The value of `Content-Type`.
        content_type: &'static str,
        /// The body.
        body: String,
    },
    /// A redirect (307) to this URL.
    Redirect(String),
    /// The connection ends without an answer, and nothing was performed.
    HangUp,
    /// The call is performed, and the connection ends without an answer.
    LostAnswer,
    /// The call is performed, and the answer never comes.
    Silence,
    /// The call is performed, and half the answer's body comes.
    TornBody,
    /// The call is performed, and its body comes byte by byte with this pause before each.
    Drip(Duration),
    /// The call is performed, and its body is as long as this, blanks behind it.
    HugeBody(u64),
    /// The call is performed, and in its answer every element, or member of its JSON, of this name has another text,
    /// or is missing.
    Replace {
        /// The element: `SessionToken`, `Expiration` …
        element: &'static str,
        /// Its text; `None` leaves the element out.
        value: Option<String>,
    },
    /// What is handed out lives this long at most, whatever was asked for. Instance and container have new
    /// credentials ready once a quarter of it is left.
    Lifetime(Duration),
}

impl Fault {
    /// An HTML page in place of XML, as a captive portal or a load balancer answers.
    pub fn html() -> Self {
        let body = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1><br></body></html>\n".to_owned();
        Self::Answer { status: 502, content_type: "text/html", body }
    }

    /// Success without a body.
    pub fn empty_body() -> Self {
        Self::Answer { status: 200, content_type: "text/xml", body: String::new() }
    }

    /// Another value of an element of the answer.
    pub fn value(element: &'static str, value: &str) -> Self {
        Self::Replace { element, value: Some(value.to_owned()) }
    }

    /// An answer that lacks an element.
    pub fn missing(element: &'static str) -> Self {
        Self::Replace { element, value: None }
    }
}

/// A fault and the calls it is for.
#[derive(Debug, Clone)]
pub struct Rule {
    fault: Fault,
    action: Option<String>,
    path: Option<String>,
    access_key_id: Option<String>,
    left: Option<u32>,
}

impl Rule {
    /// Makes a rule for every call.
    pub fn new(fault: Fault) -> Self {
        Self { fault, action: None, path: None, access_key_id: None, left: None }
    }

    /// Limits it to an action, such as `AssumeRole`. `InstanceMetadata` is every request to the metadata service,
    /// `ContainerCredentials` every one to the container endpoint.
    #[must_use]
    pub fn action(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    /// Limits it to requests whose path begins so, such as `/latest/api/token`.
    #[must_use]
    pub fn path(mut self, beginning: &str) -> Self {
        self.path = Some(beginning.to_owned());
        self
    }

    /// Limits it to the calls signed with an access key.
    #[must_use]
    pub fn access_key_id(mut self, id: &str) -> Self {
        self.access_key_id = Some(id.to_owned());
        self
    }

    /// Limits it to the next `count` calls that it is for.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.left = Some(count);
        self
    }

    fn is_for(&self, action: &str, path: &str, access_key_id: Option<&str>) -> bool {
        self.left != Some(0)
            && self.path.as_deref().is_none_or(|beginning| path.starts_with(beginning))
            && self.action.as_deref().is_none_or(|wanted| wanted == action)
            && self.access_key_id.as_deref().is_none_or(|wanted| Some(wanted) == access_key_id)
    }
}

/// Gives the faults of a call in the order in which they were set, and counts them.
pub(super) fn take(rules: &mut Vec<Rule>, action: &str, path: &str, access_key_id: Option<&str>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for rule in rules.iter_mut().filter(|rule| rule.is_for(action, path, access_key_id)) {
        rule.left = rule.left.map(|left| left - 1);
        faults.push(rule.fault.clone());
    }
    rules.retain(|rule| rule.left != Some(0));
    faults
}

/// Gives how long what is handed out may live at most.
pub(super) fn lifetime(faults: &[Fault]) -> Option<Duration> {
    faults.iter().find_map(|fault| match fault {
        Fault::Lifetime(time) => Some(*time),
        _ => None,
    })
}

/// Changes the members of a JSON answer as `Fault::Replace` says; one that was a number stays one if it can.
pub(super) fn falsify(members: &mut Map<String, Value>, faults: &[Fault]) {
    for fault in faults {
        if let Fault::Replace { element, value } = fault {
            replace(members, element, value.as_deref());
        }
    }
}

fn replace(members: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    match (members.get_mut(name), text) {
        (None, _) => {}
        (Some(_), None) => drop(members.shift_remove(name)),
        (Some(member), Some(text)) => {
            let number = text.parse::<i64>().ok().filter(|_| member.is_number());
            *member = number.map_or_else(|| text.into(), Value::from);
        }
    }
    for member in members.values_mut() {
        match member {
            Value::Object(inner) => replace(inner, name, text),
            Value::Array(list) => {
                list.iter_mut().filter_map(Value::as_object_mut).for_each(|inner| replace(inner, name, text));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_pick_their_calls_and_run_out() {
        let mut rules = vec![
            Rule::new(Fault::Throttling).action("AssumeRole").times(2),
            Rule::new(Fault::HangUp).access_key_id("AKIA1"),
            Rule::new(Fault::Silence).path("/latest/api"),
        ];
        let mut take = |action, key| take(&mut rules, action, "/", key);
        assert_eq!(take("AssumeRole", None), [Fault::Throttling]);
        assert_eq!(take("GetSessionToken", Some("AKIA1")), [Fault::HangUp]);
        assert_eq!(take("AssumeRole", Some("AKIA1")), [Fault::Throttling, Fault::HangUp]);
        assert_eq!(take("AssumeRole", Some("AKIA1")), [Fault::HangUp]);
        let metadata = super::take(&mut rules, "InstanceMetadata", "/latest/api/token", None);
        assert_eq!(metadata, [Fault::Silence]);
    }
}
