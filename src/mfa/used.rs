//! Owns a device's record of used codes: salted hashes with the time, kept only while AWS could still take the code.
//! It refuses to keep a code itself.

use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::next_window;
use crate::encoding::hex;
use crate::error::Result;
use crate::locked_file::{Fingerprint, Lock, Mode, private_folder, read, replace};

/// AWS takes a code some windows around its own; after this time none can be taken any more.
const KEPT: SignedDuration = SignedDuration::from_mins(5);

/// The record of one device.
#[derive(Debug)]
pub(super) struct Record {
    file: PathBuf,
    serial: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Used {
    salt: String,
    hash: String,
    at: Timestamp,
}

impl Record {
    pub(super) fn new(file: PathBuf, serial: String) -> Self {
        Self { file, serial }
    }

    /// Tells whether a code was used lately.
    pub(super) fn holds(&self, code: &str, now: Timestamp) -> bool {
        self.lately(now).iter().any(|used| used.hash == self.hash(&used.salt, code))
    }

    /// Tells whether any code was used in the present window.
    pub(super) fn used_in_window(&self, now: Timestamp) -> bool {
        self.lately(now).iter().any(|used| next_window(used.at) == next_window(now))
    }

    /// Notes a code as used.
    pub(super) fn note(&self, code: &str, now: Timestamp, lock: &Lock) -> Result<()> {
        let mut used = self.lately(now);
        let salt = format!("{:016x}", RandomState::new().hash_one(now.as_nanosecond()));
        used.push(Used { hash: self.hash(&salt, code), salt, at: now });
        self.save(&used, lock)
    }

    /// Takes a note back: the code never left this machine.
    pub(super) fn forget(&self, code: &str, now: Timestamp, lock: &Lock) -> Result<()> {
        let mut used = self.lately(now);
        used.retain(|used| used.hash != self.hash(&used.salt, code));
        self.save(&used, lock)
    }

    /// Gives the codes that could still be taken; a broken record counts as an empty one.
    fn lately(&self, now: Timestamp) -> Vec<Used> {
        let found = read(&self.file).ok().flatten();
        let used: Vec<Used> = found.and_then(|found| serde_json::from_slice(&found.bytes).ok()).unwrap_or_default();
        used.into_iter().filter(|used| now.duration_since(used.at).abs() < KEPT).collect()
    }

    fn save(&self, used: &[Used], lock: &Lock) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            private_folder(folder)?;
        }
        let seen = read(&self.file)?.map_or(Fingerprint::ABSENT, |found| found.seen);
        // only the holder of the device's lock writes, so nothing can have changed meanwhile
        replace(&self.file, &serde_json::to_vec(used)?, Mode::Secret, &seen, lock).map(drop)
    }

    fn hash(&self, salt: &str, code: &str) -> String {
        let mut hash = Sha256::new();
        for part in [salt, &self.serial, code] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex(&hash.finalize())
    }
}
