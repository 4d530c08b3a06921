//! Owns where a profile's seed is kept: written first, named in the profile file then, and only then forgotten elsewhere.
//! It refuses a clearer place than the one that was named.

use crate::app::App;
use crate::broker::Broker;
use crate::cabinet::{Cabinet, Edits, Line};
use crate::error::Result;
use crate::mfa::Seed;
use crate::profile::keys::Key;
use crate::profile::{Profile, Store};
use crate::secret::Secret;
use crate::vault::{Item, Keyring, Memory, Place, place};

/// Chooses where a new seed is kept: where the flag or the profile says, else in the keyring if one answers, else under a passphrase.
pub fn choose_store(flag: Option<&str>, profile: &Profile) -> Store {
    flag.and_then(Store::of_word).or(profile.mfa_store).unwrap_or_else(|| match Keyring.check() {
        Ok(()) => Store::Keyring,
        Err(_) => Store::Passphrase,
    })
}

/// The seeds of profiles.
pub struct Seeds<'a> {
    app: &'a App,
    cabinet: Cabinet<'a>,
    passphrases: Memory,
}

impl<'a> Seeds<'a> {
    /// Reads the settings.
    ///
    /// # Errors
    /// When the settings file is invalid.
    pub fn open(app: &'a App, broker: &Broker<'_>) -> Result<Self> {
        Ok(Self { app, cabinet: Cabinet::open(app)?, passphrases: broker.passphrases().clone() })
    }

    fn place(&self, store: Store) -> Option<Box<dyn Place + 'a>> {
        place(store, &self.app.paths, self.app, &self.passphrases)
    }

    /// Keeps a seed as the profile's, and says in its file that codes come from it, of the device `mfa_id` where one is given.
    ///
    /// # Errors
    /// Where the store doesn't answer, or the file can't be changed; the seed that was there before is kept then, or the new one.
    pub fn keep(
        &self,
        command: &str,
        profile: &Profile,
        seed: &Seed,
        store: Store,
        mfa_id: Option<&str>,
    ) -> Result<()> {
        let (name, text) = (&profile.name, seed.stored());
        let lasting = match profile.mfa_store {
            Some(old) if old != store => self.cabinet.going(profile, Item::MfaSecret),
            _ => self.cabinet.overwritten_by(&[(Item::MfaSecret, store)], name),
        };
        if let Some(place) = self.place(store) {
            place.write(name, Item::MfaSecret, &text)?;
        }
        let mut edits = Edits { set: vec![Line::new("mfa_type", "virtual")], unset: Vec::new() };
        edits.set.push(Line::new("mfa_store", store.word()));
        edits.set.extend(mfa_id.map(|id| Line::new("mfa_id", id)));
        match store {
            Store::File => edits.set.push(Line::new(Key::MfaSecret.name(), text.expose())),
            _ => edits.unset.push(Key::MfaSecret.name().to_owned()),
        }
        self.cabinet.rewrite(command, name, &edits, &lasting)?;
        // elsewhere there is the one before
        if let Some(old) = profile.mfa_store.filter(|old| *old != store)
            && let Some(place) = self.place(old)
        {
            place.remove(name, Item::MfaSecret)?;
        }
        Ok(())
    }

    /// Forgets the profile's seed: a person types the codes again. `with_device` drops `mfa_id` too.
    ///
    /// # Errors
    /// Where the store doesn't answer, or the file can't be changed.
    pub fn forget(&self, command: &str, profile: &Profile, with_device: bool) -> Result<()> {
        let mut unset = vec![Key::MfaSecret.name().to_owned(), "mfa_store".to_owned()];
        unset.extend(with_device.then(|| "mfa_id".to_owned()));
        let edits = Edits { set: vec![Line::new("mfa_type", "prompt")], unset };
        let lasting = self.cabinet.going(profile, Item::MfaSecret);
        self.cabinet.rewrite(command, &profile.name, &edits, &lasting)?;
        match profile.mfa_store.and_then(|store| self.place(store)) {
            Some(place) => place.remove(&profile.name, Item::MfaSecret),
            None => Ok(()),
        }
    }

    /// Keeps a seed aside, until its device is enabled; in the note itself where the store is the file.
    pub(super) fn set_aside(&self, name: &str, store: Store, seed: &Secret<String>) -> Result<Option<Secret<String>>> {
        let Some(place) = self.place(store) else { return Ok(Some(seed.clone())) };
        place.write(&aside(name), Item::MfaSecret, seed).map(|()| None)
    }

    /// Reads the seed that was kept aside.
    pub(super) fn read_aside(&self, name: &str, store: Store) -> Result<Option<Secret<String>>> {
        let place = self.place(store);
        place.map_or(Ok(None), |place| place.read(&aside(name), Item::MfaSecret))
    }

    /// Forgets the seed that was kept aside.
    pub(super) fn drop_aside(&self, name: &str, store: Store) -> Result<()> {
        let place = self.place(store);
        place.map_or(Ok(()), |place| place.remove(&aside(name), Item::MfaSecret))
    }
}

/// No profile's name ends so.
fn aside(name: &str) -> String {
    format!("{name}.enroll~")
}
