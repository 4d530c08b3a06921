//! Owns the cached sessions: one private file an identity, which holds the session or says where it is.
//! It refuses to fail on a file it can't use: torn, foreign or hostile ones count as nothing cached.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use aws_credential_types::Credentials;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::Identity;
use super::elsewhere::{Elsewhere, Keep};
use crate::error::Result;
use crate::locked_file::{
    Fingerprint, Lock, Mode, has_left_over, lock, private_folder, read, read_bounded, remove, remove_left_over,
    replace_unsynced, try_lock,
};
use crate::paths::Paths;
use crate::profile::Store;
use crate::session::{Session, Summary};
use crate::vault::{Keyring, SessionKey};

const VERSION: u32 = 1;
/// How long a call in flight may keep its session's lock.
const PATIENCE: Duration = Duration::from_secs(28);
/// Far more than any session takes.
const MOST_BYTES: u64 = 64 * 1024;

/// The folder of cached sessions.
#[derive(Debug, Clone)]
pub struct Cache {
    pub(super) folder: PathBuf,
    pub(super) locks: PathBuf,
}

/// A session as it lies in its file.
#[derive(Serialize, Deserialize)]
struct Entry {
    version: u32,
    profile: String,
    access_key_id: String,
    secret_access_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
    issued_at: Timestamp,
    expiration: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

impl Cache {
    /// Names the places; nothing is read yet.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.cache(), locks: paths.locks() }
    }

    /// Reads a session, expired or not.
    pub fn read(&self, identity: &Identity) -> Option<Session> {
        let bytes = bounded(&self.file(identity))?;
        let entry: Entry = serde_json::from_slice(&bytes).ok()?;
        entry.into_session()
    }

    /// Keeps a session; one without an end isn't kept, since nobody could tell when it is over.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn store(&self, identity: &Identity, profile: &str, session: &Session, lock: &Lock) -> Result<()> {
        let Some(text) = text(session, profile)? else { return Ok(()) };
        let file = self.file(identity);
        private_folder(&self.folder)?;
        let seen = read(&file)?.map_or(Fingerprint::ABSENT, |found| found.seen);
        // only the holder of the identity's lock writes, so nothing can have changed meanwhile
        // a session that a power cut takes is fetched again
        replace_unsynced(&file, &text, Mode::Secret, &seen, lock).map(drop)
    }

    /// Gives what the file of a session kept elsewhere says of it; nothing is asked or connected for that.
    pub fn read_summary(&self, identity: &Identity, store: Store) -> Option<Summary> {
        match store {
            Store::File => Some(self.read(identity)?.summary()),
            Store::Keyring => Some(self.read_elsewhere(identity, Keep::Keyring)?.summary()),
            Store::Passphrase => Some(self.read_elsewhere(identity, Keep::Passphrase)?.summary()),
        }
    }

    fn read_elsewhere(&self, identity: &Identity, store: Keep) -> Option<Elsewhere> {
        read_elsewhere(&self.file(identity)).filter(|found| found.store == store)
    }

    /// Reads a session from the keyring, expired or not; nothing is asked where no session was put there.
    ///
    /// # Errors
    /// Where the keyring is absent, locked or silent.
    pub fn read_keyring(&self, identity: &Identity) -> Result<Option<Session>> {
        if self.read_elsewhere(identity, Keep::Keyring).is_none() {
            return Ok(None);
        }
        let text = Keyring.read_session(identity.as_str())?;
        let entry = text.and_then(|text| serde_json::from_slice::<Entry>(&text).ok());
        Ok(entry.and_then(Entry::into_session))
    }

    /// Keeps a session in the keyring, and in a file that it is there.
    ///
    /// # Errors
    /// As `read_keyring`; where the file can't be written.
    pub fn store_keyring(&self, identity: &Identity, profile: &str, session: &Session, lock: &Lock) -> Result<()> {
        let Some(text) = text(session, profile)? else { return Ok(()) };
        let Some(found) = Elsewhere::of(session, profile, Keep::Keyring, None) else { return Ok(()) };
        Keyring.write_session(identity.as_str(), text)?;
        self.write_elsewhere(&self.file(identity), &found, lock)
    }

    /// Opens a session that is sealed, expired or not; one that can't be opened with the key as it is now counts as none.
    ///
    /// # Errors
    /// Where the passphrase can't be had; where the key can't be used.
    pub fn read_sealed(&self, identity: &Identity, key: &SessionKey<'_>) -> Result<Option<Session>> {
        let found = self.read_elsewhere(identity, Keep::Passphrase).and_then(|found| found.sealed);
        let Some(sealed) = found else { return Ok(None) };
        let text = key.open(&sealed)?;
        let entry = text.and_then(|text| serde_json::from_slice::<Entry>(&text).ok());
        Ok(entry.and_then(Entry::into_session))
    }

    /// Keeps a session sealed, and in clear what lists show of it.
    ///
    /// # Errors
    /// Where there is no key yet and a passphrase can't be had; where the file can't be written.
    pub fn store_sealed(
        &self,
        identity: &Identity,
        profile: &str,
        session: &Session,
        key: &SessionKey<'_>,
        lock: &Lock,
    ) -> Result<()> {
        let Some(text) = text(session, profile)? else { return Ok(()) };
        let sealed = Some(key.seal(&text)?);
        let Some(found) = Elsewhere::of(session, profile, Keep::Passphrase, sealed) else { return Ok(()) };
        self.write_elsewhere(&self.file(identity), &found, lock)
    }

    fn write_elsewhere(&self, file: &Path, found: &Elsewhere, lock: &Lock) -> Result<()> {
        private_folder(&self.folder)?;
        let seen = read(file)?.map_or(Fingerprint::ABSENT, |found| found.seen);
        let text = serde_json::to_vec(found).context("a session's place can't be written as JSON")?;
        replace_unsynced(file, &text, Mode::Secret, &seen, lock).map(drop)
    }

    /// Removes what a killed run left of a session, unless another run is just writing it.
    pub fn clean(&self, identity: &Identity) {
        let file = self.file(identity);
        if has_left_over(&file)
            && let Ok(Some(lock)) = try_lock(&self.lock_file(identity))
        {
            // nobody misses it, and the next run tries again
            let _ = remove_left_over(&file, &lock);
        }
    }

    /// Forgets all sessions that were got for these profiles, whatever their parameters; tells how many there were.
    ///
    /// # Errors
    /// Where the folder can't be read or a file can't be removed.
    pub fn forget_profiles(&self, profiles: &[String]) -> Result<usize> {
        let mut forgotten = 0;
        for (file, name) in self.files()? {
            let elsewhere = read_elsewhere(&file);
            let owner = match &elsewhere {
                Some(found) => Some(found.profile.clone()),
                None => read_entry(&file).map(|entry| entry.profile.clone()),
            };
            if owner.is_some_and(|owner| profiles.contains(&owner)) {
                let lock = lock(&self.locks.join(format!("session-{name}.lock")), PATIENCE)?;
                if elsewhere.is_some_and(|found| found.store == Keep::Keyring) {
                    Keyring.remove_session(&name)?;
                }
                remove(&file, &lock)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// Lets all sessions that were got for the profile `from` be those of `to`.
    ///
    /// # Errors
    /// Where the folder can't be read or a file can't be written.
    pub fn rename_profile(&self, from: &str, to: &str) -> Result<()> {
        for (file, name) in self.files()? {
            if read_elsewhere(&file).is_some_and(|found| found.profile == from) {
                let lock = lock(&self.locks.join(format!("session-{name}.lock")), PATIENCE)?;
                if let Some(mut found) = read_elsewhere(&file) {
                    to.clone_into(&mut found.profile);
                    self.write_elsewhere(&file, &found, &lock)?;
                }
                continue;
            }
            if read_entry(&file).is_none_or(|entry| entry.profile != from) {
                continue;
            }
            let lock = lock(&self.locks.join(format!("session-{name}.lock")), PATIENCE)?;
            let (Some(found), Some(mut entry)) = (read(&file)?, read_entry(&file)) else { continue };
            entry.profile = to.to_owned();
            let text = Zeroizing::new(serde_json::to_vec(&entry).context("a session can't be written as JSON")?);
            let _ = replace_unsynced(&file, &text, Mode::Secret, &found.seen, &lock)?;
        }
        Ok(())
    }

    /// Lists the files of sessions, with the names of their identities.
    fn files(&self) -> Result<Vec<(PathBuf, String)>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| format!("could not read `{}`", self.folder.display())),
        };
        let named = |file: PathBuf| {
            let name = file.file_name()?.to_str()?.strip_suffix(".json")?.to_owned();
            Some((file, name))
        };
        Ok(entries.flatten().filter_map(|entry| named(entry.path())).collect())
    }

    /// Gives the file of an identity's lock.
    pub fn lock_file(&self, identity: &Identity) -> PathBuf {
        self.locks.join(format!("session-{identity}.lock"))
    }

    fn file(&self, identity: &Identity) -> PathBuf {
        self.folder.join(format!("{identity}.json"))
    }

    /// Removes the session of an identity, whose lock is held, where it was over before an instant; tells whether there is none
    /// now. The keyring is only asked if `with_keyring`.
    pub(super) fn retire(&self, identity: &str, before: Timestamp, with_keyring: bool, lock: &Lock) -> bool {
        let file = self.folder.join(format!("{identity}.json"));
        if !file.exists() {
            return true;
        }
        let is_over = match read_elsewhere(&file) {
            Some(found) if found.expiration >= before => false,
            Some(found) if found.store == Keep::Keyring => with_keyring && Keyring.remove_session(identity).is_ok(),
            Some(_) => true,
            None => read_entry(&file).is_some_and(|entry| entry.expiration < before),
        };
        is_over && remove_left_over(&file, lock).and_then(|()| remove(&file, lock)).is_ok()
    }
}

impl Entry {
    fn of(session: &Session, profile: &str) -> Option<Self> {
        let credentials = &session.credentials;
        Some(Self {
            version: VERSION,
            profile: profile.to_owned(),
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.secret_access_key().to_owned(),
            session_token: credentials.session_token().map(str::to_owned),
            issued_at: session.issued_at,
            expiration: session.expiration()?,
            arn: session.arn.clone(),
            account_id: session.account_id().map(str::to_owned),
            region: session.region.clone(),
        })
    }

    /// Judges an entry as if AWS had just answered with it.
    fn into_session(mut self) -> Option<Session> {
        if self.version != VERSION {
            return None;
        }
        let mut built = Credentials::builder()
            .access_key_id(std::mem::take(&mut self.access_key_id))
            .secret_access_key(std::mem::take(&mut self.secret_access_key))
            .expiry(self.expiration.into())
            .provider_name("awstok");
        built.set_session_token(self.session_token.take());
        if let Some(account) = self.account_id.take() {
            built = built.account_id(account);
        }
        let (arn, region) = (self.arn.take(), self.region.take());
        let session = Session { credentials: built.build(), issued_at: self.issued_at, arn, region };
        session.is_sound().then_some(session)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.secret_access_key.zeroize();
        self.session_token.zeroize();
    }
}

/// Writes a session as it is kept; none without an end, since nobody could tell when it is over.
fn text(session: &Session, profile: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(entry) = Entry::of(session, profile) else { return Ok(None) };
    let text = serde_json::to_vec(&entry).context("a session can't be written as JSON")?;
    Ok(Some(Zeroizing::new(text)))
}

fn read_elsewhere(file: &Path) -> Option<Elsewhere> {
    Elsewhere::read(&bounded(file)?)
}

fn read_entry(file: &Path) -> Option<Entry> {
    serde_json::from_slice(&bounded(file)?).ok()
}

fn bounded(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    read_bounded(path, MOST_BYTES).ok()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the tests play the other programs
mod tests;
