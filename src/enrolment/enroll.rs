//! Owns the enrolment of a new virtual device: created, its seed kept, enabled with two codes, written into the profile.
//! It refuses to leave a device behind that can't be enabled, and begins where an interrupted run ended.

use std::time::Duration;

use super::begun::{Begun, Stage};
use super::owner::Owner;
use super::seeds::{Seeds, choose_store};
use crate::app::App;
use crate::error::{Failure, Result, invalid};
use crate::iam::{Refusal, VirtualDevice, refusal_of};
use crate::mfa::{Devices, Seed};
use crate::profile::Store;
use crate::secret::Secret;
use crate::unfinished::{Note, Operation};

/// How often, and how far apart, a device is asked for that IAM doesn't know everywhere yet.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_secs(2);

/// What is wished of a new device.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Its name; none for the user's.
    pub device_name: Option<&'a str>,
    /// Where its seed is kept.
    pub store: Store,
}

/// A device that was enrolled.
#[derive(Debug)]
pub struct Enrolled {
    /// Its ARN.
    pub serial: String,
    /// Where its seed is.
    pub store: &'static str,
}

/// Enrolls a device for `owner`; `show` is handed the URI for a phone before the device is enabled, and `say` what was found begun.
///
/// # Errors
/// Where IAM refuses: device and seed are taken away again, and the profile is as before. Where it can't be reached, or the
/// store doesn't answer: the same call goes on.
pub fn enroll(
    app: &App,
    owner: &Owner<'_>,
    wish: Wish<'_>,
    say: impl Fn(&str),
    show: impl Fn(&Secret<String>) -> Result<()>,
) -> Result<Enrolled> {
    let run = Run {
        app,
        owner,
        seeds: Seeds::open(app, owner.broker())?,
        note: Note::hold(&app.paths, Operation::Enrolment, &owner.profile.name)?,
    };
    let begun = match run.note.read()? {
        Some(begun) => {
            say(&format!("going on with the device `{}`, whose enrolment was interrupted", begun.serial));
            run.check(begun)?
        }
        None => None,
    };
    let begun = match begun {
        Some(begun) => begun,
        None => run.create(&run.serial(wish.device_name), wish.store)?,
    };
    run.finish(begun, show).map_err(|error| {
        let name = &owner.profile.name;
        match run.note.read() {
            Ok(Some(begun)) => error.context(format!(
                "the enrolment of `{}` is not complete; `awstok mfa enroll {name}` goes on with it",
                begun.serial
            )),
            _ => error,
        }
    })
}

struct Run<'a> {
    app: &'a App,
    owner: &'a Owner<'a>,
    seeds: Seeds<'a>,
    note: Note<Begun>,
}

impl Run<'_> {
    fn name(&self) -> &str {
        &self.owner.profile.name
    }

    /// The ARN that a device of this name will have: beside the user's own.
    fn serial(&self, device_name: Option<&str>) -> String {
        let account = self.owner.user.arn.split(":user/").next().unwrap_or_default();
        format!("{account}:mfa/{}", device_name.unwrap_or(&self.owner.user.name))
    }

    /// Looks what became of an enrolment; none where it is to begin anew.
    fn check(&self, begun: Begun) -> Result<Option<Begun>> {
        let (iam, caller) = (self.owner.iam(), self.owner.caller());
        match (begun.stage, self.find(&begun)?) {
            (Stage::Write, _) => Ok(Some(begun)),
            (_, Some(device))
                if device.user_arn.as_ref() == Some(&self.owner.user.arn) && begun.stage == Stage::Enable =>
            {
                let begun = begun.at(Stage::Write);
                self.note.write(&begun)?;
                Ok(Some(begun))
            }
            (Stage::Enable, Some(device)) if device.user_arn.is_none() => Ok(Some(begun)),
            // created, and nobody has its seed
            (Stage::Create, Some(device)) if device.user_arn.is_none() => {
                iam.delete_virtual_mfa_device(caller, &begun.serial)?;
                self.note.end().map(|()| None)
            }
            _ => self.forget(&begun).map(|()| None),
        }
    }

    /// Looks for the device; the seed of one that IAM doesn't list everywhere yet isn't given up at once.
    fn find(&self, begun: &Begun) -> Result<Option<VirtualDevice>> {
        let mut tries = 1..TRIES;
        loop {
            let devices = self.owner.iam().list_virtual_mfa_devices(self.owner.caller())?;
            let found = devices.into_iter().find(|device| device.serial == begun.serial);
            if found.is_some() || begun.stage != Stage::Enable || tries.next().is_none() {
                return Ok(found);
            }
            self.app.clock.sleep(PAUSE);
        }
    }

    /// Creates the device and keeps its seed aside.
    fn create(&self, serial: &str, store: Store) -> Result<Begun> {
        let (iam, caller) = (self.owner.iam(), self.owner.caller());
        let name = serial.rsplit(":mfa/").next().unwrap_or_default();
        if iam.list_virtual_mfa_devices(caller)?.iter().any(|device| device.serial == serial) {
            return Err(invalid(format!("there is a device `{serial}` already"))
                .hint("choose another name with `--device-name`, or delete that one in IAM")
                .into());
        }
        // a store that doesn't answer is better known before
        self.seeds.read_aside(self.name(), store)?;
        let begun = Begun::new(serial.to_owned(), store.word());
        self.note.write(&begun)?;
        let device = match iam.create_virtual_mfa_device(caller, name) {
            Ok(device) => device,
            // refused: there is nothing to come back to
            Err(error) if refusal_of(&error).is_some() => {
                self.note.end()?;
                return Err(error);
            }
            Err(error) => {
                return Err(error.context(format!(
                    "the device `{serial}` may exist now; `awstok mfa enroll {}` looks after it",
                    self.name()
                )));
            }
        };
        let in_note = self.seeds.set_aside(self.name(), store, &device.seed);
        let in_note = in_note.inspect_err(|_| {
            // without a place for its seed the device is no use; where that fails too, the next run deletes it
            if iam.delete_virtual_mfa_device(caller, serial).is_ok() {
                let _ = self.note.end();
            }
        })?;
        let begun = begun.at(Stage::Enable).with_seed(in_note.as_ref());
        self.note.write(&begun)?;
        Ok(begun)
    }

    /// Enables the device and writes it into the profile.
    fn finish(&self, begun: Begun, show: impl Fn(&Secret<String>) -> Result<()>) -> Result<Enrolled> {
        let store = choose_store(Some(&begun.store), &self.owner.profile);
        let text = match begun.seed() {
            Some(seed) => Some(seed),
            None => self.seeds.read_aside(self.name(), store)?,
        };
        let seed = match text.and_then(|text| Seed::read(text.expose()).ok()) {
            Some(seed) => seed,
            // it isn't aside any more: all was done but the end
            None if begun.stage == Stage::Write && self.is_written(&begun)? => {
                self.note.end()?;
                return Ok(Enrolled { serial: begun.serial.clone(), store: store.word() });
            }
            None => return Err(self.lost(&begun)?.into()),
        };
        show(&seed.uri("Amazon Web Services", begun.serial.trim_start_matches("arn:")))?;
        if begun.stage == Stage::Enable {
            if let Err(error) = self.enable(&begun.serial, &seed) {
                if refusal_of(&error).is_some() {
                    self.take_away(&begun)?;
                    return Err(error.context("device and seed were taken away again, and the profile is as before"));
                }
                return Err(error);
            }
            self.note.write(&begun.clone().at(Stage::Write))?;
        }
        let command = format!("mfa enroll {}", self.name());
        self.seeds.keep(&command, &self.owner.profile, &seed, store, Some(&begun.serial))?;
        self.forget(&begun)?;
        Ok(Enrolled { serial: begun.serial.clone(), store: store.word() })
    }

    /// Tells whether the profile names the device, and its seed is kept.
    fn is_written(&self, begun: &Begun) -> Result<bool> {
        let profile = &self.owner.profile;
        let is_named = profile.mfa.id.as_ref() == Some(&begun.serial);
        Ok(is_named && self.owner.broker().code_maker().stored_seed(profile)?.is_some())
    }

    /// Gives up a device whose seed somebody took out of its store.
    fn lost(&self, begun: &Begun) -> Result<Failure> {
        let failure = invalid(format!("the seed of `{}` is no longer where it was kept", begun.serial));
        if begun.stage == Stage::Write {
            self.note.end()?;
            return Ok(
                failure.hint("the device is enabled: take it away in IAM, or store its seed with `awstok mfa add`")
            );
        }
        self.take_away(begun)?;
        Ok(failure.hint("the device was taken away again; run it once more"))
    }

    fn enable(&self, serial: &str, seed: &Seed) -> Result<()> {
        let (iam, caller, user) = (self.owner.iam(), self.owner.caller(), &self.owner.user.name);
        let devices = Devices::new(&self.app.paths, self.app.clock);
        devices.spend_two(serial, seed, |codes| {
            let mut tries = 1..TRIES;
            loop {
                match iam.enable_mfa_device(caller, user, serial, codes) {
                    Err(error) if refusal_of(&error) == Some(Refusal::Absent) && tries.next().is_some() => {
                        self.app.clock.sleep(PAUSE);
                    }
                    result => return result,
                }
            }
        })
    }

    /// Takes device and seed away.
    fn take_away(&self, begun: &Begun) -> Result<()> {
        match self.owner.iam().delete_virtual_mfa_device(self.owner.caller(), &begun.serial) {
            Err(error) if refusal_of(&error) != Some(Refusal::Absent) => Err(error),
            _ => self.forget(begun),
        }
    }

    /// Forgets the seed that was kept aside, and the note.
    fn forget(&self, begun: &Begun) -> Result<()> {
        self.seeds.drop_aside(self.name(), choose_store(Some(&begun.store), &self.owner.profile))?;
        self.note.end()
    }
}
