//! Owns token codes: asking for one, checking its form, and that no code of a device is ever sent twice, by whatever process.
//! It refuses to prompt or print by itself, and to know what a code is sent to.

mod seed;
mod used;

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;
use crate::encoding::hex;
use crate::error::{Failure, Kind, Result};
use crate::flight::Flight;
use crate::paths::Paths;
use crate::profile::CodeFrom;
use crate::profile::plan::Device;
use crate::secret::Secret;

pub use seed::Seed;

/// A code lives this long (RFC 6238's default step).
pub const WINDOW: Duration = Duration::from_secs(30);
/// How often a person may mistype.
const MOST_TRIES: u32 = 3;

/// Why a code is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A call needs one.
    Needed,
    /// AWS called the last one wrong.
    Wrong,
    /// The last one was used before.
    Used,
    /// The last one didn't have six digits.
    Malformed,
}

/// What a person must know to give a code.
#[derive(Debug, Clone)]
pub struct CodeRequest<'a> {
    /// The device.
    pub device: &'a Device,
    /// The profile that needs it.
    pub profile: &'a str,
    /// 1 at first.
    pub attempt: u32,
    /// Why it is asked for (again).
    pub reason: Reason,
    /// The device's present code was used already; the next one comes at this instant.
    pub next_code_at: Option<Timestamp>,
}

/// Where a code comes from, which decides whether another may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A person at a terminal: may mistype, may be asked again.
    Typed,
    /// An argument or a variable: what it says is final.
    Given,
    /// A seed, a key or a program: makes another by itself, once the device's next one is due.
    Made,
}

/// A code and where it comes from.
#[derive(Debug, Clone)]
pub struct Code {
    /// Its digits; white space among them is fine.
    pub digits: Secret<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Whoever gets codes from people.
pub trait AskCode: Sync {
    /// Gets a code.
    ///
    /// # Errors
    /// `Kind::InputNeeded` where nobody can be asked, `Kind::Interrupted` where the person gave up.
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code>;

    /// Gives the code that came with the command line, where one did, it is for this device, and it wasn't taken yet.
    fn given(&self, _: &CodeRequest<'_>) -> Option<Secret<String>> {
        None
    }

    /// Is told that a key is asked, which may want to be touched.
    fn touching(&self, _: &CodeRequest<'_>) {}

    /// Words the question for a dialogue on the desktop, where a person may be asked and there is no terminal for it.
    fn question_on_desktop(&self, _: &CodeRequest<'_>) -> Option<String> {
        None
    }

    /// Is told once a second how long the wait for the device's next code still takes.
    fn waiting(&self, request: &CodeRequest<'_>, left: Duration);
}

/// How a call with a code went.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It was accepted.
    Accepted(T),
    /// AWS called the code wrong.
    WrongCode(anyhow::Error),
    /// The code surely never left this machine: it is still good.
    NotSent(anyhow::Error),
    /// Anything else; the code counts as used.
    Failed(anyhow::Error),
}

/// The devices' locks and records of used codes.
#[derive(Debug, Clone)]
pub struct Devices {
    records: PathBuf,
    locks: PathBuf,
    clock: Clock,
}

impl Devices {
    /// Names the places; nothing is read yet.
    pub fn new(paths: &Paths, clock: Clock) -> Self {
        Self { records: paths.mfa(), locks: paths.locks(), clock }
    }

    /// Tells whether some awstok is asking a person for a code of the device.
    pub fn is_asked_for(&self, serial: &str) -> bool {
        Flight::is_asking(&self.lock(serial))
    }

    fn lock(&self, serial: &str) -> PathBuf {
        self.locks.join(format!("mfa-{}.lock", file_name(serial)))
    }

    /// Gets a code of `device` and makes the call with it, as the only one on this device; again where the person may try again.
    ///
    /// # Errors
    /// The call's error; `Kind::Refused` where a code given as an argument is malformed or was used; those of `ask`.
    pub fn spend<T>(
        &self,
        device: &Device,
        profile: &str,
        outer: Option<&Flight<'_>>,
        ask: &dyn AskCode,
        mut call: impl FnMut(&Secret<String>) -> Outcome<T>,
    ) -> Result<T> {
        let flight = Flight::enter(&self.lock(&device.serial), outer)?;
        let record = self.record(&device.serial);
        let mut request = CodeRequest { device, profile, attempt: 1, reason: Reason::Needed, next_code_at: None };
        let (mut refused, mut sent) = (None, 0);
        loop {
            let code = match (self.unused(&record, &mut request, &flight, ask), refused.take()) {
                (Ok(code), _) => code,
                // whatever always gives the same code: AWS's own word says more
                (Err(_), Some(error)) if request.reason == Reason::Used => return Err(explained(error, device)),
                (Err(error), _) => return Err(error),
            };
            // noted before it is sent: whatever happens then, it isn't sent again
            record.note(code.digits.expose(), self.clock.now(), flight.lock())?;
            let error = match call(&code.digits) {
                Outcome::Accepted(answer) => return Ok(answer),
                Outcome::NotSent(error) => {
                    record.forget(code.digits.expose(), self.clock.now(), flight.lock())?;
                    return Err(error);
                }
                Outcome::Failed(error) => return Err(error),
                Outcome::WrongCode(error) => error,
            };
            // one wrong code of a machine may have come too late; two tell that it isn't the device's
            let is_hopeless = code.origin == Origin::Given || (code.origin == Origin::Made && sent > 0);
            if is_hopeless || !request.try_again(Reason::Wrong) {
                return Err(explained(error, device));
            }
            refused = (code.origin == Origin::Made).then_some(error);
            sent += 1;
        }
    }

    /// Makes a call with the seed's codes of the last window and this one, as the only one on this device; waits where one was used.
    ///
    /// # Errors
    /// The call's error.
    pub fn spend_two<T>(
        &self,
        serial: &str,
        seed: &Seed,
        call: impl FnOnce([&Secret<String>; 2]) -> Result<T>,
    ) -> Result<T> {
        let flight = Flight::enter(&self.lock(serial), None)?;
        let record = self.record(serial);
        let codes = loop {
            let now = self.clock.now();
            let before = SignedDuration::try_from(seed.period()).unwrap_or_default();
            let codes = [seed.code_at(now - before), seed.code_at(now)];
            if codes.iter().all(|code| !record.holds(code.expose(), now)) {
                break codes;
            }
            self.clock.sleep(seed.left(now));
        };
        for code in &codes {
            record.note(code.expose(), self.clock.now(), flight.lock())?;
        }
        call(codes.each_ref())
    }

    /// Notes codes as used that a person gave for a call of their own.
    ///
    /// # Errors
    /// `Kind::Refused` where one was used before; when the record can't be written.
    pub fn note_used(&self, serial: &str, codes: [&Secret<String>; 2]) -> Result<()> {
        let flight = Flight::enter(&self.lock(serial), None)?;
        let (record, now) = (self.record(serial), self.clock.now());
        if codes.iter().any(|code| record.holds(code.expose(), now)) {
            return Err(used_already(serial).into());
        }
        codes.into_iter().try_for_each(|code| record.note(code.expose(), self.clock.now(), flight.lock()))
    }

    /// Tells whether a code of the device was used lately.
    pub fn was_used(&self, serial: &str, code: &Secret<String>) -> bool {
        self.record(serial).holds(code.expose(), self.clock.now())
    }

    fn record(&self, serial: &str) -> used::Record {
        used::Record::new(self.records.join(format!("{}.json", file_name(serial))), serial.to_owned())
    }

    /// Asks until the code is one that may be sent.
    fn unused(
        &self,
        record: &used::Record,
        request: &mut CodeRequest<'_>,
        flight: &Flight<'_>,
        ask: &dyn AskCode,
    ) -> Result<Code> {
        let _asking = flight.asking();
        loop {
            let now = self.clock.now();
            request.next_code_at = record.used_in_window(now).then(|| next_window(now));
            let code = ask.ask(request)?;
            let digits = six_digits(code.digits.expose());
            let reason = match digits {
                Some(digits) if !record.holds(digits.expose(), self.clock.now()) => return Ok(Code { digits, ..code }),
                Some(_) => Reason::Used,
                None => Reason::Malformed,
            };
            if code.origin == Origin::Given || !request.try_again(reason) {
                return Err(unusable(reason, request).into());
            }
            if code.origin == Origin::Made && reason == Reason::Malformed {
                return Err(unusable(reason, request).into());
            }
            if reason == Reason::Used {
                self.wait_for_next(request, ask);
            }
        }
    }

    /// Waits, visibly, until the device shows another code.
    fn wait_for_next(&self, request: &CodeRequest<'_>, ask: &dyn AskCode) {
        let now = self.clock.now();
        let left = next_window(now).duration_since(now);
        let mut left = Duration::try_from(left).unwrap_or(WINDOW);
        while !left.is_zero() {
            ask.waiting(request, left);
            let nap = left.min(Duration::from_secs(1));
            self.clock.sleep(nap);
            left -= nap;
        }
    }
}

impl CodeRequest<'_> {
    fn try_again(&mut self, reason: Reason) -> bool {
        self.attempt += 1;
        self.reason = reason;
        self.attempt <= MOST_TRIES
    }
}

/// Says where to look when the codes that a machine makes are wrong.
fn explained(error: anyhow::Error, device: &Device) -> anyhow::Error {
    let (serial, name) = (&device.serial, &device.profile);
    let hint = match &device.code_from {
        CodeFrom::Prompt => return error,
        CodeFrom::Virtual => format!(
            "the stored seed may be another device's (`awstok mfa add --force {name}`), or the device is out of step (`awstok mfa resync {name}`)"
        ),
        CodeFrom::Yubikey => format!("look whether `mfa_account` of `{name}` names the account of this device"),
        CodeFrom::Command(_) => format!("look whether `mfa_command` of `{name}` prints the codes of this device"),
    };
    Failure::new(Kind::Refused, format!("the codes that are made for `{serial}` are wrong"))
        .because(error)
        .hint(hint)
        .into()
}

fn used_already(serial: &str) -> Failure {
    Failure::new(Kind::Refused, format!("this code of `{serial}` was used already"))
        .hint("wait for the device's next code: each works once, and only for its 30 s")
}

fn unusable(reason: Reason, request: &CodeRequest<'_>) -> Failure {
    let device = &request.device.serial;
    match reason {
        Reason::Used => used_already(device),
        _ => Failure::new(Kind::Refused, format!("a code of `{device}` has six digits"))
            .hint("type the six digits it shows"),
    }
}

/// Takes the six digits out of what was typed (`123 456`).
fn six_digits(typed: &str) -> Option<Secret<String>> {
    let digits = Secret::new(typed.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    (digits.expose().len() == 6 && digits.expose().bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

fn next_window(now: Timestamp) -> Timestamp {
    let window = WINDOW.as_secs() as i64;
    Timestamp::from_second((now.as_second().div_euclid(window) + 1).saturating_mul(window)).unwrap_or(now)
}

/// A serial may be anything; the name of its files is a hash.
fn file_name(serial: &str) -> String {
    hex(Sha256::digest(serial.as_bytes()).split_at(16).0)
}

#[cfg(test)]
mod tests;
