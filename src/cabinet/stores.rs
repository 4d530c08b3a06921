//! Owns the secrets of profiles that are kept elsewhere than in their files: kept, read, copied and forgotten along with the
//! profile's name. It refuses a clearer place than the profile names.

use super::{Cabinet, Edits, lines};
use crate::error::{Result, invalid, usage};
use crate::profile::keys::Key;
use crate::profile::{Profile, Store};
use crate::secret::Secret;
use crate::unfinished::Operation;
use crate::vault::{Item, Keyring, Passphrases, Place, read_key};

/// The places of secrets of one run.
pub(super) struct Places<'a> {
    keyring: Keyring,
    passphrases: Passphrases<'a>,
}

impl<'a> Places<'a> {
    pub(super) fn new(app: &'a crate::app::App) -> Self {
        Self { keyring: Keyring, passphrases: Passphrases::new(&app.paths, app) }
    }

    fn of(&self, store: Store) -> Option<&dyn Place> {
        match store {
            Store::File => None,
            Store::Keyring => Some(&self.keyring),
            Store::Passphrase => Some(&self.passphrases),
        }
    }
}

/// Tells which secrets a profile keeps elsewhere, and where.
pub(super) fn kept(profile: &Profile) -> Vec<(Item, Store)> {
    let has_key = profile.long_term.as_ref().is_some_and(|keys| keys.secret_access_key.is_none());
    let key = (Item::SecretAccessKey, Some(profile.secret_store).filter(|_| has_key));
    let seed = (Item::MfaSecret, profile.seed_elsewhere());
    let elsewhere = |(item, store): (Item, Option<Store>)| Some((item, store.filter(|store| *store != Store::File)?));
    [key, seed].into_iter().filter_map(elsewhere).collect()
}

impl Cabinet<'_> {
    /// Reads a secret of a profile from where it is kept; none where it is in the file, or nowhere.
    ///
    /// # Errors
    /// Where the place doesn't answer, or its passphrase can't be had.
    pub fn stored(&self, profile: &Profile, item: Item) -> Result<Option<Secret<String>>> {
        let place =
            kept(profile).into_iter().find(|(kept, _)| *kept == item).and_then(|(_, store)| self.places.of(store));
        let Some(place) = place else { return Ok(None) };
        match (item, &profile.long_term) {
            (Item::SecretAccessKey, Some(keys)) => {
                let is_rotating = Operation::Rotation.is_begun(&self.app.paths, &profile.name)?;
                read_key(place, &profile.name, &keys.access_key_id, is_rotating)
            }
            _ => place.read(&profile.name, item),
        }
    }

    /// Gives the keys of the secrets that a profile keeps elsewhere.
    pub fn stored_items(&self, profile: &Profile) -> Vec<Item> {
        kept(profile).into_iter().map(|(item, _)| item).collect()
    }

    /// Keeps the secret access key of a profile in a place that isn't its file.
    ///
    /// # Errors
    /// Where the place doesn't answer, or its passphrase can't be had.
    pub fn keep(&self, name: &str, store: Store, secret: &Secret<String>) -> Result<()> {
        match self.places.of(store) {
            Some(place) => place.write(name, Item::SecretAccessKey, secret),
            None => Ok(()),
        }
    }

    /// Says which stored secrets of a profile go when these are stored under its name.
    pub fn overwritten_by(&self, new: &[(Item, Store)], name: &str) -> Vec<String> {
        let old = self.bytes(name).and_then(|bytes| self.read(name, &bytes));
        let old = old.map(|profile| kept(&profile)).unwrap_or_default();
        old.into_iter().filter(|secret| new.contains(secret)).map(|(item, _)| overwritten(name, item)).collect()
    }

    /// Says that a secret goes which a profile keeps elsewhere.
    pub fn going(&self, profile: &Profile, item: Item) -> Vec<String> {
        self.stored_items(profile)
            .into_iter()
            .filter(|kept| *kept == item)
            .map(|item| lost(&profile.name, item))
            .collect()
    }

    /// Copies the secrets of a profile that are kept elsewhere, for another name.
    pub(super) fn copy_secrets(&self, profile: &Profile, from: &str, to: &str) -> Result<()> {
        for (item, store) in kept(profile) {
            let Some(place) = self.places.of(store) else { continue };
            if let Some(secret) = place.read(from, item)? {
                place.write(to, item, &secret)?;
            }
        }
        Ok(())
    }

    /// Forgets the secrets that a profile keeps elsewhere, under a name.
    pub(super) fn forget_secrets(&self, profile: &Profile, name: &str) -> Result<()> {
        let kept = kept(profile);
        for (item, store) in &kept {
            match store {
                Store::Passphrase => self.places.passphrases.forget(name)?,
                store => self.places.of(*store).map_or(Ok(()), |place| place.remove(name, *item))?,
            }
        }
        Ok(())
    }

    /// The same, of which something is another profile's that has this name.
    pub(super) fn forget_but(&self, others: &[(Item, Store)], profile: &Profile, name: &str) -> Result<()> {
        for (item, store) in kept(profile).into_iter().filter(|kept| !others.contains(kept)) {
            self.places.of(store).map_or(Ok(()), |place| place.remove(name, item))?;
        }
        Ok(())
    }

    /// Refuses a profile whose file doesn't say what is kept for it, while something lies under its name.
    pub(super) fn require_readable(&self, name: &str) -> Result<()> {
        match self.read(name, &self.bytes(name)?) {
            Err(error) if self.places.passphrases.holds(name)? => Err(error),
            _ => Ok(()),
        }
    }

    /// Forgets what lies under the name of a profile whose file doesn't say what is kept for it; tells whether there was something.
    /// A keyring isn't asked: what it might hold isn't named anywhere.
    pub(super) fn forget_sealed(&self, name: &str) -> Result<bool> {
        let is_there = self.places.passphrases.holds(name)?;
        if is_there {
            self.places.passphrases.forget(name)?;
        }
        Ok(is_there)
    }

    /// Takes a new secret out of the changes of a profile that keeps it elsewhere, and refuses to change where that is:
    /// the secret would not move along.
    pub(super) fn split_edits(&self, profile: &Profile, edits: &Edits) -> Result<(Edits, Option<Secret<String>>)> {
        let moves = |key: &str| matches!(Key::of_name(key), Some(Key::SecretStore | Key::MfaStore));
        let has_secret = profile.long_term.is_some() || profile.mfa.seed.is_some() || profile.mfa_store.is_some();
        let mut keys = edits.set.iter().map(|line| line.key.as_str()).chain(edits.unset.iter().map(String::as_str));
        if has_secret && keys.any(moves) {
            let name = &profile.name;
            return Err(usage(format!("the secrets of `{name}` don't move by an edit"))
                .hint(format!("`awstok secret move {name} --to STORE` moves them"))
                .into());
        }
        let (set, secret) = lines::split(&edits.set, profile.secret_store);
        Ok((Edits { set, unset: edits.unset.clone() }, secret))
    }
}

/// Says that a stored secret has gone with its profile.
pub(super) fn lost(name: &str, item: Item) -> String {
    format!("`{}` of `{name}` was kept elsewhere and can't be brought back; {}", item.key(), anew(name, item))
}

/// Says that a stored secret has gone for another.
fn overwritten(name: &str, item: Item) -> String {
    let key = item.key();
    format!(
        "`{key}` of `{name}` stays the newer one: the older one was overwritten where it is kept; {}",
        anew(name, item)
    )
}

fn anew(name: &str, item: Item) -> String {
    match item {
        Item::SecretAccessKey => format!("`awstok profile edit {name} --secret-stdin` stores another"),
        Item::MfaSecret => format!("`awstok mfa add {name}` stores another"),
    }
}

/// Refuses a user whose secret is nowhere.
pub(super) fn require_secret(name: &str, secret: Option<&Secret<String>>) -> Result<()> {
    match secret {
        Some(_) => Ok(()),
        None => Err(invalid(format!("the secret access key of `{name}` wasn't given"))
            .of_usage()
            .hint("pass `--secret-stdin`")
            .into()),
    }
}
