//! Owns how a token code gets from a person to awstok: from the command line once, else typed at the terminal, seen as it is typed.
//! It refuses to ask twice at a time: two questions on one terminal would mix.

use std::sync::Mutex;
use std::time::Duration;

use super::progress::Display;
use super::{Ui, shown};
use crate::error::{Failure, Kind, Result};
use crate::mfa::{AskCode, Code, CodeRequest, Origin, Reason};
use crate::secret::Secret;

/// Gets codes for one run.
pub struct Codes<'a> {
    ui: &'a Ui,
    display: &'a Display,
    given: Mutex<Option<Secret<String>>>,
    terminal: Mutex<()>,
}

impl<'a> Codes<'a> {
    /// Takes the code that came with the command line, if one did; `display` makes room for questions.
    pub fn new(ui: &'a Ui, display: &'a Display) -> Self {
        Self { ui, display, given: Mutex::new(ui.given_code().cloned()), terminal: Mutex::new(()) }
    }

    fn take_given(&self) -> Option<Secret<String>> {
        self.given.lock().ok().and_then(|mut given| given.take())
    }

    fn nobody_to_ask(&self, request: &CodeRequest<'_>) -> Failure {
        let (profile, serial) = (shown(request.profile), shown(&request.device.serial));
        let more = if self.ui.given_code().is_some() { "another" } else { "a" };
        let failure =
            Failure::new(Kind::InputNeeded, format!("profile `{profile}` needs {more} code of the device `{serial}`"));
        let failure = failure.because(if self.ui.no_input() {
            anyhow::anyhow!("asking is forbidden (`--no-input` or `AWSTOK_NO_INPUT`)")
        } else {
            anyhow::anyhow!("there is no terminal to ask on")
        });
        match self.ui.given_code() {
            Some(_) => failure.hint(format!("run `awstok token {profile}` again with `--mfa-code` and the next code")),
            None => failure.hint(format!("run `awstok token {profile}` on a terminal, or pass `--mfa-code`")),
        }
    }
}

impl AskCode for Codes<'_> {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        if let Some(digits) = self.take_given() {
            return Ok(Code { digits, origin: Origin::Given });
        }
        if !self.ui.can_ask() {
            return Err(self.nobody_to_ask(request).into());
        }
        // A poisoned lock means that another thread's question panicked: the terminal is free again.
        let _alone = self.terminal.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let why = match request.reason {
            Reason::Needed => None,
            Reason::Wrong => Some("AWS says that this code is wrong; try the next one"),
            Reason::Used => Some("this code was used already; each works once"),
            Reason::Malformed => Some("a code has six digits"),
        };
        let question =
            format!("MFA code of `{}` for profile `{}`", shown(&request.device.serial), shown(request.profile));
        let line = self.display.pause(|| {
            if let Some(why) = why {
                self.ui.warn(why);
            }
            self.ui.ask_line(&question)
        })?;
        Ok(Code { digits: Secret::new(line), origin: Origin::Typed })
    }

    fn waiting(&self, request: &CodeRequest<'_>, left: Duration) {
        let text = format!("waiting for the next code of `{}`: {}s", shown(&request.device.serial), left.as_secs());
        self.display.note(self.ui, &text);
    }
}
