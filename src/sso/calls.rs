//! Owns the requests: the SDK's clients, and plain values in place of their answers.
//! It refuses to send a code twice, unless the request surely never left this machine, and to trust answers of another time.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sso as portal;
use aws_sdk_ssooidc as oidc;
use aws_sdk_ssooidc::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::one::{One, Tries};
use super::{Account, DeviceAuthorization, Grant, Poll, answer};
use crate::clock::Clock;
use crate::error::Result;
use crate::profile::SignIn;
use crate::secret::Secret;
use crate::session::Session;
use crate::tokens::{Client, Registration};
use crate::wire::{ApiSettings, CallWatch, Network, client_config};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Without a port: the browser may be sent to any (RFC 8252, section 7.3).
const REDIRECT_URI: &str = "http://127.0.0.1/oauth/callback";
/// The pause between polls where none is named (RFC 8628, section 3.2).
const USUAL_INTERVAL: u64 = 5;
/// Pages of a list; far more than an organisation has.
const MOST_PAGES: usize = 500;
const PAGE: i32 = 100;

/// What all calls share.
#[derive(Debug)]
pub(super) struct Shared {
    oidc: ApiSettings,
    portal: ApiSettings,
    clock: Clock,
    network: Network,
}

/// A client on its way to be registered.
#[derive(Debug)]
pub(super) struct Wanted {
    name: String,
    scopes: Vec<String>,
    grants: Vec<String>,
    issuer: String,
}

/// A code on its way to become a token.
#[derive(Debug)]
pub(super) struct Redeemed {
    pub(super) region: String,
    pub(super) registration: Registration,
    pub(super) redirect_uri: String,
    pub(super) code: Secret<String>,
    pub(super) verifier: Secret<String>,
}

/// Where one is in a list that comes in pages; half a list is none.
#[derive(Debug, Default)]
struct Pages {
    next: Option<String>,
    read: usize,
}

impl Pages {
    /// Turns the page; tells whether there is another one.
    fn turn(&mut self, next: Option<String>) -> Result<bool, String> {
        let next = next.filter(|next| !next.is_empty());
        self.read += 1;
        if next.is_some() && (next == self.next || self.read >= MOST_PAGES) {
            return Err("the list has no end".into());
        }
        self.next = next;
        Ok(self.next.is_some())
    }
}

impl Wanted {
    pub(super) fn of(client: &Client<'_>, now: Timestamp) -> Self {
        // as the AWS CLI names its own
        let name = client.session.map_or_else(|| now.as_second().to_string(), str::to_owned);
        Self {
            name: format!("botocore-client-{name}"),
            scopes: client.registered_scopes(),
            grants: client.grant_types(),
            issuer: client.start_url.to_owned(),
        }
    }
}

impl Shared {
    pub(super) fn new(oidc: ApiSettings, portal: ApiSettings, network: Network, clock: Clock) -> Self {
        Self { oidc, portal, clock, network }
    }

    pub(super) fn network(&self) -> &Network {
        &self.network
    }

    pub(super) fn portal_endpoint(&self) -> Option<&str> {
        self.portal.endpoint.as_deref()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn register_client(&self, region: &str, wanted: Wanted) -> Result<Registration> {
        let one = self.one("RegisterClient", region, &self.oidc, vec![]);
        let by_redirect = !wanted.grants.is_empty();
        let some = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        let call = self
            .oidc(region)?
            .register_client()
            .client_name(wanted.name)
            .client_type("public")
            .set_scopes(some(&wanted.scopes))
            .set_grant_types(some(&wanted.grants))
            .set_redirect_uris(by_redirect.then(|| vec![REDIRECT_URI.to_owned()]))
            .set_issuer_url(by_redirect.then_some(wanted.issuer));
        let answer = one.check(one.oidc(call.customize(), Tries::Usual).send().await)?;
        let judged = |text, what| answer::word(text, what).map_err(|why| one.unusable(why));
        let expires_at = Timestamp::from_second(answer.client_secret_expires_at())
            .map_err(|_| one.unusable("the registration's end is no instant".into()))?;
        Ok(Registration {
            client_id: judged(answer.client_id(), "client id")?.expose().clone(),
            client_secret: judged(answer.client_secret(), "client secret")?,
            expires_at,
            grant_types: wanted.grants,
        })
    }

    pub(super) async fn start_device_authorization(
        &self,
        sign_in: &SignIn,
        registration: &Registration,
    ) -> Result<DeviceAuthorization> {
        let secrets = vec![registration.client_secret.expose().as_str()];
        let one = self.one("StartDeviceAuthorization", &sign_in.region, &self.oidc, secrets);
        let call = self
            .oidc(&sign_in.region)?
            .start_device_authorization()
            .client_id(&registration.client_id)
            .client_secret(registration.client_secret.expose())
            .start_url(&sign_in.start_url);
        let answer = one.check(one.oidc(call.customize(), Tries::Usual).send().await)?;
        let is_local = self.oidc.checked_endpoint()?.is_some_and(|endpoint| endpoint.loopback);
        let begun = || -> Result<DeviceAuthorization, String> {
            let page = answer::page(answer.verification_uri(), is_local)?;
            Ok(DeviceAuthorization {
                device_code: answer::word(answer.device_code(), "device code")?,
                user_code: answer::user_code(answer.user_code())?,
                verification_uri_complete: answer::page(answer.verification_uri_complete(), is_local)
                    .unwrap_or_else(|_| page.clone()),
                verification_uri: page,
                expires_at: answer::token_end(answer.expires_in(), one.began)?,
                interval: Duration::from_secs(match u64::try_from(answer.interval()) {
                    Ok(0) | Err(_) => USUAL_INTERVAL,
                    Ok(seconds) => seconds,
                }),
            })
        };
        begun().map_err(|why| one.unusable(why))
    }

    pub(super) async fn poll_for_token(
        &self,
        region: &str,
        registration: &Registration,
        code: &Secret<String>,
    ) -> Result<Poll> {
        let secrets = vec![registration.client_secret.expose().as_str(), code.expose()];
        let one = self.one("CreateToken", region, &self.oidc, secrets);
        let call = self
            .oidc(region)?
            .create_token()
            .client_id(&registration.client_id)
            .client_secret(registration.client_secret.expose())
            .grant_type(DEVICE_CODE)
            .device_code(code.expose());
        let answer = one.oidc(call.customize(), Tries::One).send().await;
        if let Err(SdkError::ServiceError(refused)) = &answer {
            match refused.err().code() {
                Some("AuthorizationPendingException") => return Ok(Poll::Pending),
                Some("SlowDownException") => return Ok(Poll::SlowDown),
                _ => {}
            }
        }
        one.grant(answer).map(Box::new).map(Poll::Granted)
    }

    pub(super) async fn redeem_code(&self, redeemed: Redeemed) -> Result<Grant> {
        let Redeemed { region, registration, redirect_uri, code, verifier } = redeemed;
        let secrets = vec![registration.client_secret.expose().as_str(), code.expose(), verifier.expose()];
        let one = self.one("CreateToken", &region, &self.oidc, secrets);
        let call = self
            .oidc(&region)?
            .create_token()
            .client_id(&registration.client_id)
            .client_secret(registration.client_secret.expose())
            .grant_type("authorization_code")
            .redirect_uri(redirect_uri)
            .code(code.expose())
            .code_verifier(verifier.expose());
        one.grant(one.oidc(call.customize(), Tries::UnlessSent).send().await)
    }

    pub(super) async fn refresh(
        &self,
        region: &str,
        client_id: String,
        client_secret: &Secret<String>,
        refresh_token: &Secret<String>,
        once: bool,
    ) -> Result<Grant> {
        let one = self.one("CreateToken", region, &self.oidc, vec![client_secret.expose(), refresh_token.expose()]);
        let call = self
            .oidc(region)?
            .create_token()
            .client_id(client_id)
            .client_secret(client_secret.expose())
            .grant_type("refresh_token")
            .refresh_token(refresh_token.expose());
        // an answer that is lost doesn't cost the refresh token: AWS takes it again
        one.grant(one.oidc(call.customize(), if once { Tries::One } else { Tries::Usual }).send().await)
    }

    pub(super) async fn get_role_credentials(
        &self,
        region: &str,
        token: &Secret<String>,
        account: String,
        role: String,
    ) -> Result<Session> {
        let one = self.one("GetRoleCredentials", region, &self.portal, vec![token.expose()]);
        let call = self.portal(region)?.get_role_credentials().access_token(token.expose());
        let call = call.account_id(&account).role_name(role);
        let answer = one.check(one.portal(call.customize()).send().await)?;
        answer::session(answer.role_credentials(), &account, one.began).map_err(|why| one.unusable(why))
    }

    pub(super) async fn list_accounts(&self, region: &str, token: &Secret<String>) -> Result<Vec<Account>> {
        let one = self.one("ListAccounts", region, &self.portal, vec![token.expose()]);
        let (mut found, mut pages) = (Vec::new(), Pages::default());
        loop {
            let call = self.portal(region)?.list_accounts().access_token(token.expose());
            let call = call.max_results(PAGE).set_next_token(pages.next.clone());
            let answer = one.check(one.portal(call.customize()).send().await)?;
            found.extend(answer.account_list().iter().filter_map(|account| {
                Some(Account {
                    id: account.account_id()?.to_owned(),
                    name: account.account_name().map(str::to_owned),
                    email: account.email_address().map(str::to_owned),
                })
            }));
            if !pages.turn(answer.next_token).map_err(|why| one.unusable(why))? {
                return Ok(found);
            }
        }
    }

    pub(super) async fn list_account_roles(
        &self,
        region: &str,
        token: &Secret<String>,
        account: &str,
    ) -> Result<Vec<String>> {
        let one = self.one("ListAccountRoles", region, &self.portal, vec![token.expose()]);
        let (mut found, mut pages) = (Vec::new(), Pages::default());
        loop {
            let call = self.portal(region)?.list_account_roles().access_token(token.expose()).account_id(account);
            let call = call.max_results(PAGE).set_next_token(pages.next.clone());
            let answer = one.check(one.portal(call.customize()).send().await)?;
            found.extend(answer.role_list().iter().filter_map(|role| role.role_name().map(str::to_owned)));
            if !pages.turn(answer.next_token).map_err(|why| one.unusable(why))? {
                return Ok(found);
            }
        }
    }

    pub(super) async fn logout(&self, region: &str, token: &Secret<String>) -> Result<()> {
        let one = self.one("Logout", region, &self.portal, vec![token.expose()]);
        let call = self.portal(region)?.logout().access_token(token.expose());
        one.check(one.portal(call.customize()).send().await).map(drop)
    }

    pub(super) async fn authorize_url(&self, region: &str) -> Result<String> {
        if let Some(endpoint) = self.oidc.checked_endpoint()? {
            return Ok(format!("{}/authorize", endpoint.url.trim_end_matches('/')));
        }
        let params = Params::builder()
            .region(self.oidc.region_for(Some(region), None)?)
            .use_fips(self.oidc.use_fips)
            .use_dual_stack(self.oidc.use_dual_stack)
            .build()?;
        let endpoint = DefaultResolver::new().resolve_endpoint(&params).await;
        let endpoint = endpoint.map_err(|error| anyhow::anyhow!("no endpoint for the region `{region}`: {error}"))?;
        Ok(format!("{}/authorize", endpoint.url()))
    }

    fn oidc(&self, region: &str) -> Result<oidc::Client> {
        Ok(oidc::Client::new(&self.config(region, &self.oidc)?))
    }

    fn portal(&self, region: &str) -> Result<portal::Client> {
        Ok(portal::Client::new(&self.config(region, &self.portal)?))
    }

    fn config(&self, region: &str, settings: &ApiSettings) -> Result<SdkConfig> {
        client_config(settings, &settings.region_for(Some(region), None)?, &self.network)
    }

    fn one<'a>(
        &'a self,
        operation: &'static str,
        region: &'a str,
        settings: &'a ApiSettings,
        secrets: Vec<&'a str>,
    ) -> One<'a> {
        One { operation, settings, region, secrets, watch: CallWatch::new(self.clock), began: self.clock.now() }
    }
}
