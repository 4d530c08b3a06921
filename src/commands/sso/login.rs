//! `awstok sso login`: signs in to IAM Identity Center.
//! It refuses to give up a token that is there before a new one is.

use crate::app::App;
use crate::broker::Broker;
use crate::clock::{LocalTime, time_left};
use crate::error::Result;
use crate::flight::Flight;
use crate::login::{Login, Manner};
use crate::tokens::{Token, TokenFiles};
use crate::ui::shown;

use super::which::Which;

/// Sign in to IAM Identity Center
///
/// With an `sso_session` the browser comes back to this machine (PKCE). With a bare
/// `sso_start_url`, or `--use-device-code`, a code is shown that is compared in any browser,
/// also on a phone. The browser is BROWSER's or the desktop's; where there is none, go to the
/// address that is printed.
///
/// A sign-in with 5 minutes or more left is kept. Denied or given up: exit code 4, and the
/// old one stays.
///
/// Examples:
///   awstok sso login prod
///   awstok sso login --session corp
///   awstok sso login prod --use-device-code     on a machine without a browser
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Print the address and wait, without opening a browser
    #[arg(long)]
    no_browser: bool,
    /// Show a code to compare in any browser, even where the browser could come back here
    #[arg(long)]
    use_device_code: bool,
    /// Sign in anew, even where a good sign-in is there
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let known = self.which.choose(app, broker.settings())?;
        let (name, files) = (known.sign_in.name(), TokenFiles::new(&app.paths));
        if !self.force
            && let Ok(Some(token)) = files.read(name, &known.sign_in.start_url)
            && token.is_good(app.clock.now())
        {
            say(app, "still signed in", name, &token);
            return Ok(());
        }
        let manner = Manner { no_browser: self.no_browser, use_device_code: self.use_device_code };
        let token = Login::new(app, broker.sso(), &known.sign_in, manner).run()?;
        let flight = Flight::enter(&files.lock_file(name), None)?;
        files.write(name, &token, flight.lock())?;
        say(app, "signed in", name, &token);
        Ok(())
    }
}

fn say(app: &App, what: &str, name: &str, token: &Token) {
    let (now, local) = (app.clock.now(), LocalTime::new(app.env.text("TZ")));
    let renewed = if token.renewable(now).is_some() { ", renewed in silence" } else { "" };
    let (until, left) = (local.write(token.expires_at, now), time_left(token.expires_at, now));
    app.ui.say(&format!("{what} to `{}` until {until} ({left} left{renewed})", shown(name)));
}
