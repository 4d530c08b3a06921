//! Owns the questions of a watch: one at a time on the terminal, and none again at once that nobody answered.
//! It refuses to hold the others up: a person who is away is waited for, but not for ever.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::app::App;
use crate::error::{Failure, Kind, Result, kind_of};
use crate::guard::Permission;
use crate::mfa::{AskCode, Code, CodeRequest};
use crate::profile::plan::{Device, Plan};
use crate::secret::Secret;
use crate::sso::AskSignIn;
use crate::ui::codes::{Codes, Person};
use crate::ui::progress::Display;
use crate::ui::shown;
use crate::vault::{AskPassphrase, Reason, Sealed};

/// How long a person is waited for; whoever else needs a code of the device waits as long.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the same isn't asked again: the profiles that waited for the same answer fail together.
const SILENCE: Duration = Duration::from_secs(4);

/// Asks for codes and permissions.
pub(super) struct Asker {
    app: &'static App,
    codes: Codes<'static>,
    /// When a question for a device's code, or a passphrase, was left without an answer.
    unanswered: Mutex<BTreeMap<String, Instant>>,
    /// What was said of hand-written keys in the way.
    pub(super) in_the_way: Mutex<Vec<String>>,
}

impl Asker {
    /// Takes the code of the command line, if there is one, for `device`.
    pub(super) fn new(app: &'static App, device: Option<&Device>) -> Result<Self> {
        // it is on the screen for as long as the process is
        let display = Box::leak(Box::new(Display::hidden()));
        let codes = Codes::new(&app.ui, display)?.of(Person::PerhapsAway(PATIENCE)).reserved_for(device);
        Ok(Self { app, codes, unanswered: Mutex::default(), in_the_way: Mutex::default() })
    }

    /// Asks what the profile's guard wants to be asked.
    pub(super) fn admit(&self, permission: &Permission, plan: &Plan) -> Result<()> {
        self.codes.aside(|| permission.admit(self.app, plan))
    }

    fn unanswered(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether the same was asked just now, and nobody answered.
    fn is_silent(&self, key: &str) -> bool {
        self.unanswered().get(key).is_some_and(|at| at.elapsed() < SILENCE)
    }

    /// Asks, unless the same was asked just now in vain; `was_asked` tells whether there was anyone to answer.
    fn ask_once<T>(
        &self,
        key: &str,
        what: impl Fn() -> String,
        was_asked: impl Fn() -> bool,
        ask: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if self.is_silent(key) {
            return Err(Failure::new(Kind::InputNeeded, what()).because(anyhow::anyhow!("nobody answered")).into());
        }
        let answer = ask();
        if answer.as_ref().is_err_and(|error| kind_of(error) == Kind::InputNeeded) && was_asked() {
            self.unanswered().insert(key.to_owned(), Instant::now());
        }
        answer
    }
}

impl AskSignIn for Asker {
    fn warn(&self, words: &str) {
        self.codes.warn(words);
    }
}

impl AskPassphrase for Asker {
    fn ask(&self, sealed: Sealed<'_>, reason: Reason) -> Result<Secret<String>> {
        let what = || format!("{sealed} are under a passphrase");
        let ask = || AskPassphrase::ask(&self.codes, sealed, reason);
        self.ask_once(&sealed.to_string(), what, || self.app.ui.can_ask(), ask)
    }
}

impl AskCode for Asker {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        let serial = &request.device.serial;
        let what = || format!("profile `{}` needs a code of the device `{}`", shown(request.profile), shown(serial));
        let was_asked = || self.app.ui.can_ask() || self.codes.question_on_desktop(request).is_some();
        self.ask_once(serial, what, was_asked, || AskCode::ask(&self.codes, request))
    }

    fn given(&self, request: &CodeRequest<'_>) -> Option<Secret<String>> {
        self.codes.given(request)
    }

    fn touching(&self, request: &CodeRequest<'_>) {
        self.codes.touching(request);
    }

    fn question_on_desktop(&self, request: &CodeRequest<'_>) -> Option<String> {
        self.codes.question_on_desktop(request).filter(|_| !self.is_silent(&request.device.serial))
    }

    fn waiting(&self, request: &CodeRequest<'_>, left: Duration) {
        self.codes.waiting(request, left);
    }
}
