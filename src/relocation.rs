//! Owns the move of a profile's secrets from one place to another: written there, read back, named in the profile file, and only
//! then taken away from the old place and from the journal. It refuses to forget how far it came: killed at any moment, one of
//! the places works, and the same move finishes.

mod marks;
mod traces;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use crate::app::App;
use crate::awsfiles::{AwsFiles, Draft, edited, rewrite_copies};
use crate::error::{Failure, Kind, Result, invalid};
use crate::locked_file::Mode;
use crate::profile::keys::Key;
use crate::profile::{self, Profile, Settings, Store};
use crate::secret::Secret;
use crate::unfinished::{Operation, hold_off};
use crate::vault::{Item, Memory, Place, place};

use marks::Mark;

/// How long another move of the same profile is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Moves secrets, as many profiles' as are named in one run.
#[derive(Debug)]
pub struct Mover<'a> {
    app: &'a App,
    settings: Settings,
    passphrases: Memory,
    to: Store,
}

/// What a move did.
#[derive(Debug)]
pub struct Moved {
    /// Where the secrets were.
    pub from: Store,
    /// Which ones moved; none where all were there already.
    pub items: Vec<Item>,
    /// Files that hold a secret in clear all the same, and aren't awstok's to change.
    pub holders: Vec<PathBuf>,
}

/// A secret on its way.
struct Load {
    item: Item,
    from: Store,
    secret: Secret<String>,
}

impl<'a> Mover<'a> {
    /// Reads the settings; nothing is moved yet.
    ///
    /// # Errors
    /// When the settings file is invalid.
    pub fn new(app: &'a App, to: Store) -> Result<Self> {
        Ok(Self { app, settings: app.settings()?, passphrases: Memory::default(), to })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Tells whether a profile has secrets that could be moved; one that can't be read may have some, and its move says why not.
    pub fn has_secrets(&self, name: &str) -> bool {
        profile::load(&self.app.paths.profiles, name, &self.settings)
            .map_or(true, |profile| stores(&profile).iter().any(|(_, store)| store.is_some()))
    }

    /// Moves the secrets of one profile.
    ///
    /// # Errors
    /// Of the profile, of either place, and of the files. Nothing is lost then, and the same move goes on from there.
    pub fn move_secrets(&self, name: &str) -> Result<Moved> {
        let paths = &self.app.paths;
        profile::load(&paths.profiles, name, &self.settings)?;
        let own = Operation::Relocation.lock(paths, name, PATIENCE)?;
        let _others = hold_off(paths, &[Operation::Rotation, Operation::Enrolment], &[name])?;
        // only now: another move may have ended meanwhile
        let profile = profile::load(&paths.profiles, name, &self.settings)?;
        let mark = Mark::read(paths, name)?;
        let loads = self.loads(&profile, mark.is_some())?;
        let begun_from = mark.as_ref().and_then(|mark| mark.stores.iter().copied().find(|store| *store != self.to));
        let is_done = loads.iter().all(|load| load.from == self.to);
        if is_done && mark.is_none() {
            let mut holders = Vec::new();
            if self.to != Store::File {
                // what was left in clear elsewhere, by an import say
                self.change_copies(&profile, &loads)?;
                holders = traces::of(paths, loads.iter().map(|load| &load.secret));
            }
            return Ok(Moved { from: self.to, items: Vec::new(), holders });
        }
        let before = mark.as_ref().map(|mark| mark.stores.clone());
        self.ask_for(name, &loads)?;
        let mark = Mark::begin(paths, name, mark, loads.iter().map(|load| load.from).chain([self.to]), &own)?;
        let mut on_their_way = loads.iter().filter(|load| load.from != self.to);
        if let Err(error) = on_their_way.try_for_each(|load| self.store(name, load)) {
            // what it was to leave still serves; the new place is out of it again, where it answers
            if self.forget(name, &loads).is_ok() {
                mark.back_to(before, &own)?;
            }
            return Err(error);
        }
        self.change_file(&profile, &loads)?;
        self.change_copies(&profile, &loads)?;
        for store in mark.stores.iter().copied().filter(|store| *store != self.to) {
            let Some(old) = self.place(store) else { continue };
            loads.iter().try_for_each(|load| old.remove(name, load.item))?;
        }
        let holders = match self.to {
            Store::File => Vec::new(),
            _ => traces::of(paths, loads.iter().map(|load| &load.secret)),
        };
        mark.end(&own)?;
        let from = loads.iter().map(|load| load.from).find(|from| *from != self.to).or(begun_from);
        let items = loads.iter().filter(|load| load.from != self.to || begun_from.is_some()).map(|load| load.item);
        Ok(Moved { from: from.unwrap_or(self.to), items: items.collect(), holders })
    }

    fn place(&self, store: Store) -> Option<Box<dyn Place + 'a>> {
        place(store, &self.app.paths, self.app, &self.passphrases)
    }

    /// Reads the secrets from where they are; those that are in place already, too: they may stand elsewhere in clear.
    fn loads(&self, profile: &Profile, is_begun: bool) -> Result<Vec<Load>> {
        let name = &profile.name;
        let mut loads = Vec::new();
        for (item, store) in stores(profile) {
            let Some(from) = store else { continue };
            let in_file = match item {
                Item::SecretAccessKey => profile.long_term.as_ref().and_then(|keys| keys.secret_access_key.clone()),
                Item::MfaSecret => profile.mfa.seed.clone(),
            };
            let secret = match in_file {
                Some(secret) => Some(secret),
                None if from == self.to && self.to == Store::File && !is_begun => continue,
                None => self.place(from).map_or(Ok(None), |place| place.read(name, item))?,
            };
            match secret {
                Some(secret) => loads.push(Load { item, from, secret: Secret::from(secret.expose().trim()) }),
                // a place may be named before a seed is stored
                None if item == Item::MfaSecret => {}
                None => {
                    return Err(invalid(format!("`{}` of `{name}` is not where its profile says", item.key()))
                        .hint(format!("write it into `{}`", profile.file.display()))
                        .into());
                }
            }
        }
        if loads.is_empty() && !stores(profile).iter().any(|(_, store)| *store == Some(self.to)) {
            return Err(invalid(format!("the profile `{name}` has no secrets to move"))
                .hint("only an IAM user's secret access key and the seed of a device can be moved")
                .into());
        }
        Ok(loads)
    }

    /// Makes sure that the new place answers, before anything says that it may hold a secret.
    fn ask_for(&self, name: &str, loads: &[Load]) -> Result<()> {
        match (self.place(self.to), loads.iter().find(|load| load.from != self.to)) {
            (Some(new), Some(load)) => new.read(name, load.item).map(drop),
            _ => Ok(()),
        }
    }

    /// Takes what was on its way out of the new place.
    fn forget(&self, name: &str, loads: &[Load]) -> Result<()> {
        let Some(new) = self.place(self.to) else { return Ok(()) };
        loads.iter().filter(|load| load.from != self.to).try_for_each(|load| new.remove(name, load.item))
    }

    /// Writes a secret to the new place, and reads it back.
    fn store(&self, name: &str, load: &Load) -> Result<()> {
        let Some(new) = self.place(self.to) else { return Ok(()) };
        new.write(name, load.item, &load.secret)?;
        match new.read(name, load.item)? {
            Some(read) if read.expose() == load.secret.expose() => Ok(()),
            _ => {
                let what = format!("`{}` of `{name}` doesn't read back as it was written", load.item.key());
                Err(Failure::new(Kind::Other, what).hint("nothing was moved; try another store").into())
            }
        }
    }

    /// Lets the profile file name the new place, and hold the secrets only where that is the place.
    fn change_file(&self, profile: &Profile, loads: &[Load]) -> Result<()> {
        let name = &profile.name;
        let command = format!("secret move {name}");
        let files = AwsFiles::new(&self.app.paths).lasting(vec![way_back(name, loads, self.to)]);
        files.with(&profile.file, Mode::Secret).change(&command, |drafts| {
            let draft = drafts.file(&profile.file)?;
            let now = profile::read(name, &profile.file, draft.bytes(), &self.settings)?;
            if stores(&now) != stores(profile) || key_id(&now) != key_id(profile) || !holds_only(&now, loads) {
                return Err(invalid(format!("`{}` changed meanwhile", profile.file.display()))
                    .hint("run it again")
                    .into());
            }
            self.edit(draft, name, loads)
        })?;
        let now = profile::load(&self.app.paths.profiles, name, &self.settings)?;
        let is_clear = |load: &Load| (self.to == Store::File) == in_file(&now, load.item).is_some();
        match loads.iter().all(is_clear) {
            true => Ok(()),
            false => Err(invalid(format!("the secrets of `{name}` stand in the settings, not in its file"))
                .hint(format!("move them from the settings into `{}` first", profile.file.display()))
                .into()),
        }
    }

    /// Does the same to the journal's copies of that file, and takes lines with the secrets out of copies of other files.
    fn change_copies(&self, profile: &Profile, loads: &[Load]) -> Result<()> {
        let target = crate::locked_file::target(&profile.file)?;
        let held = traces::of(&self.app.paths, loads.iter().map(|load| &load.secret));
        rewrite_copies(&self.app.paths, &|path, bytes| {
            let without = || traces::without_lines(bytes, loads.iter().map(|load| &load.secret));
            if path != target {
                // what is there in clear now is nothing that only the journal knows
                let is_same = |holder: &PathBuf| crate::locked_file::target(holder).is_ok_and(|holder| holder == path);
                let is_kept = self.to == Store::File || held.iter().any(is_same);
                return without().filter(|_| !is_kept);
            }
            let new = edited(path, bytes, |draft| {
                let was = profile::read(&profile.name, path, bytes, &self.settings)?;
                let same: Vec<&Load> = loads.iter().filter(|load| is_same(&was, profile, load)).collect();
                self.edit(draft, &profile.name, same)
            });
            match new {
                Ok(new) => new,
                Err(_) if self.to == Store::File => None,
                Err(_) => without(),
            }
        })
    }

    fn edit<'l>(&self, draft: &mut Draft, name: &str, loads: impl IntoIterator<Item = &'l Load>) -> Result<()> {
        let word = self.to.word();
        for load in loads {
            let section = draft.section(name)?;
            match self.to {
                Store::File => section
                    .set(load.item.key(), load.secret.expose().as_str())
                    .with_context(|| format!("`{}` of `{name}` can't stand in a file", load.item.key()))?,
                _ => section.remove(load.item.key()),
            };
            section.set(store_key(load.item).name(), word)?;
        }
        Ok(())
    }
}

/// Says how a move is taken back, which an undo doesn't do.
fn way_back(name: &str, loads: &[Load], to: Store) -> String {
    let mut from: Vec<Store> = loads.iter().map(|load| load.from).filter(|from| *from != to).collect();
    from.dedup();
    match from.as_slice() {
        [from] => format!("`awstok secret move {name} --to {}` moves them back", from.word()),
        _ => format!("`awstok secret move {name} --to STORE` moves them elsewhere"),
    }
}

fn store_key(item: Item) -> Key {
    match item {
        Item::SecretAccessKey => Key::SecretStore,
        Item::MfaSecret => Key::MfaStore,
    }
}

/// Gives where each of a profile's secrets is; none for what it doesn't have.
fn stores(profile: &Profile) -> [(Item, Option<Store>); 2] {
    let key = profile.long_term.as_ref().map(|keys| match keys.secret_access_key {
        Some(_) => Store::File,
        None => profile.secret_store,
    });
    let seed = match profile.mfa.seed {
        Some(_) => Some(Store::File),
        None => profile.seed_elsewhere(),
    };
    [(Item::SecretAccessKey, key), (Item::MfaSecret, seed)]
}

fn key_id(profile: &Profile) -> Option<&str> {
    profile.long_term.as_ref().map(|keys| keys.access_key_id.as_str())
}

fn in_file(profile: &Profile, item: Item) -> Option<&Secret<String>> {
    match item {
        Item::SecretAccessKey => profile.long_term.as_ref()?.secret_access_key.as_ref(),
        Item::MfaSecret => profile.mfa.seed.as_ref(),
    }
}

/// Tells whether the secrets in a file are those on their way.
fn holds_only(profile: &Profile, loads: &[Load]) -> bool {
    Item::ALL.into_iter().all(|item| {
        let load = loads.iter().find(|load| load.item == item);
        match (in_file(profile, item), load) {
            (Some(secret), Some(load)) => secret.expose() == load.secret.expose(),
            (Some(_), None) => false,
            (None, _) => true,
        }
    })
}

/// Tells whether an older state of a profile had the same secret, there or elsewhere.
fn is_same(was: &Profile, now: &Profile, load: &Load) -> bool {
    match in_file(was, load.item) {
        Some(secret) => secret.expose() == load.secret.expose(),
        None if load.item == Item::SecretAccessKey => key_id(was).is_some() && key_id(was) == key_id(now),
        None => was.mfa_store.is_some_and(|store| store != Store::File),
    }
}
