//! `awstok sso logout`: ends a sign-in, at IAM Identity Center and here.
//! It refuses to touch what isn't the sign-in's: the client's registration stays, and so do other sessions.

use crate::app::App;
use crate::broker::{Broker, Wish};
use crate::credentials::Cache;
use crate::error::{Failure, Kind, Result, kind_of};
use crate::flight::Flight;
use crate::login;
use crate::profile;
use crate::profile::SignIn;
use crate::profile::plan::Base;
use crate::sso::Sso;
use crate::tokens::{CliRoles, RoleOf, Token, TokenFiles};
use crate::ui::shown;

use super::which::Which;

/// End a sign-in to IAM Identity Center
///
/// Tells the access portal, removes the token, which the AWS CLI and SDKs share, and forgets the
/// sessions of roles that came from it. Credentials that programs hold already live to their end.
///
/// Examples:
///   awstok sso logout prod
///   awstok sso logout --session corp
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let sign_in = self.which.choose(app, broker.settings())?.sign_in;
        let (name, files) = (sign_in.name(), TokenFiles::new(&app.paths));
        let flight = Flight::enter(&files.lock_file(name), None)?;
        let told = match files.read(name, &sign_in.start_url) {
            Ok(Some(token)) => end(app, broker.sso(), &sign_in.region, &token),
            // there is nothing to end that could be named
            Ok(None) | Err(_) => Ok(()),
        };
        let was_there = files.remove(name, flight.lock())?;
        let (profiles, roles) = profiles_of(app, &broker, &sign_in)?;
        // what the AWS CLI keeps would serve on
        let (session, start_url) = (sign_in.session.as_deref(), sign_in.start_url.as_str());
        for (account_id, role_name) in &roles {
            let role = RoleOf { session, start_url, account_id, role_name };
            CliRoles::new(&app.paths).forget(role, flight.lock())?;
        }
        drop(flight);
        let forgotten = Cache::new(&app.paths).forget_profiles(&profiles)?;
        match told {
            // one that is over needs no end
            Err(error) if kind_of(&error) != Kind::Refused => {
                let words =
                    format!("the sign-in to `{}` is removed here, and the portal could not be told", shown(name));
                return Err(Failure::new(kind_of(&error), words)
                    .because(error)
                    .hint("it lives on at IAM Identity Center until its end; sign in and out again to end it there")
                    .into());
            }
            _ if was_there || forgotten > 0 => app.ui.say(&format!("signed out of `{}`", shown(name))),
            _ => app.ui.say(&format!("nobody was signed in to `{}`", shown(name))),
        }
        Ok(())
    }
}

/// Tells the portal. A token that has ended is renewed once more: the sign-in behind it may live on.
fn end(app: &App, sso: &Sso, region: &str, token: &Token) -> Result<()> {
    let now = app.clock.now();
    match token.renewable(now).filter(|_| !token.is_alive(now)) {
        Some(renewable) => sso.logout(region, &sso.refresh(region, renewable, false)?.access_token),
        None => sso.logout(region, &token.access_token),
    }
}

/// The names of profiles; the accounts and names of roles.
type Served = (Vec<String>, Vec<(String, String)>);

/// Lists the profiles whose sessions come from a sign-in, and the roles that it opens for them.
fn profiles_of(app: &App, broker: &Broker<'_>, sign_in: &SignIn) -> Result<Served> {
    let (mut found, mut roles) = (Vec::new(), Vec::new());
    for name in profile::names(&app.paths.profiles)? {
        let wish = Wish { write: true, ..Wish::default() };
        // what can't be planned has no sessions to forget
        let Ok(plan) = broker.plan(&name, wish) else { continue };
        if login::begins_with(&plan.base, sign_in) {
            found.extend(plan.stages().iter().map(|stage| stage.profile().to_owned()));
            if let Base::Sso { account_id, role_name, .. } = &plan.base {
                roles.push((account_id.clone(), role_name.clone()));
            }
        }
    }
    found.sort();
    found.dedup();
    Ok((found, roles))
}
