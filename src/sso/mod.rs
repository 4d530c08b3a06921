//! Owns the calls to IAM Identity Center (OIDC and access portal): blocking functions, named after the API, and the token that
//! the portal takes: from the AWS CLI's files, renewed in silence, else by a sign-in that somebody else leads.
//! It refuses to ask anyone by itself, and to lose a token that is there to a renewal that fails.

mod answer;
mod calls;
mod one;
mod remedies;
mod renewal;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::Result;
use crate::profile::SignIn;
use crate::secret::Secret;
use crate::session::Session;
use crate::tokens::{Client, Registration, Renewable, Token};
use crate::wire::{ApiSettings, LIMIT, Network};

pub use renewal::{AskSignIn, Wanted};

/// The handle to IAM Identity Center; a copy is the same.
#[derive(Debug, Clone)]
pub struct Sso {
    shared: Arc<calls::Shared>,
}

/// What a sign-in by device code begins with.
#[derive(Debug, Clone)]
pub struct DeviceAuthorization {
    /// What is polled with.
    pub device_code: Secret<String>,
    /// What the person compares or types.
    pub user_code: String,
    /// Where it is typed.
    pub verification_uri: String,
    /// The same with the code in it.
    pub verification_uri_complete: String,
    /// When the code ends.
    pub expires_at: Timestamp,
    /// The pause between two polls.
    pub interval: Duration,
}

/// What CreateToken gave.
#[derive(Debug)]
pub struct Grant {
    /// What the portal takes.
    pub access_token: Secret<String>,
    /// What gives the next one.
    pub refresh_token: Option<Secret<String>>,
    /// When the access token ends, by AWS's clock where that and ours are too far apart.
    pub expires_at: Timestamp,
    /// What is to be said of a clock that is wrong, once the token is safe.
    pub clock_off: Option<anyhow::Error>,
}

impl Grant {
    /// Makes a token of it, as a sign-in with this client begins.
    ///
    /// # Errors
    /// What is to be said of a wrong clock: nobody could use the token, and the person can get another one.
    pub fn into_token(self, sign_in: &SignIn, registration: &Registration) -> Result<Token> {
        if let Some(error) = self.clock_off {
            return Err(error);
        }
        let mut token = Token::new(self.access_token, self.expires_at);
        token.start_url = Some(sign_in.start_url.clone());
        token.region = Some(sign_in.region.clone());
        token.client_id = Some(registration.client_id.clone());
        token.client_secret = Some(registration.client_secret.clone());
        token.registration_expires_at = Some(registration.expires_at);
        token.refresh_token = self.refresh_token;
        Ok(token)
    }
}

/// What a poll for a device's token gave.
#[derive(Debug)]
pub enum Poll {
    /// The person signed in.
    Granted(Box<Grant>),
    /// The person didn't yet.
    Pending,
    /// The pause between polls is to be longer, by 5 s (RFC 8628, section 3.5).
    SlowDown,
}

/// An account that the person may enter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The address that it was made with.
    pub email: Option<String>,
}

impl Sso {
    /// Keeps the settings; nothing starts yet.
    pub fn new(env: &Environment, network: Network, clock: Clock) -> Self {
        let settings = |service| ApiSettings::from_environment(env, service);
        Self { shared: Arc::new(calls::Shared::new(settings("SSO_OIDC"), settings("SSO"), network, clock)) }
    }

    /// The portal's endpoint where the environment names one.
    pub fn endpoint(&self) -> Option<&str> {
        self.shared.portal_endpoint()
    }

    /// RegisterClient, for sign-ins by `client`.
    ///
    /// # Errors
    /// When AWS refuses (`Kind::Refused`) or gives no usable answer (`Kind::Unreachable`).
    pub fn register_client(&self, client: &Client<'_>) -> Result<Registration> {
        let (region, wanted) = (client.region.to_owned(), calls::Wanted::of(client, self.shared.now()));
        self.run(move |shared| async move { shared.register_client(&region, wanted).await })
    }

    /// StartDeviceAuthorization.
    ///
    /// # Errors
    /// As in [`Sso::register_client`].
    pub fn start_device_authorization(
        &self,
        sign_in: &SignIn,
        registration: &Registration,
    ) -> Result<DeviceAuthorization> {
        let (sign_in, registration) = (sign_in.clone(), registration.clone());
        self.run(move |shared| async move { shared.start_device_authorization(&sign_in, &registration).await })
    }

    /// CreateToken with a device code: one poll.
    ///
    /// # Errors
    /// As in [`Sso::register_client`]; `Kind::Refused` where the person refused or the code has ended.
    pub fn poll_for_token(
        &self,
        sign_in: &SignIn,
        registration: &Registration,
        device_code: &Secret<String>,
    ) -> Result<Poll> {
        let (region, registration, code) = (sign_in.region.clone(), registration.clone(), device_code.clone());
        self.run(move |shared| async move { shared.poll_for_token(&region, &registration, &code).await })
    }

    /// CreateToken with the code that a redirect brought; `verifier` is PKCE's (RFC 7636).
    ///
    /// # Errors
    /// As in [`Sso::register_client`].
    pub fn redeem_code(
        &self,
        sign_in: &SignIn,
        registration: &Registration,
        redirect_uri: &str,
        code: &Secret<String>,
        verifier: &Secret<String>,
    ) -> Result<Grant> {
        let redeemed = calls::Redeemed {
            region: sign_in.region.clone(),
            registration: registration.clone(),
            redirect_uri: redirect_uri.to_owned(),
            code: code.clone(),
            verifier: verifier.clone(),
        };
        self.run(move |shared| async move { shared.redeem_code(redeemed).await })
    }

    /// CreateToken with a refresh token; `once` tries once only.
    ///
    /// # Errors
    /// As in [`Sso::register_client`].
    pub fn refresh(&self, region: &str, renewable: Renewable<'_>, once: bool) -> Result<Grant> {
        let (region, id) = (region.to_owned(), renewable.client_id.to_owned());
        let (secret, token) = (renewable.client_secret.clone(), renewable.refresh_token.clone());
        self.run(move |shared| async move { shared.refresh(&region, id, &secret, &token, once).await })
    }

    /// GetRoleCredentials.
    ///
    /// # Errors
    /// As in [`Sso::register_client`].
    pub fn get_role_credentials(
        &self,
        region: &str,
        token: &Secret<String>,
        account_id: &str,
        role_name: &str,
    ) -> Result<Session> {
        let (region, token) = (region.to_owned(), token.clone());
        let (account, role) = (account_id.to_owned(), role_name.to_owned());
        self.run(move |shared| async move { shared.get_role_credentials(&region, &token, account, role).await })
    }

    /// ListAccounts, all pages.
    ///
    /// # Errors
    /// As in [`Sso::register_client`].
    pub fn list_accounts(&self, region: &str, token: &Secret<String>) -> Result<Vec<Account>> {
        let (region, token) = (region.to_owned(), token.clone());
        self.run(move |shared| async move { shared.list_accounts(&region, &token).await })
    }

    /// ListAccountRoles, all pages: the names of the roles.
    ///
    /// # Errors
    /// As in [`Sso::register_client`].
    pub fn list_account_roles(&self, region: &str, token: &Secret<String>, account_id: &str) -> Result<Vec<String>> {
        let (region, token, account) = (region.to_owned(), token.clone(), account_id.to_owned());
        self.run(move |shared| async move { shared.list_account_roles(&region, &token, &account).await })
    }

    /// Logout: the token and its refresh token are good no more.
    ///
    /// # Errors
    /// As in [`Sso::register_client`].
    pub fn logout(&self, region: &str, token: &Secret<String>) -> Result<()> {
        let (region, token) = (region.to_owned(), token.clone());
        self.run(move |shared| async move { shared.logout(&region, &token).await })
    }

    /// Gives the address at which a browser signs in by redirect, without its query.
    ///
    /// # Errors
    /// `Kind::Invalid` for a region or an endpoint that can't be.
    pub fn authorize_url(&self, region: &str) -> Result<String> {
        let region = region.to_owned();
        self.run(move |shared| async move { shared.authorize_url(&region).await })
    }

    fn run<T, F>(&self, call: impl FnOnce(Arc<calls::Shared>) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.shared.network().run(LIMIT, call(Arc::clone(&self.shared)))?
    }
}
