//! Owns the key of sessions under a passphrase: an age key pair whose secret half lies sealed in one file, the other half beside
//! it in clear. A session is sealed without the passphrase; opening takes it, once a run. It refuses to leave an open key on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use age::secrecy::ExposeSecret as _;
use age::x25519::{Identity, Recipient};
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::opening::{Memory, damaged, recipient};
use super::{AskPassphrase, Sealed};
use crate::error::Result;
use crate::locked_file::{Fingerprint, Mode, Replaced, lock, private_folder, read, read_bounded, remove, replace};
use crate::paths::Paths;
use crate::secret::Secret;

/// How long another awstok may work on the same file.
const PATIENCE: Duration = Duration::from_secs(10);
/// Far more than the file ever takes.
const MOST_BYTES: u64 = 64 * 1024;

/// The key of cached sessions.
pub struct SessionKey<'a> {
    file: PathBuf,
    lock: PathBuf,
    ask: &'a dyn AskPassphrase,
    memory: Memory,
}

/// The key as it lies in its file.
#[derive(Serialize, Deserialize)]
struct Halves {
    /// What sessions are sealed for.
    recipient: String,
    /// What opens them: an age file under the passphrase, in ASCII armor.
    identity: String,
}

impl<'a> SessionKey<'a> {
    /// Names the place; nothing is read or asked yet.
    pub fn new(paths: &Paths, ask: &'a dyn AskPassphrase, memory: &Memory) -> Self {
        Self { file: paths.session_key(), lock: lock_file(paths), ask, memory: memory.clone() }
    }

    /// Makes sure that there is a key, so that what is got for a code can surely be kept.
    ///
    /// # Errors
    /// Where a passphrase is needed for a new one and can't be had; where the file can't be used or written.
    pub fn prepare(&self) -> Result<()> {
        self.halves().map(drop)
    }

    /// Seals a session; only where there is no key yet, a passphrase is asked for.
    ///
    /// # Errors
    /// As `prepare`.
    pub fn seal(&self, text: &[u8]) -> Result<String> {
        let recipient: Recipient = self.halves()?.recipient.parse().map_err(|_| damaged(Sealed::Sessions))?;
        age::encrypt_and_armor(&recipient, text).context("a session can't be encrypted")
    }

    /// Opens a session; none where it is sealed for another key, or damaged.
    ///
    /// # Errors
    /// Where the passphrase can't be had or is wrong; where the key can't be used.
    pub fn open(&self, sealed: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(halves) = self.read()? else { return Ok(None) };
        let mut known = self.memory.hold();
        let fits = |(recipient, _): &&(String, Secret<String>)| *recipient == halves.recipient;
        let text = match known.session_key.as_ref().filter(fits) {
            Some((_, text)) => text.clone(),
            None => {
                let text = known.open(self.ask, Sealed::Sessions, halves.identity.as_bytes())?;
                Secret::from(text.trim())
            }
        };
        let identity: Identity = text.expose().parse().map_err(|_| damaged(Sealed::Sessions))?;
        if identity.to_public().to_string() != halves.recipient {
            return Err(damaged(Sealed::Sessions).into());
        }
        known.session_key = Some((halves.recipient, text));
        Ok(age::decrypt(&identity, sealed.as_bytes()).ok().map(Zeroizing::new))
    }

    fn halves(&self) -> Result<Halves> {
        match self.read()? {
            Some(halves) => Ok(halves),
            None => self.make(),
        }
    }

    fn read(&self) -> Result<Option<Halves>> {
        let bytes = match read_bounded(&self.file, MOST_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(damaged(Sealed::Sessions).because(error).into()),
        };
        // its words may not be repeated
        serde_json::from_slice(&bytes).map(Some).map_err(|_| damaged(Sealed::Sessions).into())
    }

    /// Makes a key, unless another thread or process just did.
    fn make(&self) -> Result<Halves> {
        let mut known = self.memory.hold();
        if let Some(halves) = self.read()? {
            return Ok(halves);
        }
        let passphrase = known.passphrase(self.ask, Sealed::Sessions, true)?;
        let identity = Identity::generate();
        let text = Secret::from(identity.to_string().expose_secret());
        let halves = Halves {
            recipient: identity.to_public().to_string(),
            identity: age::encrypt_and_armor(&recipient(&passphrase), text.expose().as_bytes())
                .context("the key of cached sessions can't be encrypted")?,
        };
        let json = serde_json::to_vec(&halves).context("the key of cached sessions can't be written as JSON")?;
        self.file.parent().map_or(Ok(()), private_folder)?;
        // while a person thinks about a passphrase nobody else is held up
        let lock = lock(&self.lock, PATIENCE)?;
        match replace(&self.file, &json, Mode::Secret, &Fingerprint::ABSENT, &lock)? {
            Replaced::Done => {
                known.session_key = Some((halves.recipient.clone(), text));
                Ok(halves)
            }
            Replaced::ChangedMeanwhile => self.read()?.ok_or_else(|| damaged(Sealed::Sessions).into()),
        }
    }
}

/// Forgets the key, and with it every session that was sealed for it: for that no passphrase is needed.
///
/// # Errors
/// Where the file can't be removed.
pub fn forget(paths: &Paths) -> Result<()> {
    let file: &Path = &paths.session_key();
    if read(file)?.is_none() {
        return Ok(());
    }
    remove(file, &lock(&lock_file(paths), PATIENCE)?)
}

fn lock_file(paths: &Paths) -> PathBuf {
    paths.locks().join("session-key.lock")
}
