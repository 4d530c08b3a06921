//! Owns the note of what a run has begun with a profile's keys: written before each step and after it, gone when nothing is left to do.
//! It refuses to be read by a second process meanwhile, and to know what was begun.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Failure, Kind, Result};
use crate::locked_file::{Fingerprint, Lock, Mode, lock, private_folder, read, remove, replace};
use crate::paths::Paths;

/// How long another run with the same profile is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Refuses to move a profile's secret while its key is being replaced: the new one may still lie aside.
///
/// # Errors
/// `Kind::Invalid` where a rotation of `profile` isn't finished.
pub fn no_rotation(paths: &Paths, profile: &str) -> Result<()> {
    match read(&paths.rotating(profile))? {
        None => Ok(()),
        Some(_) => Err(Failure::new(Kind::Invalid, format!("the key of `{profile}` is being replaced"))
            .hint(format!("finish that first: `awstok rotate {profile}`"))
            .into()),
    }
}

/// The note of one profile, held by this process alone.
#[derive(Debug)]
pub struct Note<T> {
    file: PathBuf,
    lock: Lock,
    if_damaged: &'static str,
    begun: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Note<T> {
    /// Takes hold of the note in `file`, whose folder is awstok's own; `operation` names the lock, and `if_damaged` is the hint
    /// where the note can't be read.
    ///
    /// # Errors
    /// Where another process holds it for longer than 5 s, or the folders can't be made.
    pub fn hold(
        paths: &Paths,
        file: PathBuf,
        operation: &str,
        profile: &str,
        if_damaged: &'static str,
    ) -> Result<Self> {
        file.parent().map_or(Ok(()), private_folder)?;
        private_folder(&paths.locks())?;
        let lock = lock(&paths.locks().join(format!("{operation}-{profile}.lock")), PATIENCE)?;
        Ok(Self { file, lock, if_damaged, begun: PhantomData })
    }

    /// Reads what was begun.
    ///
    /// # Errors
    /// `Kind::Invalid` for a damaged note.
    pub fn read(&self) -> Result<Option<T>> {
        let Some(found) = read(&self.file)? else { return Ok(None) };
        let begun = serde_json::from_slice(&found.bytes).map_err(|_| {
            Failure::new(Kind::Invalid, format!("`{}` is damaged", self.file.display())).hint(self.if_damaged)
        })?;
        Ok(Some(begun))
    }

    /// Notes what comes next.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write(&self, begun: &T) -> Result<()> {
        let seen = read(&self.file)?.map_or(Fingerprint::ABSENT, |found| found.seen);
        replace(&self.file, &serde_json::to_vec(begun)?, Mode::Secret, &seen, &self.lock).map(drop)
    }

    /// Takes the note away: nothing is left to do.
    ///
    /// # Errors
    /// Where it can't be removed.
    pub fn end(&self) -> Result<()> {
        remove(&self.file, &self.lock)
    }
}
