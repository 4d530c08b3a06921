//! Owns the calls to AWS STS: blocking functions, named after the API, on a handle that many threads share.
//! It refuses to start anything before the first call, to send a token code twice, and to hand on an answer it hasn't checked.

mod answer;
mod calls;
mod remedies;

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;

use crate::clock::Clock;
use crate::error::Result;
use crate::profile::plan::{AssumeRole, AssumeRoleWithWebIdentity, Device};
use crate::secret::Secret;
use crate::session::Session;
use crate::wire::{LIMIT, Network};

pub use crate::wire::{ApiSettings as StsSettings, Refusal, Refused, refusal_of, surely_not_sent};

/// Who calls, and where.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// What the call is signed with.
    pub credentials: &'a Credentials,
    /// The profile's region, where it names one.
    pub region: Option<&'a str>,
}

/// A device together with its present code.
#[derive(Debug, Clone, Copy)]
pub struct Mfa<'a> {
    /// The device.
    pub device: &'a Device,
    /// Its code; it is sent once.
    pub code: &'a Secret<String>,
}

/// Who one is, as GetCallerIdentity says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Twelve digits.
    pub account: String,
    /// The ARN of the user or of the assumed role.
    pub arn: String,
    /// The unique id.
    pub user_id: String,
}

/// The calls that a plan's steps consist of; a test puts its own in place.
pub trait StsApi: Sync {
    /// GetSessionToken.
    ///
    /// # Errors
    /// When AWS refuses (`Kind::Refused`) or gives no usable answer (`Kind::Unreachable`).
    fn get_session_token(&self, caller: Caller<'_>, mfa: Option<Mfa<'_>>, duration: Duration) -> Result<Session>;

    /// AssumeRole; a code must be given exactly where the request names a device.
    ///
    /// # Errors
    /// As in [`StsApi::get_session_token`].
    fn assume_role(&self, caller: Caller<'_>, request: &AssumeRole, code: Option<&Secret<String>>) -> Result<Session>;

    /// AssumeRoleWithWebIdentity, which nobody signs; `region` is the profile's.
    ///
    /// # Errors
    /// As in [`StsApi::get_session_token`].
    fn assume_role_with_web_identity(
        &self,
        request: &AssumeRoleWithWebIdentity,
        session_name: &str,
        token: &Secret<String>,
        region: Option<&str>,
    ) -> Result<Session>;

    /// Opens the connection ahead of time, in the background; harmless where no call follows.
    fn connect(&self, region: Option<&str>, role_arn: Option<&str>);
}

/// The handle to STS.
#[derive(Debug)]
pub struct Sts {
    shared: Arc<calls::Shared>,
}

impl Sts {
    /// Keeps the settings; nothing starts yet.
    pub fn new(settings: StsSettings, network: Network, clock: Clock) -> Self {
        Self { shared: Arc::new(calls::Shared::new(settings, network, clock)) }
    }

    /// Gives the settings.
    pub fn settings(&self) -> &StsSettings {
        self.shared.settings()
    }

    /// GetCallerIdentity.
    ///
    /// # Errors
    /// As in [`StsApi::get_session_token`].
    pub fn get_caller_identity(&self, caller: Caller<'_>) -> Result<CallerIdentity> {
        let signer = self.shared.signer(caller, None)?;
        let shared = Arc::clone(&self.shared);
        self.shared.network().run(LIMIT, async move { shared.get_caller_identity(signer).await })?
    }
}

impl StsApi for Sts {
    fn get_session_token(&self, caller: Caller<'_>, mfa: Option<Mfa<'_>>, duration: Duration) -> Result<Session> {
        let signer = self.shared.signer(caller, None)?;
        let mfa = mfa.map(calls::OwnedMfa::from);
        let shared = Arc::clone(&self.shared);
        self.shared.network().run(LIMIT, async move { shared.get_session_token(signer, mfa, duration).await })?
    }

    fn assume_role(&self, caller: Caller<'_>, request: &AssumeRole, code: Option<&Secret<String>>) -> Result<Session> {
        let signer = self.shared.signer(caller, Some(&request.role_arn))?;
        let mfa = request.mfa.as_ref().zip(code).map(|(device, code)| calls::OwnedMfa::from(Mfa { device, code }));
        let (shared, request) = (Arc::clone(&self.shared), request.clone());
        self.shared.network().run(LIMIT, async move { shared.assume_role(signer, request, mfa).await })?
    }

    fn assume_role_with_web_identity(
        &self,
        request: &AssumeRoleWithWebIdentity,
        session_name: &str,
        token: &Secret<String>,
        region: Option<&str>,
    ) -> Result<Session> {
        let region = self.shared.region(region, &request.role_arn)?;
        let (shared, request) = (Arc::clone(&self.shared), request.clone());
        let (name, token) = (session_name.to_owned(), token.clone());
        self.shared
            .network()
            .run(LIMIT, async move { shared.assume_role_with_web_identity(request, name, token, region).await })?
    }

    fn connect(&self, region: Option<&str>, role_arn: Option<&str>) {
        let Ok(region) = self.settings().region_for(region, role_arn) else {
            return; // the call itself says what is wrong
        };
        let shared = Arc::clone(&self.shared);
        // whatever goes wrong here is said by the call itself
        let _ = self.shared.network().spawn(async move { shared.connect(region).await });
    }
}
