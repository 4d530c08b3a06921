//! Secrets that are never in the clear: long-term keys in a keyring or under a passphrase, read only to sign a call.

mod away;
#[cfg(target_os = "linux")]
mod caches;
#[cfg(target_os = "linux")]
pub mod canaries;
#[cfg(target_os = "linux")]
pub mod keyrings;
pub mod moves;
mod passphrases;
mod sealed;

use awstok::environment::Environment;
use awstok::paths::Paths;
use awstok::secret::Secret;
use awstok::vault::{AskPassphrase, Item, Passphrases, Place as _, Reason, Sealed};

use crate::commands::{DEVICE, SECRET, Stage};
use crate::home::Home;

pub const PASSPHRASE: &str = "open sesame 7";
pub const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// Someone who knows the passphrase.
struct Knowing;

impl AskPassphrase for Knowing {
    fn ask(&self, _: Sealed<'_>, _: Reason) -> awstok::error::Result<Secret<String>> {
        Ok(Secret::from(PASSPHRASE))
    }
}

fn paths(home: &Home) -> Paths {
    let root = home.path("").to_str().unwrap().to_owned();
    let env: Environment = [("HOME".to_owned(), root)].into_iter().collect();
    Paths::from_environment(&env).unwrap()
}

/// Keeps a secret under the passphrase.
pub fn seal(home: &Home, profile: &str, item: Item, secret: &str) {
    Passphrases::new(&paths(home), &Knowing).write(profile, item, &Secret::from(secret)).unwrap();
}

/// What the file under the passphrase holds.
pub fn unseal(home: &Home, profile: &str, item: Item) -> Option<String> {
    let place = Passphrases::new(&paths(home), &Knowing);
    place.read(profile, item).unwrap().map(|secret| secret.expose().clone())
}

/// The stage with the secret of `mainuser` kept in that store, and not in its file.
pub fn stage(store: &str) -> Stage {
    let stage = Stage::new();
    let keys = format!("aws_access_key_id = {KEY}\nsecret_store = {store}\nmfa_id = {DEVICE}\nregion = eu-central-1\n");
    stage.home.profile("mainuser", &keys);
    if store == "passphrase" {
        seal(&stage.home, "mainuser", Item::SecretAccessKey, SECRET);
    }
    stage
}
