//! Owns the note of an enrolment that has begun: written before each step and after it, in awstok's own folder, until it is done.
//! It refuses a seed, unless the file is where the seed is to be kept.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Failure, Kind, Result};
use crate::locked_file::{Fingerprint, Lock, Mode, lock, private_folder, read, remove, replace};
use crate::paths::Paths;
use crate::secret::Secret;

/// How long another enrolment of the profile is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What may have been done; each is noted before it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// The device may have been created; nobody has its seed.
    Create,
    /// The device is there and its seed is kept aside; it may have been enabled.
    Enable,
    /// The device is enabled.
    Write,
}

/// What is noted.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) stage: Stage,
    pub(super) serial: String,
    pub(super) store: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
}

impl Begun {
    pub(super) fn new(serial: String, store: &str) -> Self {
        Self { stage: Stage::Create, serial, store: store.to_owned(), seed: None }
    }

    /// The seed, where the file is its place.
    pub(super) fn seed(&self) -> Option<Secret<String>> {
        self.seed.clone().map(Secret::new)
    }

    pub(super) fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    pub(super) fn with_seed(mut self, seed: Option<&Secret<String>>) -> Self {
        self.seed = seed.map(|seed| seed.expose().clone());
        self
    }
}

/// Tells whether there is a note of a profile.
pub(super) fn is_noted(paths: &Paths, profile: &str) -> Result<bool> {
    read(&file(paths, profile)).map(|found| found.is_some())
}

fn file(paths: &Paths, profile: &str) -> PathBuf {
    paths.mfa().join(format!("{profile}.enroll"))
}

/// The note of one profile, held by this process alone.
pub(super) struct Note {
    file: PathBuf,
    lock: Lock,
}

impl Note {
    /// Takes hold of the note of a profile.
    pub(super) fn hold(paths: &Paths, profile: &str) -> Result<Self> {
        private_folder(&paths.mfa())?;
        private_folder(&paths.locks())?;
        let lock = lock(&paths.locks().join(format!("enroll-{profile}.lock")), PATIENCE)?;
        Ok(Self { file: file(paths, profile), lock })
    }

    /// Reads what was begun.
    pub(super) fn read(&self) -> Result<Option<Begun>> {
        let Some(found) = read(&self.file)? else { return Ok(None) };
        let begun = serde_json::from_slice(&found.bytes).map_err(|_| {
            Failure::new(Kind::Invalid, format!("`{}` is damaged", self.file.display()))
                .hint("look at the account's virtual MFA devices, then remove this file")
        })?;
        Ok(Some(begun))
    }

    /// Notes what comes next.
    pub(super) fn write(&self, begun: &Begun) -> Result<()> {
        let seen = read(&self.file)?.map_or(Fingerprint::ABSENT, |found| found.seen);
        replace(&self.file, &serde_json::to_vec(begun)?, Mode::Secret, &seen, &self.lock).map(drop)
    }

    /// Takes the note away: nothing is left to do.
    pub(super) fn end(&self) -> Result<()> {
        remove(&self.file, &self.lock)
    }
}
