//! Owns the yes that stands before what isn't easily taken back: the command line's, else a person's.
//! It refuses to take silence for one.

use super::Ui;
use crate::error::{Failure, Kind, Result};

/// What is asked, and what is said where nobody says yes to it.
#[derive(Debug, Clone, Copy)]
pub struct Consent<'a> {
    /// The question, with its mark: "remove `x`?".
    pub question: &'a str,
    /// What would happen, where nobody can be asked: "`x` would be removed".
    pub would: &'a str,
    /// What is said of a no: "nothing was removed".
    pub declined: &'a str,
    /// What a script does instead of answering.
    pub hint: &'a str,
}

impl Ui {
    /// Gets a yes from a person, unless the command line said it (`is_given`).
    ///
    /// # Errors
    /// Exit 1 for a no, 5 where nobody can be asked.
    pub fn agree(&self, is_given: bool, consent: Consent<'_>) -> Result<()> {
        if is_given {
            return Ok(());
        }
        if !self.can_ask() {
            return Err(self.unanswered(consent.would, consent.hint));
        }
        match self.confirm(consent.question)? {
            true => Ok(()),
            false => Err(Failure::new(Kind::Other, consent.declined).into()),
        }
    }

    /// Makes the error of a question that nobody can answer.
    pub fn unanswered(&self, what: &str, hint: &str) -> anyhow::Error {
        Failure::new(Kind::InputNeeded, what).because(anyhow::anyhow!(self.why_nobody())).hint(hint).into()
    }

    /// Says why nobody is asked.
    pub(super) fn why_nobody(&self) -> &'static str {
        match self.no_input {
            true => "asking is forbidden (`--no-input` or `AWSTOK_NO_INPUT`)",
            false => "there is no terminal to ask on",
        }
    }
}
