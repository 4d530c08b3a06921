//! Owns secrets in the system's keyring: Secret Service, macOS Keychain, Windows Credential Manager; service `awstok`, account
//! `PROFILE/KEY`. It refuses to wait for a keyring that doesn't answer, and to take its silence for an absent secret.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::Context as _;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

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
        read(account_of_session(identity))
    }

    /// Keeps a session.
    ///
    /// # Errors
    /// As [`Place::write`]; where the keyring takes no secrets of that length (Windows: 2,560 bytes).
    pub fn write_session(self, identity: &str, text: Zeroizing<Vec<u8>>) -> Result<()> {
        within_patience(account_of_session(identity), move |entry| entry.set_secret(&text))
    }

    /// Forgets a session; one that isn't there is fine.
    ///
    /// # Errors
    /// As [`Place::remove`].
    pub fn remove_session(self, identity: &str) -> Result<()> {
        remove(account_of_session(identity))
    }
}

fn account_of_session(identity: &str) -> String {
    format!("session/{identity}")
}

fn account(profile: &str, item: Item) -> String {
    format!("{profile}/{}", item.key())
}

fn read(account: String) -> Result<Option<Zeroizing<Vec<u8>>>> {
    within_patience(account, |entry| match entry.get_secret() {
        Ok(secret) => Ok(Some(Zeroizing::new(secret))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
}

fn remove(account: String) -> Result<()> {
    within_patience(account, |entry| match entry.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(error),
    })
}

impl Place for Keyring {
    fn read(&self, profile: &str, item: Item) -> Result<Option<Secret<String>>> {
        let Some(bytes) = read(account(profile, item))? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes)
            .ok()
            .with_context(|| format!("what the keyring holds as `{}` of `{profile}` is no text", item.key()))?;
        Ok(Some(Secret::from(text)))
    }

    fn write(&self, profile: &str, item: Item, secret: &Secret<String>) -> Result<()> {
        let secret = Zeroizing::new(secret.expose().clone().into_bytes());
        within_patience(account(profile, item), move |entry| entry.set_secret(&secret))
    }

    fn remove(&self, profile: &str, item: Item) -> Result<()> {
        remove(account(profile, item))
    }
}

/// Works on an entry in a thread that may be left behind: a keyring that hangs must not hang anyone else.
fn within_patience<T: Send + 'static>(
    account: String,
    work: impl FnOnce(Entry) -> keyring_core::Result<T> + Send + 'static,
) -> Result<T> {
    let (reply, answer) = sync_channel(1);
    std::thread::Builder::new()
        .name("keyring".into())
        .spawn(move || {
            let store: keyring_core::Result<Arc<Store>> = Store::new();
            // nobody waits any more where the answer comes too late
            let _ = reply.send(store.and_then(|store| store.build(SERVICE, &account, None)).and_then(work));
        })
        .context("could not start a thread")?;
    match answer.recv_timeout(PATIENCE) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(unusable(error)),
        Err(RecvTimeoutError::Timeout) => {
            Err(Failure::new(Kind::Other, "the keyring gave no answer").hint(ELSEWHERE).into())
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
