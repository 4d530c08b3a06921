//! Owns a local endpoint whose credentials never end: the server, and the keeper that renews what it hands out.
//! It refuses credentials without an end, which the protocols can't carry.

use std::path::Path;

use crate::app::App;
use crate::error::{Result, invalid};
use crate::export::{Access, Variables};
use crate::keeper::{Care, Keeper};
use crate::server::{Belonging, Door, Held, Protocol, Server};
use crate::session::Session;
use crate::ui::shown;

/// A running endpoint; it stops when dropped.
#[derive(Debug)]
pub struct Endpoint {
    server: Server,
    keeper: Keeper,
    profile: String,
    region: Option<String>,
    account_id: Option<String>,
}

impl Endpoint {
    /// Begins to hand out `session` at `door`, and to renew it ahead of its end: `care.nudge` tells when to `refresh`.
    ///
    /// # Errors
    /// Exit 3 for credentials without an end; where the system gives no thread or descriptor.
    pub fn start(app: &'static App, door: Door, protocol: Protocol, care: Care, session: Session) -> Result<Self> {
        let profile = care.plan.profile.clone();
        if session.expiration().is_none() || session.credentials.session_token().is_none() {
            let name = shown(&profile);
            return Err(invalid(format!(
                "the credentials of `{name}` have no end, which SDKs expect of an endpoint's"
            ))
            .hint(format!("there is nothing to renew: hand them out with `awstok env {name}`"))
            .into());
        }
        let region = care.plan.region.clone();
        let account_id = care.plan.account_id().or_else(|| session.account_id()).map(str::to_owned);
        let held = Held::new(&session, Belonging { account_id: account_id.as_deref(), region: region.as_deref() });
        let server = Server::start(door, protocol, app.clock, held)?;
        let keeper = Keeper::start(app, care, session)?;
        Ok(Self { server, keeper, profile, region, account_id })
    }

    /// Takes up the session that the keeper got since the last time, if it did; gives it.
    pub fn refresh(&self) -> Option<Session> {
        let session = self.keeper.newest()?;
        let belonging = Belonging { account_id: self.account_id.as_deref(), region: self.region.as_deref() };
        self.server.update(Held::new(&session, belonging));
        Some(session)
    }

    /// The server, for its address and token.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Gives the variables that lead a program here; with `token_file`, the token is read there.
    ///
    /// # Errors
    /// A value that no environment can hold.
    pub fn variables(&self, token_file: Option<&Path>) -> Result<Variables> {
        let url = self.server.url();
        let access = match (self.server.token(), token_file) {
            (Some(_), Some(file)) => Access::TokenFile { url: &url, file },
            (Some(token), None) => Access::Token { url: &url, token: token.expose() },
            (None, _) => Access::Metadata { url: &url, is_v6: self.server.address().is_ipv6() },
        };
        Variables::of_endpoint(access, &self.profile, self.region.as_deref(), self.account_id.as_deref())
    }
}
