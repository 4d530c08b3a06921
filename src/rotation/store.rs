//! Owns the new key's way into the profile, and the old one's out of everything that awstok keeps.
//! It refuses to name a key in the profile file before its secret lies where the profile's reader finds it.

use super::begun::{Begun, Stage};
use super::{Run, changed_meanwhile};
use crate::awsfiles::{edited, rewrite_copies};
use crate::broker::Wish;
use crate::cabinet::{Edits, Line};
use crate::credentials::Want;
use crate::error::{Failure, Kind, Result};
use crate::iam::NewAccessKey;
use crate::profile::Store;
use crate::round::{Job, Round};
use crate::secret::Secret;
use crate::vault::{Item, Place, aside_of, place};

const ID: &str = "aws_access_key_id";
const ITEM: Item = Item::SecretAccessKey;

impl Run<'_> {
    /// Gives the place of the secret, where that isn't the profile file.
    fn place(&self) -> Option<Box<dyn Place + '_>> {
        let keys = self.owner.profile.long_term.as_ref();
        let store = keys.map_or(Store::File, |keys| match keys.secret_access_key {
            Some(_) => Store::File,
            None => self.owner.profile.secret_store,
        });
        place(store, &self.app.paths, self.app, self.broker.passphrases())
    }

    /// Puts the new key where the old one was.
    pub(super) fn store(&self, begun: &Begun, key: &NewAccessKey) -> Result<()> {
        let name = &self.report.profile;
        let prepared = self.place().map_or(Ok(()), |place| {
            let aside = aside_of(name, &key.id);
            place.write(&aside, ITEM, &key.secret)?;
            match place.read(&aside, ITEM)? {
                Some(read) if read.expose() == key.secret.expose() => Ok(()),
                _ => Err(Failure::new(Kind::Other, "the new secret doesn't read back as it was written").into()),
            }
        });
        let begun = begun.at(Stage::Store);
        let written = prepared.and_then(|()| self.note.write(&begun)).and_then(|()| self.write_profile(key));
        match self.broker.load(name).ok().and_then(|profile| profile.long_term) {
            Some(keys) if keys.access_key_id == key.id => self.finish_storing(&begun),
            _ => Err(self.give_up(&begun, written.err().unwrap_or_else(|| changed_meanwhile(name)))),
        }
    }

    fn write_profile(&self, key: &NewAccessKey) -> Result<()> {
        let name = &self.report.profile;
        let now = self.broker.load(name)?.long_term.map(|keys| keys.access_key_id);
        if now.as_deref() != Some(self.report.old_key.as_str()) {
            return Err(changed_meanwhile(name));
        }
        let secret = self.place().is_none().then_some(&key.secret);
        self.cabinet.rewrite(&format!("rotate {name}"), name, &edits(&key.id, secret), &[]).map(drop)
    }

    /// Takes the new secret from aside to its place; where that is done already, there is nothing aside.
    pub(super) fn finish_storing(&self, begun: &Begun) -> Result<()> {
        let (name, id) = (&self.report.profile, begun.new_key.as_deref().unwrap_or_default());
        if let Some(place) = self.place() {
            let aside = aside_of(name, id);
            if let Some(secret) = place.read(&aside, ITEM)? {
                place.write(name, ITEM, &secret)?;
                place.remove(&aside, ITEM)?;
            }
        }
        self.deliver(&begun.old_key)
    }

    /// Forgets a secret that was kept aside.
    pub(super) fn forget_aside(&self, id: &str) -> Result<()> {
        self.place().map_or(Ok(()), |place| place.remove(&aside_of(&self.report.profile, id), ITEM))
    }

    /// Writes the new key into the credentials file where the old one stands there as it is (`session = none`).
    fn deliver(&self, old: &str) -> Result<()> {
        let credentials = crate::locked_file::read(&self.app.paths.credentials)?;
        let holds_old = credentials.is_some_and(|read| memchr::memmem::find(&read.bytes, old.as_bytes()).is_some());
        if !holds_old || !self.broker.load(&self.report.profile)?.session_none {
            return Ok(());
        }
        let job = Job::new(self.app, self.broker, &self.report.profile, Wish::default(), None);
        let mut round = Round::new(self.app, self.broker, vec![job], Want::to_use());
        round.resolve()?;
        round.deliver("rotate")?;
        round.checked()
    }

    /// Lets the journal's copies of the profile file hold the new key as well: an `undo` of anything else must not bring back a
    /// key that is dead.
    pub(super) fn forget_old_key(&self, old: &str) -> Result<()> {
        let name = &self.report.profile;
        let profile = self.broker.load(name)?;
        let Some(keys) = profile.long_term else { return Ok(()) };
        let target = crate::locked_file::target(&profile.file)?;
        let edits = edits(&keys.access_key_id, keys.secret_access_key.as_ref());
        rewrite_copies(&self.app.paths, &|path, bytes| {
            let holds_old = path == target && memchr::memmem::find(bytes, old.as_bytes()).is_some();
            holds_old.then(|| edited(path, bytes, |draft| edits.apply(draft, name)).ok().flatten()).flatten()
        })
    }
}

fn edits(id: &str, secret: Option<&Secret<String>>) -> Edits {
    let mut set = vec![Line::new(ID, id)];
    set.extend(secret.map(|secret| Line::new(ITEM.key(), secret.expose())));
    Edits { set, unset: Vec::new() }
}
