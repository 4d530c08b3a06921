//! Owns the notes of what runs have begun with a profile's secrets: written before each step and after it, gone when nothing is left
//! to do. It refuses to let a second process begin meanwhile, or take those secrets elsewhere, and to know how far it came.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::{Failure, Kind, Result};
use crate::locked_file::{Fingerprint, Lock, Mode, lock, private_folder, read, remove, replace};
use crate::paths::Paths;

/// How long another run with the same profile is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What takes several steps with a profile's secrets, one run at a time: half-way one of them may lie where only that run's note
/// says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// An access key is replaced.
    Rotation,
    /// A device is enrolled.
    Enrolment,
    /// Secrets are moved to another place.
    Relocation,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rotation, Self::Enrolment, Self::Relocation];

    /// The file of its note.
    pub fn file(self, paths: &Paths, profile: &str) -> PathBuf {
        match self {
            Self::Rotation => paths.rotating(profile),
            Self::Enrolment => paths.enrolling(profile),
            Self::Relocation => paths.moving(profile),
        }
    }

    /// Tells whether one began for the profile and isn't finished.
    ///
    /// # Errors
    /// Where its note can't be read.
    pub fn is_begun(self, paths: &Paths, profile: &str) -> Result<bool> {
        read(&self.file(paths, profile)).map(|found| found.is_some())
    }

    /// Takes the lock of one profile.
    ///
    /// # Errors
    /// Where another process holds it for longer than `patience`, or the folder can't be made.
    pub fn lock(self, paths: &Paths, profile: &str, patience: Duration) -> Result<Lock> {
        let word = match self {
            Self::Rotation => "rotate",
            Self::Enrolment => "enroll",
            Self::Relocation => "secret-move",
        };
        private_folder(&paths.locks())?;
        lock(&paths.locks().join(format!("{word}-{profile}.lock")), patience)
    }

    fn check(self, paths: &Paths, profile: &str) -> Result<()> {
        if !self.is_begun(paths, profile)? {
            return Ok(());
        }
        let (what, how, command, gone) = match self {
            Self::Rotation => ("the key of", "is being replaced", "awstok rotate PROFILE", "the user is"),
            Self::Enrolment => ("a device of", "is being enrolled", "awstok mfa enroll PROFILE", "the user is"),
            Self::Relocation => {
                ("the secrets of", "are being moved", "awstok secret move PROFILE --to STORE", "one of the places is")
            }
        };
        Err(Failure::new(Kind::Invalid, format!("{what} `{profile}` {how}"))
            .hint(format!(
                "finish that first: `{}`; only where {gone} gone for good: remove `{}`",
                command.replace("PROFILE", profile),
                self.file(paths, profile).display()
            ))
            .into())
    }

    fn if_damaged(self) -> &'static str {
        match self {
            Self::Rotation => "look at the user's access keys in IAM, then remove this file",
            Self::Enrolment => "look at the account's virtual MFA devices, then remove this file",
            Self::Relocation => "remove this file, and move the secrets once more",
        }
    }
}

/// Holds these operations off from profiles whose secrets are moved, copied, replaced or forgotten meanwhile.
///
/// # Errors
/// `Kind::Invalid` where one isn't finished; where one is on its way for longer than 5 s.
pub fn hold_off(paths: &Paths, operations: &[Operation], profiles: &[&str]) -> Result<Vec<Lock>> {
    let mut profiles = profiles.to_vec();
    // in one order: two that want the same two don't wait for each other
    profiles.sort_unstable();
    profiles.dedup();
    let mut locks = Vec::new();
    for profile in profiles {
        for operation in operations {
            locks.push(operation.lock(paths, profile, PATIENCE)?);
            operation.check(paths, profile)?;
        }
    }
    Ok(locks)
}

/// The note of one profile, held by this process alone.
#[derive(Debug)]
pub struct Note<T> {
    file: PathBuf,
    lock: Lock,
    operation: Operation,
    begun: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Note<T> {
    /// Takes hold of an operation's note.
    ///
    /// # Errors
    /// Where another process holds it for longer than 5 s, or the folders can't be made.
    pub fn hold(paths: &Paths, operation: Operation, profile: &str) -> Result<Self> {
        let file = operation.file(paths, profile);
        file.parent().map_or(Ok(()), private_folder)?;
        let lock = operation.lock(paths, profile, PATIENCE)?;
        Ok(Self { file, lock, operation, begun: PhantomData })
    }

    /// Reads what was begun.
    ///
    /// # Errors
    /// `Kind::Invalid` for a damaged note.
    pub fn read(&self) -> Result<Option<T>> {
        let Some(found) = read(&self.file)? else { return Ok(None) };
        let bytes = Zeroizing::new(found.bytes);
        let begun = serde_json::from_slice(&bytes).map_err(|_| {
            Failure::new(Kind::Invalid, format!("`{}` is damaged", self.file.display()))
                .hint(self.operation.if_damaged())
        })?;
        Ok(Some(begun))
    }

    /// Notes what comes next.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write(&self, begun: &T) -> Result<()> {
        let seen = read(&self.file)?.map_or(Fingerprint::ABSENT, |found| found.seen);
        // a note may hold a seed
        let text = Zeroizing::new(serde_json::to_vec(begun)?);
        replace(&self.file, &text, Mode::Secret, &seen, &self.lock).map(drop)
    }

    /// Takes the note away: nothing is left to do.
    ///
    /// # Errors
    /// Where it can't be removed.
    pub fn end(&self) -> Result<()> {
        remove(&self.file, &self.lock)
    }
}
