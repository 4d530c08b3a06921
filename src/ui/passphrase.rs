//! Owns how a passphrase gets from a person to awstok: from the environment, else typed at the terminal, hidden; a new one twice.
//! It refuses to take the same answer again where it was wrong and nobody typed it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Ui;
use crate::app::App;
use crate::error::{Failure, Kind, Result};
use crate::secret::Secret;
use crate::vault::{AskPassphrase, PASSPHRASE_VARIABLE as VARIABLE, Reason, Sealed};

/// Two questions on one terminal would mix.
static TERMINAL: Mutex<()> = Mutex::new(());

impl AskPassphrase for App {
    fn ask(&self, sealed: Sealed<'_>, reason: Reason) -> Result<Secret<String>> {
        AskPassphrase::ask(&self.ui, sealed, reason)
    }
}

impl AskPassphrase for Ui {
    fn ask(&self, sealed: Sealed<'_>, reason: Reason) -> Result<Secret<String>> {
        self.passphrase(sealed, reason, None)
    }
}

impl Ui {
    /// Gets a passphrase; with `patience`, of a person who may be away.
    ///
    /// # Errors
    /// As `AskPassphrase::ask`; exit 5 too where nobody typed one for so long.
    pub(super) fn passphrase(
        &self,
        sealed: Sealed<'_>,
        reason: Reason,
        patience: Option<Duration>,
    ) -> Result<Secret<String>> {
        let missing = |what: String, hint: &str| Failure::new(Kind::InputNeeded, what).hint(hint);
        match (&self.passphrase, reason) {
            (Some(given), Reason::Open | Reason::New) => return Ok(given.clone()),
            (Some(_), Reason::Wrong) => {
                let what = format!("`{VARIABLE}` isn't the passphrase of {sealed}");
                return Err(missing(what, "set it to the right one, or unset it and type the passphrase").into());
            }
            (None, _) => {}
        }
        if !self.can_ask() {
            let what = format!("{sealed} are under a passphrase, and nobody can be asked");
            return Err(missing(what, "set `AWSTOK_PASSPHRASE`, or run this on a terminal").into());
        }
        let _alone = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
        let any = |text: &str| if text.is_empty() { Err("a passphrase is needed here".to_owned()) } else { Ok(()) };
        if reason == Reason::Wrong {
            self.warn("that passphrase is wrong; try again");
        }
        let new = if reason == Reason::New { "new passphrase" } else { "passphrase" };
        let first = self.ask_secret_within(&format!("{new} of {sealed}"), patience, any)?;
        if reason == Reason::New {
            let same =
                |text: &str| if text == first.expose() { Ok(()) } else { Err("that was another one".to_owned()) };
            self.ask_secret_within("the same again", patience, same)?;
        }
        Ok(first)
    }
}
