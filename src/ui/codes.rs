//! Owns how a token code, or a passphrase beside it, gets from a person to awstok: from the command line once, else typed at the terminal, seen as it is typed.
//! It refuses to ask twice at a time: two questions on one terminal would mix.

use std::io::Read as _;
use std::sync::Mutex;
use std::time::Duration;

use zeroize::Zeroizing;

use super::progress::Display;
use super::{Ui, shown, terminal};
use crate::arguments::Global;
use crate::environment::Environment;
use crate::error::{Failure, Kind, Result, usage};
use crate::mfa::{AskCode, Code, CodeRequest, Origin, Reason};
use crate::profile::plan::Device;
use crate::secret::Secret;
use crate::sso::AskSignIn;
use crate::vault::{self, AskPassphrase, Sealed};

/// Gets codes for one run.
pub struct Codes<'a> {
    ui: &'a Ui,
    display: &'a Display,
    given: Mutex<Option<Secret<String>>>,
    was_given: bool,
    /// The only device that the given code is for; none: whichever needs one first.
    given_for: Option<String>,
    person: Person,
    terminal: Mutex<()>,
}

/// Whether, and how long, a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Sits there: waited for as long as it takes.
    Present,
    /// May be away: waited for this long, so that nobody else who needs the code is held up for ever.
    PerhapsAway(Duration),
    /// Is busy with a command that has the terminal.
    Busy,
}

impl<'a> Codes<'a> {
    /// Takes the code that came with the command line, the environment or standard input, if one did; `display` makes room
    /// for questions.
    ///
    /// # Errors
    /// Exit 2 for what can't be a code.
    pub fn new(ui: &'a Ui, display: &'a Display) -> Result<Self> {
        let given = ui.code_argument.as_ref().map(|code| read(code.expose())).transpose()?;
        let was_given = given.is_some();
        Ok(Self { was_given, given: Mutex::new(given), ..Self::for_renewal(ui, display, Person::Present) })
    }

    /// Asks again for what came to its end: a code that came with the command line is used by then.
    pub fn for_renewal(ui: &'a Ui, display: &'a Display, person: Person) -> Self {
        let (given, terminal) = (Mutex::new(None), Mutex::new(()));
        Self { ui, display, person, was_given: false, given_for: None, given, terminal }
    }

    /// Keeps the given code for this device: where several need one side by side, it isn't left to chance which one gets it.
    #[must_use]
    pub fn reserved_for(self, device: Option<&Device>) -> Self {
        Self { given_for: device.map(|device| device.serial.clone()), ..self }
    }

    /// Asks a person who may not be there any more; a code that came with the command line serves first.
    #[must_use]
    pub fn of(self, person: Person) -> Self {
        Self { person, ..self }
    }

    /// Lets another question have the terminal to itself.
    ///
    /// # Errors
    /// Those of `ask`.
    pub fn aside<T>(&self, ask: impl FnOnce() -> Result<T>) -> Result<T> {
        let _alone = self.alone();
        self.display.pause(ask)
    }

    fn alone(&self) -> std::sync::MutexGuard<'_, ()> {
        // A poisoned lock means that another thread's question panicked: the terminal is free again.
        self.terminal.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Tells whether a question to a person who may be away would stop this process: a job in the background may not read.
    fn is_in_background(&self) -> bool {
        matches!(self.person, Person::PerhapsAway(_)) && terminal::is_there() && !terminal::is_in_foreground()
    }

    /// Says why nobody is asked.
    fn why_nobody(&self) -> anyhow::Error {
        if self.ui.no_input() {
            anyhow::anyhow!(self.ui.why_nobody())
        } else if self.person == Person::Busy {
            anyhow::anyhow!("the terminal belongs to the command that runs on it")
        } else if self.is_in_background() {
            anyhow::anyhow!("awstok runs in the background of its terminal")
        } else {
            anyhow::anyhow!(self.ui.why_nobody())
        }
    }

    fn nobody_to_ask(&self, request: &CodeRequest<'_>) -> Failure {
        let (profile, serial) = (shown(request.profile), shown(&request.device.serial));
        let more = if self.was_given { "another" } else { "a" };
        let failure =
            Failure::new(Kind::InputNeeded, format!("profile `{profile}` needs {more} code of the device `{serial}`"));
        let failure = failure.because(self.why_nobody());
        if self.person != Person::Present {
            return failure
                .hint(format!("run `awstok token {profile}` in another terminal; its session is taken up here"));
        }
        match self.was_given {
            true => failure.hint(format!("run `awstok token {profile}` again with `--mfa-code` and the next code")),
            false => {
                let whose = shown(&request.device.profile);
                failure.hint(format!(
                    "run `awstok token {profile}` on a terminal, pass `--mfa-code`, or store the device's seed with \
                     `awstok mfa add {whose}`"
                ))
            }
        }
    }
}

impl AskCode for Codes<'_> {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        if self.person == Person::Busy || !self.ui.can_ask() || self.is_in_background() {
            return Err(self.nobody_to_ask(request).into());
        }
        let _alone = self.alone();
        let question = question(request);
        let line = self.display.pause(|| {
            if let Some(why) = why_again(request.reason) {
                self.ui.warn(why);
            }
            match self.person {
                Person::PerhapsAway(patience) => self.ui.ask_line_within(&question, patience),
                Person::Present | Person::Busy => self.ui.ask_line(&question),
            }
        })?;
        Ok(Code { digits: Secret::new(line), origin: Origin::Typed })
    }

    fn given(&self, request: &CodeRequest<'_>) -> Option<Secret<String>> {
        if self.given_for.as_ref().is_some_and(|serial| *serial != request.device.serial) {
            return None;
        }
        self.given.lock().ok().and_then(|mut given| given.take())
    }

    fn touching(&self, request: &CodeRequest<'_>) {
        let serial = shown(&request.device.serial);
        self.display.note(self.ui, &format!("asking the YubiKey for a code of `{serial}`: touch it if it blinks"));
    }

    fn question_on_desktop(&self, request: &CodeRequest<'_>) -> Option<String> {
        let has_terminal = self.ui.can_ask() && !self.is_in_background();
        let may_ask = self.person != Person::Busy && !self.ui.no_input() && !has_terminal;
        may_ask.then(|| match why_again(request.reason) {
            Some(why) => format!("{}\n({why})", question(request)),
            None => question(request),
        })
    }

    fn waiting(&self, request: &CodeRequest<'_>, left: Duration) {
        let text = format!("waiting for the next code of `{}`: {}s", shown(&request.device.serial), left.as_secs());
        self.display.note(self.ui, &text);
    }
}

/// Signing in is led by whoever knows more than the terminal.
impl AskSignIn for Codes<'_> {
    fn warn(&self, words: &str) {
        self.display.pause(|| self.ui.warn(&shown(words)));
    }
}

impl AskPassphrase for Codes<'_> {
    fn ask(&self, sealed: Sealed<'_>, reason: vault::Reason) -> Result<Secret<String>> {
        if self.ui.passphrase.is_none() && (self.person == Person::Busy || self.is_in_background()) {
            let why = self.why_nobody();
            return Err(Failure::new(Kind::InputNeeded, format!("{sealed} are under a passphrase"))
                .because(why)
                .hint("set `AWSTOK_PASSPHRASE` for this command")
                .into());
        }
        let patience = match self.person {
            Person::PerhapsAway(patience) => Some(patience),
            Person::Present | Person::Busy => None,
        };
        let _alone = self.alone();
        self.display.pause(|| self.ui.passphrase(sealed, reason, patience))
    }
}

/// Says what was wrong with the last code.
fn why_again(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::Needed => None,
        Reason::Wrong => Some("AWS says that this code is wrong; try the next one"),
        Reason::Used => Some("this code was used already; each works once"),
        Reason::Malformed => Some("a code has six digits"),
    }
}

/// Words the question for a code.
fn question(request: &CodeRequest<'_>) -> String {
    format!("MFA code of `{}` for profile `{}`", shown(&request.device.serial), shown(request.profile))
}

/// Finds the code argument: the flag's, checked at once, else the environment's, which only matters to a run that needs it.
pub(super) fn argument(env: &Environment, global: &Global) -> Result<Option<Secret<String>>> {
    match global.mfa_code.as_deref().filter(|code| !code.is_empty()) {
        Some("-") => Ok(Some(Secret::from("-"))),
        Some(code) => six_digits(code).map(Some),
        None => Ok(env.text("AWSTOK_MFA_CODE").map(Secret::from)),
    }
}

/// Reads the code that the argument means: itself, or with `-` what stands on standard input.
fn read(argument: &str) -> Result<Secret<String>> {
    if argument != "-" {
        return six_digits(argument);
    }
    let mut line = Zeroizing::new(String::new());
    // A code is six digits: what is longer than a line isn't one.
    std::io::stdin()
        .take(256)
        .read_to_string(&mut line)
        .map_err(|error| usage("could not read the MFA code from standard input").because(error))?;
    if line.trim().is_empty() {
        return Err(usage("standard input holds no MFA code")
            .hint("write the code there, or leave out `--mfa-code -`")
            .into());
    }
    six_digits(&line)
}

/// Checks the form of a code that can't be asked for again.
fn six_digits(code: &str) -> Result<Secret<String>> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Secret::new(digits));
    }
    Err(usage("the MFA code that was given doesn't have six digits")
        .hint("pass the six digits that the device shows, or `-` and write them to standard input")
        .into())
}
