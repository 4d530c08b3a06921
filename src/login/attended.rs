//! Owns the sign-in in the middle of another command: whoever asks for codes there also leads a person through it.
//! It refuses to open a browser where nobody sits at a terminal, and a second time in one run where the first was declined.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Login, Manner};
use crate::app::App;
use crate::error::{Failure, Kind, Result};
use crate::mfa::{AskCode, Code, CodeRequest};
use crate::profile::SignIn;
use crate::secret::Secret;
use crate::sso::{AskSignIn, Sso};
use crate::tokens::Token;
use crate::ui::codes::Codes;
use crate::ui::shown;
use crate::vault::{AskPassphrase, Reason, Sealed};

/// The sign-ins that came to nothing in this run, and why.
pub type Declined = Arc<Mutex<BTreeMap<SignIn, String>>>;

/// A person who is asked for codes and may sign in.
pub struct Attended<'a> {
    app: &'a App,
    sso: &'a Sso,
    codes: &'a Codes<'a>,
    declined: &'a Declined,
}

impl<'a> Attended<'a> {
    /// Adds signing in to the questions of `codes`.
    pub fn new(app: &'a App, sso: &'a Sso, codes: &'a Codes<'a>, declined: &'a Declined) -> Self {
        Self { app, sso, codes, declined }
    }
}

impl AskSignIn for Attended<'_> {
    fn sign_in(&self, sign_in: &SignIn, why: Failure) -> Result<Token> {
        if !self.app.ui.can_ask() {
            return Err(why.into());
        }
        self.codes.aside(|| {
            let declined = || self.declined.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(words) = declined().get(sign_in) {
                let name = shown(sign_in.name());
                return Err(Failure::new(
                    Kind::Refused,
                    format!("the sign-in to `{name}` came to nothing a moment ago"),
                )
                .because(anyhow::anyhow!(words.clone()))
                .into());
            }
            self.app.ui.say(&format!("{why}"));
            let token = Login::new(self.app, self.sso, sign_in, Manner::default()).run();
            if let Err(error) = &token {
                declined().insert(sign_in.clone(), format!("{error:#}"));
            }
            token
        })
    }

    fn warn(&self, words: &str) {
        self.codes.warn(words);
    }
}

impl AskCode for Attended<'_> {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        AskCode::ask(self.codes, request)
    }

    fn given(&self, request: &CodeRequest<'_>) -> Option<Secret<String>> {
        self.codes.given(request)
    }

    fn touching(&self, request: &CodeRequest<'_>) {
        self.codes.touching(request);
    }

    fn question_on_desktop(&self, request: &CodeRequest<'_>) -> Option<String> {
        self.codes.question_on_desktop(request)
    }

    fn waiting(&self, request: &CodeRequest<'_>, left: Duration) {
        self.codes.waiting(request, left);
    }
}

impl AskPassphrase for Attended<'_> {
    fn ask(&self, sealed: Sealed<'_>, reason: Reason) -> Result<Secret<String>> {
        AskPassphrase::ask(self.codes, sealed, reason)
    }
}
