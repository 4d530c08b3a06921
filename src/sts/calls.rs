//! Owns the requests: the SDK's client with our limits of time and tries, one client a region on one pool of connections.
//! It refuses to try again where a code went along, unless the request surely never left this machine.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_sdk_sts::client::customize::CustomizableOperation;
use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::Timestamp;

use super::answer;
use super::remedies::remedy;
use super::{Caller, CallerIdentity, Mfa, StsSettings};
use crate::clock::Clock;
use crate::error::Result;
use crate::profile::plan::{AssumeRole, AssumeRoleWithWebIdentity};
use crate::secret::Secret;
use crate::session::Session;
use crate::wire::{Call, CallWatch, GoesOnce, Network, Wire, client_config, times};

/// How long a call waits for the connection that is being opened ahead of it.
const TO_WARM: Duration = Duration::from_secs(3);

/// What all calls share.
#[derive(Debug)]
pub(super) struct Shared {
    settings: StsSettings,
    clock: Clock,
    network: Network,
    clients: Mutex<HashMap<String, Client>>,
    /// Held while a connection is opened ahead of time: a call that comes meanwhile waits for it and uses it.
    warming: tokio::sync::Mutex<()>,
}

/// Who signs a call, and in which region.
#[derive(Debug)]
pub(super) struct Signer {
    credentials: Credentials,
    region: String,
}

/// A device's serial and code on their way into a request.
#[derive(Debug)]
pub(super) struct OwnedMfa {
    serial: String,
    code: Secret<String>,
}

impl From<Mfa<'_>> for OwnedMfa {
    fn from(mfa: Mfa<'_>) -> Self {
        Self { serial: mfa.device.serial.clone(), code: mfa.code.clone() }
    }
}

impl Shared {
    pub(super) fn new(settings: StsSettings, network: Network, clock: Clock) -> Self {
        Self { settings, clock, network, clients: Mutex::default(), warming: tokio::sync::Mutex::default() }
    }

    pub(super) fn settings(&self) -> &StsSettings {
        &self.settings
    }

    pub(super) fn network(&self) -> &Network {
        &self.network
    }

    /// Checks where an unsigned call goes; gives its region.
    pub(super) fn region(&self, region: Option<&str>, role_arn: &str) -> Result<String> {
        self.settings.checked_endpoint()?;
        self.settings.region_for(region, Some(role_arn))
    }

    pub(super) fn signer(&self, caller: Caller<'_>, role_arn: Option<&str>) -> Result<Signer> {
        self.settings.checked_endpoint()?;
        let region = self.settings.region_for(caller.region, role_arn)?;
        Ok(Signer { credentials: caller.credentials.clone(), region })
    }

    pub(super) async fn get_session_token(
        &self,
        signer: Signer,
        mfa: Option<OwnedMfa>,
        duration: Duration,
    ) -> Result<Session> {
        let one = self.one("GetSessionToken", &signer, mfa.as_ref()).await;
        let request = self
            .client(&signer.region)?
            .get_session_token()
            .duration_seconds(seconds(duration))
            .set_serial_number(mfa.as_ref().map(|mfa| mfa.serial.clone()))
            .set_token_code(mfa.as_ref().map(|mfa| mfa.code.expose().clone()));
        let answer = one.check(one.tailor(request.customize()).send().await)?;
        one.session(answer.credentials(), None)
    }

    pub(super) async fn assume_role(
        &self,
        signer: Signer,
        request: AssumeRole,
        mfa: Option<OwnedMfa>,
    ) -> Result<Session> {
        let one = self.one("AssumeRole", &signer, mfa.as_ref()).await;
        let mut call = self
            .client(&signer.region)?
            .assume_role()
            .role_arn(request.role_arn)
            .role_session_name(request.session_name)
            .duration_seconds(seconds(request.duration))
            .set_external_id(request.external_id)
            .set_source_identity(request.source_identity)
            .set_policy(request.policy)
            .set_serial_number(mfa.as_ref().map(|mfa| mfa.serial.clone()))
            .set_token_code(mfa.as_ref().map(|mfa| mfa.code.expose().clone()));
        for (key, value) in request.tags {
            call = call.tags(Tag::builder().key(key).value(value).build()?);
        }
        for key in request.transitive_tag_keys {
            call = call.transitive_tag_keys(key);
        }
        for arn in request.policy_arns {
            call = call.policy_arns(PolicyDescriptorType::builder().arn(arn).build());
        }
        let answer = one.check(one.tailor(call.customize()).send().await)?;
        one.session_of_role(answer.credentials(), answer.assumed_role_user())
    }

    pub(super) async fn assume_role_with_web_identity(
        &self,
        request: AssumeRoleWithWebIdentity,
        session_name: String,
        token: Secret<String>,
        region: String,
    ) -> Result<Session> {
        // unsigned: whoever signs it is never looked at
        let nobody = Credentials::new("", "", None, None, "nobody");
        let signer = Signer { credentials: nobody, region };
        let mut one = self.one("AssumeRoleWithWebIdentity", &signer, None).await;
        one.token = Some(&token);
        let mut call = self
            .client(&signer.region)?
            .assume_role_with_web_identity()
            .role_arn(request.role_arn)
            .role_session_name(session_name)
            .web_identity_token(token.expose())
            .duration_seconds(seconds(request.duration))
            .set_policy(request.policy);
        for arn in request.policy_arns {
            call = call.policy_arns(PolicyDescriptorType::builder().arn(arn).build());
        }
        let answer = one.check(one.tailor(call.customize()).send().await)?;
        one.session_of_role(answer.credentials(), answer.assumed_role_user())
    }

    pub(super) async fn get_caller_identity(&self, signer: Signer) -> Result<CallerIdentity> {
        let one = self.one("GetCallerIdentity", &signer, None).await;
        let request = self.client(&signer.region)?.get_caller_identity();
        let answer = one.check(one.tailor(request.customize()).send().await)?;
        match (answer.account(), answer.arn(), answer.user_id()) {
            (Some(account), Some(arn), Some(user_id)) => {
                Ok(CallerIdentity { account: account.into(), arn: arn.into(), user_id: user_id.into() })
            }
            _ => Err(one.call().unreachable("the answer names nobody".into()).into()),
        }
    }

    /// Opens a connection where there is TLS to shake hands for.
    pub(super) async fn connect(&self, region: String) {
        let url = match self.settings.checked_endpoint() {
            Ok(Some(endpoint)) if endpoint.https => endpoint.url.to_owned(),
            Ok(None) => match self.regional_url(&region).await {
                Some(url) => url,
                None => return,
            },
            _ => return,
        };
        let _warming = self.warming.lock().await;
        if let Ok(wire) = self.wire() {
            // whatever goes wrong here goes wrong again, and is said, in the call itself
            let _ = tokio::time::timeout(TO_WARM, wire.warm(&url)).await;
        }
    }

    async fn regional_url(&self, region: &str) -> Option<String> {
        let params = Params::builder()
            .region(region)
            .use_fips(self.settings.use_fips)
            .use_dual_stack(self.settings.use_dual_stack)
            .build()
            .ok()?;
        DefaultResolver::new().resolve_endpoint(&params).await.ok().map(|endpoint| endpoint.url().to_owned())
    }

    fn wire(&self) -> Result<Wire> {
        self.network.wire(self.settings.way()?)
    }

    fn client(&self, region: &str) -> Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(region) {
            return Ok(client.clone());
        }
        let client = Client::new(&client_config(&self.settings, region, &self.network)?);
        clients.insert(region.to_owned(), client.clone());
        Ok(client)
    }

    async fn one<'a>(&'a self, operation: &'static str, signer: &'a Signer, mfa: Option<&'a OwnedMfa>) -> One<'a> {
        drop(self.warming.lock().await);
        One {
            shared: self,
            operation,
            signer,
            mfa,
            token: None,
            watch: CallWatch::new(self.clock),
            began: self.clock.now(),
        }
    }
}

/// One call on its way.
struct One<'a> {
    shared: &'a Shared,
    operation: &'static str,
    signer: &'a Signer,
    mfa: Option<&'a OwnedMfa>,
    token: Option<&'a Secret<String>>,
    watch: CallWatch,
    began: Timestamp,
}

impl One<'_> {
    fn tailor<T, E, B>(&self, operation: CustomizableOperation<T, E, B>) -> CustomizableOperation<T, E, B> {
        let mut config = aws_sdk_sts::Config::builder()
            .credentials_provider(SharedCredentialsProvider::new(self.signer.credentials.clone()))
            .timeout_config(times(self.mfa.is_some()));
        if self.mfa.is_some() {
            config = config.retry_classifier(GoesOnce);
        }
        operation.config_override(config).interceptor(self.watch.clone())
    }

    fn call(&self) -> Call<'_> {
        let credentials = &self.signer.credentials;
        let mut secrets = vec![credentials.secret_access_key()];
        secrets.extend(credentials.session_token());
        secrets.extend(self.mfa.map(|mfa| mfa.code.expose().as_str()));
        secrets.extend(self.token.map(|token| token.expose().as_str()));
        Call {
            operation: self.operation,
            place: self.shared.settings.place(&self.watch, &self.signer.region),
            secrets,
            ahead: self.watch.ahead(),
            remedy,
        }
    }

    /// Gives the answer where it can be trusted.
    fn check<T, E>(&self, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Ok(self.call().check(answer)?)
    }

    /// Checks credentials of a role, which the answer must name.
    fn session_of_role(
        &self,
        found: Option<&aws_sdk_sts::types::Credentials>,
        user: Option<&aws_sdk_sts::types::AssumedRoleUser>,
    ) -> Result<Session> {
        match user {
            Some(user) => self.session(found, Some(user.arn())),
            None => Err(self.call().unreachable("the answer names no role".into()).into()),
        }
    }

    /// Checks credentials; their life is counted from before the call.
    fn session(&self, found: Option<&aws_sdk_sts::types::Credentials>, role: Option<&str>) -> Result<Session> {
        answer::session(found, role, self.began).map_err(|why| self.call().unreachable(why).into())
    }
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}
