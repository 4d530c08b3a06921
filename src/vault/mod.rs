//! Owns the places of secrets outside of profile files: the system's keyring, and files under a passphrase.
//! It refuses to fall back: a place that doesn't answer is an error, and nothing lands in a clearer one than was named.

mod keyring;
mod opening;
mod parts;
mod passphrase;
mod session_key;

use std::fmt;

use crate::error::{Result, visible};
use crate::paths::Paths;
use crate::profile::Store;
use crate::secret::Secret;

pub use self::keyring::Keyring;
pub use self::opening::Memory;
pub use self::passphrase::Passphrases;
pub use self::session_key::{SessionKey, forget as forget_session_key};

/// A secret of a profile; its name is the key that the profile file would have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// The secret access key of an IAM user.
    SecretAccessKey,
    /// The seed of a virtual MFA device.
    MfaSecret,
}

impl Item {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SecretAccessKey, Self::MfaSecret];

    /// Gives the key's name.
    pub fn key(self) -> &'static str {
        match self {
            Self::SecretAccessKey => "aws_secret_access_key",
            Self::MfaSecret => "mfa_secret",
        }
    }
}

/// A place of secrets.
pub trait Place {
    /// Reads a secret; none where the place has none of that name.
    ///
    /// # Errors
    /// Where the place is absent, locked, or doesn't answer within 5 s; for a wrong passphrase.
    fn read(&self, profile: &str, item: Item) -> Result<Option<Secret<String>>>;

    /// Keeps a secret, instead of the one that may be there.
    ///
    /// # Errors
    /// As `read`.
    fn write(&self, profile: &str, item: Item, secret: &Secret<String>) -> Result<()>;

    /// Forgets a secret; one that isn't there is fine.
    ///
    /// # Errors
    /// As `read`.
    fn remove(&self, profile: &str, item: Item) -> Result<()>;
}

/// What is under a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed<'a> {
    /// The long-term secrets of this profile.
    Secrets(&'a str),
    /// The cached sessions of all profiles that keep theirs so.
    Sessions,
}

impl fmt::Display for Sealed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secrets(profile) => write!(f, "the secrets of `{}`", visible(profile).replace(['\n', '\t'], " ")),
            Self::Sessions => f.write_str("the cached sessions"),
        }
    }
}

/// Why a passphrase is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// To open what is under it.
    Open,
    /// To open it: the last one was wrong.
    Wrong,
    /// To make a new file: it must be typed twice.
    New,
}

/// The variable that holds the passphrase, where nobody is asked.
pub const PASSPHRASE_VARIABLE: &str = "AWSTOK_PASSPHRASE";

/// Whoever gets passphrases from people.
pub trait AskPassphrase: Sync {
    /// Gets a passphrase.
    ///
    /// # Errors
    /// `Kind::InputNeeded` where nobody can be asked, `Kind::Interrupted` where the person gave up.
    fn ask(&self, sealed: Sealed<'_>, reason: Reason) -> Result<Secret<String>>;
}

/// Names the secret of a key that isn't in its place yet, while the profile is given that key; no profile's name ends so.
pub fn aside_of(profile: &str, access_key_id: &str) -> String {
    format!("{profile}.{access_key_id}~")
}

/// Reads the secret of an access key; while the profile's key is replaced (`is_rotating`), that of the new one may lie aside.
///
/// # Errors
/// Of the place.
pub fn read_key(
    place: &dyn Place,
    profile: &str,
    access_key_id: &str,
    is_rotating: bool,
) -> Result<Option<Secret<String>>> {
    let aside = match is_rotating {
        true => place.read(&aside_of(profile, access_key_id), Item::SecretAccessKey)?,
        false => None,
    };
    aside.map_or_else(|| place.read(profile, Item::SecretAccessKey), |secret| Ok(Some(secret)))
}

/// Opens the place that a profile names; none for the profile file itself. Nothing is asked or connected yet.
pub fn place<'a>(
    store: Store,
    paths: &Paths,
    ask: &'a dyn AskPassphrase,
    memory: &Memory,
) -> Option<Box<dyn Place + 'a>> {
    match store {
        Store::File => None,
        Store::Keyring => Some(Box::new(Keyring)),
        Store::Passphrase => Some(Box::new(Passphrases::new(paths, ask).sharing(memory))),
    }
}
