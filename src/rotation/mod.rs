//! Owns the replacement of an IAM user's access key: created, verified, stored, and only then the old one deactivated and deleted.
//! It refuses to leave the profile without a key that works: killed or refused at any moment, the same command finishes it.

mod begun;
mod other_key;
mod report;
mod store;

use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use jiff::SignedDuration;

use crate::app::App;
use crate::broker::Broker;
use crate::cabinet::Cabinet;
use crate::credentials::Cache;
use crate::enrolment::{Owner, Signing};
use crate::error::{Failure, Kind, Result, invalid};
use crate::iam::{NewAccessKey, Refusal, refusal_of};
use crate::profile::{self, Profile};
use crate::sts::Caller;
use crate::ui::shown;
use crate::unfinished::{Note, Operation};

use begun::{Begun, Stage};

pub use report::{Outcome, Report, Steps};

/// The key must work as often in a row before it counts as known everywhere.
const IN_A_ROW: u32 = 3;
/// The pause between two looks, which doubles up to the longest one while the key isn't known.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How far IAM's clock and ours may be apart.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// What is wished of a rotation.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Leave the old key there, inactive.
    pub keep_old: bool,
    /// The user's other key, to be deleted first.
    pub delete_key: Option<&'a str>,
    /// How long the new key may take to be known.
    pub wait: Duration,
}

/// What came of it: the failure, where there was one, after whatever the report says is done.
#[derive(Debug)]
pub struct Rotated {
    /// What was done.
    pub report: Report,
    /// Why it ended early.
    pub failure: Option<anyhow::Error>,
}

/// Finds the key that a profile's rotation would replace.
///
/// # Errors
/// `Kind::Invalid` for a profile that isn't an IAM user's.
pub fn key_of(broker: &Broker<'_>, name: &str) -> Result<String> {
    let profile = broker.load(name)?;
    if let Some(keys) = profile.long_term.as_ref().filter(|_| profile.role.is_none()) {
        return Ok(keys.access_key_id.clone());
    }
    let refusal = invalid(format!("profile `{}` has no access key of its own", shown(name)));
    let user = broker.plan(name, crate::broker::Wish::default()).ok().map(|plan| plan.base.profile().to_owned());
    Err(match user.filter(|user| broker.load(user).is_ok_and(|user| user.long_term.is_some())) {
        Some(user) => refusal.hint(format!("`awstok rotate {}` replaces the key of the user behind it", shown(&user))),
        None => refusal.hint("name the profile of an IAM user"),
    }
    .into())
}

/// Finds the other profiles that hold a key: they keep the old one.
pub fn sharers(app: &App, broker: &Broker<'_>, name: &str, key: &str) -> Vec<String> {
    let (profiles, _) = profile::load_all(&app.paths.profiles, broker.settings()).unwrap_or_default();
    let holds = |profile: &Profile| profile.long_term.as_ref().is_some_and(|keys| keys.access_key_id == key);
    profiles.into_iter().filter(|profile| profile.name != name && holds(profile)).map(|profile| profile.name).collect()
}

/// Replaces the access key of the profile `name`, or goes on with what was begun; `say` is told of it.
///
/// # Errors
/// Where nothing was begun; what fails later is told beside the report.
pub fn rotate(app: &App, broker: &Broker<'_>, name: &str, wish: Wish<'_>, say: &dyn Fn(&str)) -> Result<Rotated> {
    let note = Note::hold(&app.paths, Operation::Rotation, name)?;
    let begun: Option<Begun> = note.read()?;
    let report = Report {
        profile: name.to_owned(),
        old_key: key_of(broker, name)?,
        new_key: None,
        steps: Steps::default(),
        resumed: false,
    };
    let owner = Owner::of(broker, name, Signing::Session)?;
    let mut run = Run { app, broker, owner, cabinet: Cabinet::open(app)?, note, wish, report };
    let failure = run.go(begun, say).err();
    Ok(Rotated { report: run.report, failure })
}

struct Run<'a> {
    app: &'a App,
    broker: &'a Broker<'a>,
    owner: Owner<'a>,
    cabinet: Cabinet<'a>,
    note: Note<Begun>,
    wish: Wish<'a>,
    report: Report,
}

impl Run<'_> {
    fn go(&mut self, begun: Option<Begun>, say: &dyn Fn(&str)) -> Result<()> {
        if let Some(begun) = begun {
            self.report.resumed = true;
            if begun.new_key.as_deref() == Some(self.report.old_key.as_str()) {
                say(&format!("going on with the rotation from `{}` to `{}`", begun.old_key, self.report.old_key));
                let done = Outcome::Done;
                self.report.new_key = begun.new_key.clone();
                self.report.old_key.clone_from(&begun.old_key);
                self.report.steps = Steps { create: done, verify: done, ..Steps::default() };
                self.finish_storing(&begun).inspect_err(|_| self.report.steps.store = Outcome::Failed)?;
                return self.retire(&begun);
            }
            self.refuse_dead_key(&begun)?;
            say("a rotation was interrupted before its key was in the profile; that key is deleted");
            self.undo_creation(&begun)?;
        }
        self.make_room()?;
        let begun = Begun {
            stage: Stage::Create,
            old_key: self.report.old_key.clone(),
            new_key: None,
            since: self.app.clock.now(),
        };
        let key = self.create(&begun).inspect_err(|_| self.report.steps.create = Outcome::Failed)?;
        self.report.steps.create = Outcome::Done;
        self.report.new_key = Some(key.id.clone());
        let begun = Begun { new_key: Some(key.id.clone()), ..begun.at(Stage::Verify) };
        let known = self.note.write(&begun).and_then(|()| self.verify(&key));
        known
            .map_err(|error| self.give_up(&begun, error))
            .inspect_err(|_| self.report.steps.verify = Outcome::Failed)?;
        self.report.steps.verify = Outcome::Done;
        self.store(&begun, &key).inspect_err(|_| self.report.steps.store = Outcome::Failed)?;
        self.retire(&begun)
    }

    fn create(&self, begun: &Begun) -> Result<NewAccessKey> {
        self.note.write(begun)?;
        match self.owner.iam().create_access_key(self.owner.caller()) {
            Ok(key) => Ok(key),
            // refused: there is nothing to come back to
            Err(error) if refusal_of(&error).is_some() => {
                self.note.end()?;
                Err(error.context("nothing changed"))
            }
            Err(error) => match self.delete_orphan(begun) {
                Ok(true) => {
                    self.note.end()?;
                    Err(error.context("the new key's secret never arrived; that key was deleted, and nothing changed"))
                }
                _ => {
                    let again = format!("awstok rotate {}", shown(&self.report.profile));
                    Err(error.context(format!("a key may have been created; `{again}` looks after it")))
                }
            },
        }
    }

    /// Asks AWS with the new key until it is known everywhere.
    fn verify(&self, key: &NewAccessKey) -> Result<()> {
        let credentials = Credentials::builder()
            .access_key_id(&key.id)
            .secret_access_key(key.secret.expose())
            .provider_name("awstok")
            .build();
        let caller = Caller { credentials: &credentials, region: self.owner.profile.region.as_deref() };
        let (end, mut pause, mut in_a_row) = (Instant::now() + self.wish.wait, PAUSE, 0);
        loop {
            match self.broker.sts().get_caller_identity(caller) {
                Ok(_) if in_a_row + 1 >= IN_A_ROW => return Ok(()),
                Ok(_) => {
                    in_a_row += 1;
                    pause = PAUSE;
                }
                Err(error) if Instant::now() + pause >= end => {
                    return Err(error.context(format!("AWS doesn't know the new key `{}` yet", shown(&key.id))));
                }
                Err(_) => {
                    in_a_row = 0;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
            self.app.clock.sleep(pause);
        }
    }

    /// Deletes the new key, which the profile doesn't hold: nothing changed.
    fn give_up(&self, begun: &Begun, error: anyhow::Error) -> anyhow::Error {
        match self.undo_creation(begun) {
            Ok(()) => error.context("the new key was deleted again, and nothing changed"),
            Err(undoing) => error.context(format!(
                "the new key could not be deleted either ({undoing:#}); `awstok rotate {}` looks after it",
                shown(&self.report.profile)
            )),
        }
    }

    /// Takes back what was created and never came into the profile.
    fn undo_creation(&self, begun: &Begun) -> Result<()> {
        match &begun.new_key {
            Some(id) => {
                self.delete(id)?;
                self.forget_aside(id)?;
            }
            None => drop(self.delete_orphan(begun)?),
        }
        self.note.end()
    }

    /// Deactivates and deletes the old key, and forgets what was made of it.
    fn retire(&mut self, begun: &Begun) -> Result<()> {
        self.report.steps.store = Outcome::Done;
        let old = begun.old_key.clone();
        let begun = begun.at(Stage::Deactivate);
        self.note.write(&begun)?;
        // what is signed with the old key itself ends with it
        if self.owner.caller().credentials.session_token().is_none() {
            self.owner = Owner::of(self.broker, &self.report.profile, Signing::Session)?;
        }
        let deactivated = self.signed(|run| match run.owner.iam().update_access_key(run.owner.caller(), &old, false) {
            Err(error) if refusal_of(&error) == Some(Refusal::Absent) => Ok(()),
            result => result,
        });
        deactivated.map_err(|error| {
            self.report.steps.deactivate = Outcome::Failed;
            self.left_to_do(error, "is in use; the old one is still active")
        })?;
        self.report.steps.deactivate = Outcome::Done;
        self.note.write(&begun.at(Stage::Delete))?;
        if !self.wish.keep_old {
            self.signed(|run| run.delete(&old)).map_err(|error| {
                self.report.steps.delete = Outcome::Failed;
                self.left_to_do(error, "is in use; the old one is inactive, but not deleted")
            })?;
            self.report.steps.delete = Outcome::Done;
        }
        self.forget_old_key(&old)?;
        Cache::new(&self.app.paths).forget_profiles(std::slice::from_ref(&self.report.profile))?;
        self.note.end()
    }

    /// Makes a call; where AWS doesn't take the session any more that was made with the old key, again with one of the new key.
    fn signed(&mut self, call: impl Fn(&Self) -> Result<()>) -> Result<()> {
        match call(self) {
            Err(error) if matches!(refusal_of(&error), Some(Refusal::UnknownKey | Refusal::Expired)) => {
                self.owner = Owner::of(self.broker, &self.report.profile, Signing::Session)?;
                call(self)
            }
            result => result,
        }
    }

    fn left_to_do(&self, error: anyhow::Error, what: &str) -> anyhow::Error {
        let new = self.report.new_key.as_deref().unwrap_or_default();
        let again = format!("awstok rotate {}", shown(&self.report.profile));
        error.context(format!("the new key `{}` {what}; `{again}` finishes it", shown(new)))
    }

    /// Deletes a key; one that isn't there is fine.
    fn delete(&self, id: &str) -> Result<()> {
        match self.owner.iam().delete_access_key(self.owner.caller(), id) {
            Err(error) if refusal_of(&error) == Some(Refusal::Absent) => Ok(()),
            result => result,
        }
    }
}

/// Refuses what changed while nobody looked.
fn changed_meanwhile(profile: &str) -> anyhow::Error {
    Failure::new(Kind::Invalid, format!("the key of `{}` changed meanwhile", shown(profile)))
        .hint("run it again")
        .into()
}
