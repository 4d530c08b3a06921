//! Owns the instance metadata service of EC2: where it is, the credentials of the instance's role, and facts of the instance.
//! It refuses proxies and redirects, IMDSv1 where it is forbidden, and to keep anyone waiting for more than 5 seconds.

mod facts;
mod settings;
mod visit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde::Deserialize;

use crate::clock::{Clock, TOLERANCE, is_off};
use crate::error::{Failure, Kind, Result};
use crate::profile::plan::MetadataService;
use crate::secret::Secret;
use crate::session::{Demand, Said, Session};
use crate::wire::{Network, Way, one_line};

pub use facts::Facts;
pub use settings::ImdsSettings;

use settings::Target;
use visit::{Found, Visit};

/// Whatever happens, it is over then.
const LIMIT: Duration = Duration::from_secs(5);
/// A little less, so that one's own words are heard.
const ALL_REQUESTS: Duration = Duration::from_millis(4_800);
/// EC2 hands out six hours; nothing lives longer than GetSessionToken's longest.
const LONGEST: SignedDuration = SignedDuration::from_hours(36);
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const IDENTITY: &str = "/latest/dynamic/instance-identity/document";

/// The handle to the metadata service; a copy shares its tokens.
#[derive(Debug, Clone)]
pub struct Imds(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: ImdsSettings,
    network: Network,
    clock: Clock,
    /// The IMDSv2 token of each endpoint.
    tokens: Mutex<HashMap<String, Token>>,
}

#[derive(Debug, Clone)]
struct Token {
    value: Secret<String>,
    until: Instant,
}

/// What the identity document tells; the rest of it is of no use here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IdentityDocument {
    account_id: Option<String>,
    region: Option<String>,
}

/// What the service says beside the credentials.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Verdict {
    code: Option<String>,
    message: Option<String>,
}

impl Imds {
    /// Keeps the settings; nothing starts yet.
    pub fn new(settings: ImdsSettings, network: Network, clock: Clock) -> Self {
        Self(Arc::new(Shared { settings, network, clock, tokens: Mutex::default() }))
    }

    /// Gives the URL of the service for a profile.
    ///
    /// # Errors
    /// `Kind::Invalid` when environment or profile name none that can be called.
    pub fn endpoint(&self, service: &MetadataService) -> Result<String> {
        Ok(self.0.settings.target(service)?.endpoint)
    }

    /// Fetches the credentials of the instance's role, with account and region of the instance where it tells them.
    ///
    /// # Errors
    /// `Kind::Invalid` where the service is disabled, `Kind::Refused` where there is no role or it has no credentials,
    /// `Kind::Unreachable` where nobody answers usably within 5 seconds.
    pub fn credentials(&self, service: &MetadataService) -> Result<Session> {
        let shared = Arc::clone(&self.0);
        self.visit(service, async move |visit| shared.credentials(&visit).await)
    }

    /// Fetches facts of the instance; what it hasn't got is left out.
    ///
    /// # Errors
    /// As `credentials`.
    pub fn facts(&self, service: &MetadataService) -> Result<Facts> {
        self.visit(service, async |visit| facts::fetch(&visit).await)
    }

    /// Asks for the name of the instance's role, within `limit`; nothing secret is fetched.
    ///
    /// # Errors
    /// As `credentials`.
    pub fn role(&self, service: &MetadataService, limit: Duration) -> Result<String> {
        let shared = Arc::clone(&self.0);
        self.visit_within(limit, service, async move |visit| shared.role(&visit).await)
    }

    fn visit<T: Send + 'static, F: Future<Output = Result<T>> + Send>(
        &self,
        service: &MetadataService,
        work: impl FnOnce(Visit) -> F + Send + 'static,
    ) -> Result<T> {
        self.visit_within(ALL_REQUESTS, service, work)
    }

    fn visit_within<T: Send + 'static, F: Future<Output = Result<T>> + Send>(
        &self,
        limit: Duration,
        service: &MetadataService,
        work: impl FnOnce(Visit) -> F + Send + 'static,
    ) -> Result<T> {
        let shared = Arc::clone(&self.0);
        let target = shared.settings.target(service)?;
        let place = target.endpoint.clone();
        let wire = shared.network.wire(if target.https { Way::Secure } else { Way::Plain })?;
        let network = shared.network.clone();
        let all = async move {
            let visit = Visit::begin(shared, wire, target).await?;
            work(visit).await
        };
        network.run(LIMIT, async move {
            match tokio::time::timeout(limit, all).await {
                Ok(result) => result,
                Err(_) => Err(visit::unreachable(&place, "no answer came in time").into()),
            }
        })?
    }
}

impl Shared {
    async fn credentials(&self, visit: &Visit) -> Result<Session> {
        let began = self.clock.now();
        let (role, document) = tokio::join!(self.role(visit), visit.get(IDENTITY));
        let role = role?;
        let answer = match visit.get(&format!("{ROLES}{role}")).await? {
            Found::Answer(answer) => answer,
            Found::Absent => return Err(no_role(visit.place()).into()),
        };
        if let Some(ahead) =
            answer.date.map(|date| date.duration_since(self.clock.now())).filter(|ahead| is_off(*ahead))
        {
            return Err(visit::clock_off(visit.place(), ahead).into());
        }
        let unusable =
            |why: String| visit::unreachable(visit.place(), &format!("the role's credentials can't be used: {why}"));
        let said = Said::read(&answer.body).map_err(unusable)?;
        let verdict: Verdict = serde_json::from_slice(&answer.body).unwrap_or_default();
        if let Some(code) = verdict.code.filter(|code| code != "Success") {
            let message = verdict.message.map(|message| format!(": {message}")).unwrap_or_default();
            return Err(Failure::new(
                Kind::Refused,
                format!("the instance's role `{role}` has no credentials at present"),
            )
            .because(anyhow::anyhow!(one_line(&format!("{code}{message}"), &[], 300)))
            .hint("check the role's trust policy (principal `ec2.amazonaws.com`), or wait a moment after a change")
            .into());
        }
        let demand = Demand { temporary: true, longest: Some(LONGEST + TOLERANCE) };
        let mut session = said.session(demand, began).map_err(unusable)?;
        // without the document account and region stay open
        let Ok(Found::Answer(document)) = document else { return Ok(session) };
        let document: IdentityDocument = serde_json::from_slice(&document.body).unwrap_or_default();
        let plain = session.clone();
        session.region = document.region;
        if let Some(account) = document.account_id {
            session.credentials = with_account(&session, account);
        }
        Ok(if session.is_sound() { session } else { plain })
    }

    /// Asks for the name of the role; there is one, or none.
    async fn role(&self, visit: &Visit) -> Result<String> {
        let Found::Answer(answer) = visit.get(ROLES).await? else { return Err(no_role(visit.place()).into()) };
        let name = answer.text().and_then(|text| text.lines().next()).map(str::trim).unwrap_or_default();
        let fine = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        match name {
            "" => Err(no_role(visit.place()).into()),
            name if name.len() <= 128 && name.chars().all(fine) && !name.trim_matches('.').is_empty() => {
                Ok(name.to_owned())
            }
            _ => Err(visit::unreachable(visit.place(), "what should be the role's name is none").into()),
        }
    }

    /// Gives the token of an endpoint that is good for some time yet.
    fn token(&self, endpoint: &str) -> Option<Secret<String>> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(endpoint).filter(|token| token.until > Instant::now()).map(|token| token.value.clone())
    }

    fn keep_token(&self, endpoint: &str, token: Token) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint.to_owned(), token);
    }
}

fn with_account(session: &Session, account: String) -> aws_credential_types::Credentials {
    let credentials = &session.credentials;
    let mut built = aws_credential_types::Credentials::builder()
        .access_key_id(credentials.access_key_id())
        .secret_access_key(credentials.secret_access_key())
        .account_id(account)
        .provider_name("awstok");
    built.set_session_token(credentials.session_token().map(str::to_owned));
    built.set_expiry(credentials.expiry());
    built.build()
}

fn no_role(place: &str) -> Failure {
    Failure::new(Kind::Refused, format!("the instance has no role, says the metadata service at `{place}`"))
        .hint("attach an instance profile with a role to the instance")
}
