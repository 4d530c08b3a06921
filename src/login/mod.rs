//! Owns signing in to IAM Identity Center with a person: the client's registration, the browser or the device code, the countdown.
//! It refuses to store the token (whoever holds its lock does), and to lose the old one to a sign-in that is denied or given up.

mod attended;
mod device;
mod known;
mod redirect;

use std::time::{Duration, Instant};

use crate::app::App;
use crate::browser::Browser;
use crate::clock::time_left;
use crate::error::{Failure, Kind, Result};
use crate::profile::SignIn;
use crate::sso::Sso;
use crate::tokens::{Client, Registration, Token, TokenFiles};
use crate::ui::progress::Display;
use crate::ui::shown;
use crate::wire::code_of;

pub use attended::{Attended, Declined};
pub use known::{Known, begins_with, known, of_profile};

/// How one signs in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Print the address and wait, without opening a browser.
    pub no_browser: bool,
    /// By device code, even where a redirect would do.
    pub use_device_code: bool,
}

/// A sign-in on its way.
#[derive(Debug)]
pub struct Login<'a> {
    app: &'a App,
    sso: &'a Sso,
    sign_in: &'a SignIn,
    manner: Manner,
    display: Display,
}

impl<'a> Login<'a> {
    /// Begins nothing yet.
    pub fn new(app: &'a App, sso: &'a Sso, sign_in: &'a SignIn, manner: Manner) -> Self {
        Self { app, sso, sign_in, manner, display: Display::new(&app.ui) }
    }

    /// Leads the person through it; gives the token, which isn't stored yet.
    ///
    /// # Errors
    /// `Kind::Refused` where it is denied or given up, `Kind::Unreachable` where AWS gives no usable answer.
    pub fn run(&self) -> Result<Token> {
        let by_redirect = self.sign_in.session.is_some() && !self.manner.use_device_code;
        let client = Client {
            session: self.sign_in.session.as_deref(),
            start_url: &self.sign_in.start_url,
            region: &self.sign_in.region,
            scopes: &self.sign_in.scopes,
            by_redirect,
        };
        let files = TokenFiles::new(&self.app.paths);
        let kept = files.read_registration(&client, self.app.clock.now());
        let was_kept = kept.is_some();
        let register = || -> Result<Registration> {
            let registration = self.sso.register_client(&client)?;
            files.write_registration(&client, &registration)?;
            Ok(registration)
        };
        let registration = kept.map_or_else(register, Ok)?;
        let lead = |registration: &Registration| match by_redirect {
            true => self.by_redirect(registration),
            false => self.by_device_code(registration),
        };
        match lead(&registration) {
            // AWS forgot the client before its time
            Err(error) if was_kept && code_of(&error) == Some("InvalidClientException") => lead(&register()?),
            result => result,
        }
    }

    /// Opens the browser, or says that the person has to; the address is shown in any case.
    fn show(&self, address: &str, more: &str) {
        let browser = Browser::find(&self.app.env).filter(|_| !self.manner.no_browser);
        let opened = browser.is_some_and(|browser| browser.open(address));
        let name = shown(self.sign_in.name());
        let begin = match opened {
            true => format!("signing in to `{name}` in the browser; if none opens, go to"),
            false => format!("to sign in to `{name}`, go to"),
        };
        self.app.ui.instruct(&format!("{begin}\n\n  {address}\n{more}"));
    }

    /// Counts down.
    fn wait(&self, until: Instant) {
        if self.app.ui.is_live() {
            let (now, left) = (self.app.clock.now(), until.saturating_duration_since(Instant::now()));
            let end = now.saturating_add(left).unwrap_or(now);
            self.display.note(&self.app.ui, &format!("waiting for the browser: {} left", time_left(end, now)));
        }
    }

    /// Makes the failure of a sign-in that nobody finished.
    fn given_up(&self, after: Duration) -> Failure {
        let name = shown(self.sign_in.name());
        Failure::new(Kind::Refused, format!("nobody signed in to `{name}` within {} minutes", after.as_secs() / 60))
            .hint("run it again; on another machine than the browser's, `--use-device-code` helps")
    }
}
