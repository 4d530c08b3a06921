//! Owns a local endpoint whose credentials never end: the server, and the keeper that renews what it hands out.
//! It refuses credentials without an end, which the protocols can't carry.

use std::path::Path;

use crate::app::App;
use crate::credentials::Resolved;
use crate::error::{Result, invalid};
use crate::export::{Access, Variables};
use crate::handout::Recipient;
use crate::keeper::{Care, Keeper};
use crate::profile::plan::Step;
use crate::server::{Belonging, Door, Held, Protocol, Server};
use crate::session::Session;
use crate::ui::shown;

/// A running endpoint; it stops when dropped.
#[derive(Debug)]
pub struct Endpoint {
    app: &'static App,
    server: Server,
    keeper: Keeper,
    profile: String,
    belonging: Owned,
    recipient: Recipient,
}

/// What the credentials belong to, whatever session they come from.
#[derive(Debug)]
struct Owned {
    account_id: Option<String>,
    role_arn: Option<String>,
    region: Option<String>,
}

impl Owned {
    fn lent(&self) -> Belonging<'_> {
        let Self { account_id, role_arn, region } = self;
        Belonging { account_id: account_id.as_deref(), role_arn: role_arn.as_deref(), region: region.as_deref() }
    }
}

impl Endpoint {
    /// Begins to hand out a session at `door`, and to renew it ahead of its end: `care.nudge` tells when to `refresh`. The log
    /// gets an entry of each session for `recipient`, not of each request.
    ///
    /// # Errors
    /// Exit 3 for credentials without an end; where the system gives no thread or descriptor.
    pub fn start(
        app: &'static App,
        door: Door,
        protocol: Protocol,
        care: Care,
        resolved: Resolved,
        recipient: Recipient,
    ) -> Result<Self> {
        let profile = care.plan.profile.clone();
        let session = &resolved.session;
        if session.expiration().is_none() || session.credentials.session_token().is_none() {
            let name = shown(&profile);
            return Err(invalid(format!(
                "the credentials of `{name}` have no end, which SDKs expect of an endpoint's"
            ))
            .hint(format!("there is nothing to renew: hand them out with `awstok env {name}`"))
            .into());
        }
        let belonging = Owned {
            account_id: care.plan.account_id().or_else(|| session.account_id()).map(str::to_owned),
            role_arn: care.plan.steps.iter().rev().find_map(Step::role_arn).map(str::to_owned),
            region: care.plan.region.clone().or_else(|| session.region.clone()),
        };
        let held = Held::new(session, belonging.lent());
        let server = Server::start(door, protocol, app.clock, held)?;
        recipient.gets(app, &care.plan, &resolved);
        let keeper = Keeper::start(app, care, resolved.session)?;
        Ok(Self { app, server, keeper, profile, belonging, recipient })
    }

    /// Takes up the session that the keeper got since the last time, if it did; gives it.
    pub fn refresh(&self) -> Option<Session> {
        let resolved = self.keeper.newest()?;
        self.server.update(Held::new(&resolved.session, self.belonging.lent()));
        let account_id = self.belonging.account_id.as_deref();
        self.recipient.gets_session(self.app, &self.profile, account_id, &resolved.session, resolved.reused);
        Some(resolved.session)
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
        Variables::of_endpoint(
            access,
            &self.profile,
            self.belonging.region.as_deref(),
            self.belonging.account_id.as_deref(),
        )
    }
}
