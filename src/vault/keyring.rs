//! Owns secrets in the system's keyring: Secret Service, macOS Keychain, Windows Credential Manager; service `awstok`, account
//! `PROFILE/KEY`. It refuses to wait for a keyring that doesn't answer, and to take its silence for an absent secret.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use super::parts::{self, Drawer};
use super::{Item, Place};
use crate::error::{Failure, Kind, Result};
use crate::secret::Secret;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
#[cfg(windows)]
use windows_native_keyring_store::Store;
#[cfg(all(unix, not(target_os = "macos")))]
use zbus_secret_service_keyring_store::Store;

const SERVICE: &str = "awstok";
/// How long the keyring may take to answer.
const PATIENCE: Duration = Duration::from_millis(4_500);
/// How long one that gave no answer isn't asked again: all that a run wants of it fails together, and a run of days goes on
/// once it answers.
const SILENCE: Duration = Duration::from_secs(60);

/// When the keyring was asked last without giving an answer.
static SILENT_SINCE: Mutex<Option<Instant>> = Mutex::new(None);

/// The keyring of the person who is logged in.
#[derive(Debug, Clone, Copy)]
pub struct Keyring;

impl Keyring {
    /// Tells whether a keyring answers and is open.
    ///
    /// # Errors
    /// As [`Place::read`].
    pub fn check(self) -> Result<()> {
        self.read("", Item::MfaSecret).map(drop)
    }
}

impl Keyring {
    /// Reads a session by the name of its identity.
    ///
    /// # Errors
    /// As [`Place::read`].
    pub fn read_session(self, identity: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let account = account_of_session(identity);
        within_patience(move |entries| parts::read(entries, &account))
    }

    /// Keeps a session, in several entries where it is long.
    ///
    /// # Errors
    /// As [`Place::write`].
    pub fn write_session(self, identity: &str, text: Zeroizing<Vec<u8>>) -> Result<()> {
        let account = account_of_session(identity);
        within_patience(move |entries| parts::write(entries, &account, &text, parts::MOST_BYTES))
    }

    /// Forgets a session; one that isn't there is fine.
    ///
    /// # Errors
    /// As [`Place::remove`].
    pub fn remove_session(self, identity: &str) -> Result<()> {
        let account = account_of_session(identity);
        within_patience(move |entries| parts::remove(entries, &account))
    }
}

fn account_of_session(identity: &str) -> String {
    format!("session/{identity}")
}

fn account(profile: &str, item: Item) -> String {
    format!("{profile}/{}", item.key())
}

/// The keyring's entries of awstok.
struct Entries(Arc<Store>);

impl Entries {
    fn entry(&self, account: &str) -> keyring_core::Result<Entry> {
        self.0.build(SERVICE, account, None)
    }
}

impl Drawer for Entries {
    type Error = Error;

    fn get(&self, account: &str) -> keyring_core::Result<Option<Zeroizing<Vec<u8>>>> {
        match self.entry(account)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn set(&self, account: &str, value: &[u8]) -> keyring_core::Result<()> {
        self.entry(account)?.set_secret(value)
    }

    fn delete(&self, account: &str) -> keyring_core::Result<bool> {
        match self.entry(account)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Place for Keyring {
    fn read(&self, profile: &str, item: Item) -> Result<Option<Secret<String>>> {
        let account = account(profile, item);
        let Some(bytes) = within_patience(move |entries| entries.get(&account))? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes)
            .ok()
            .with_context(|| format!("what the keyring holds as `{}` of `{profile}` is no text", item.key()))?;
        Ok(Some(Secret::from(text)))
    }

    fn write(&self, profile: &str, item: Item, secret: &Secret<String>) -> Result<()> {
        let secret = Zeroizing::new(secret.expose().clone().into_bytes());
        let account = account(profile, item);
        within_patience(move |entries| entries.set(&account, &secret))
    }

    fn remove(&self, profile: &str, item: Item) -> Result<()> {
        let account = account(profile, item);
        within_patience(move |entries| entries.delete(&account).map(drop))
    }
}

/// Works on entries in a thread that may be left behind: a keyring that hangs must not hang anyone else.
fn within_patience<T: Send + 'static>(
    work: impl FnOnce(&Entries) -> keyring_core::Result<T> + Send + 'static,
) -> Result<T> {
    let silent_since = || SILENT_SINCE.lock().unwrap_or_else(PoisonError::into_inner);
    let silent = || Failure::new(Kind::Other, "the keyring gave no answer").hint(ELSEWHERE).into();
    if silent_since().is_some_and(|since| since.elapsed() < SILENCE) {
        return Err(silent());
    }
    let (reply, answer) = sync_channel(1);
    std::thread::Builder::new()
        .name("keyring".into())
        .spawn(move || {
            // nobody waits any more where the answer comes too late
            let _ = reply.send(Store::new().and_then(|store| work(&Entries(store))));
        })
        .context("could not start a thread")?;
    match answer.recv_timeout(PATIENCE) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(unusable(error)),
        Err(RecvTimeoutError::Timeout) => {
            *silent_since() = Some(Instant::now());
            Err(silent())
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err(Failure::new(Kind::Other, "the keyring can't be used").hint(ELSEWHERE).into())
        }
    }
}

const ELSEWHERE: &str = "log in to a desktop session with a keyring (on a server: `dbus-run-session` and \
    `gnome-keyring-daemon --unlock`), or keep secrets under a passphrase: `secret_store = passphrase`";

fn unusable(error: Error) -> anyhow::Error {
    match error {
        Error::NoStorageAccess(reason) => Failure::new(Kind::InputNeeded, "the keyring is locked")
            .because(anyhow::anyhow!("{reason}"))
            .hint("unlock it (log in to your desktop session, or `gnome-keyring-daemon --unlock`), and try again"),
        Error::PlatformFailure(reason) => Failure::new(Kind::Other, "there is no keyring that answers")
            .because(anyhow::anyhow!("{reason}"))
            .hint(ELSEWHERE),
        Error::TooLong(_, most) => Failure::new(Kind::Other, format!("the keyring takes no more than {most} bytes"))
            .hint("keep sessions elsewhere: `cache = file` or `cache = none`"),
        // the others may hold what the keyring holds, so that none of their words are repeated
        Error::Ambiguous(_) => Failure::new(Kind::Other, "the keyring holds several secrets of one name")
            .hint("remove the spare ones of the service `awstok` with the keyring's own program"),
        _ => Failure::new(Kind::Other, "the keyring can't do what it was asked for").hint(ELSEWHERE),
    }
    .into()
}
