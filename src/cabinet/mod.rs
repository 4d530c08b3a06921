//! Owns the profile files as something that people change: one file made or edited, and whatever hangs on a profile's name
//! (files, sections, masters, sessions) renamed, copied or removed with it, in one journaled change.
//! It refuses to ask and to say anything; the commands do.

mod copy;
mod edit;
pub mod lines;
mod names;
mod populate;
mod remove;
mod rename;
mod scratch;
mod stores;

use std::path::PathBuf;

use crate::app::App;
use crate::awsfiles::AwsFiles;
use crate::error::{Result, blame_usage, hint_of, invalid, usage};
use crate::locked_file::{Lock, Mode};
use crate::profile::{self, Kind, Profile, Settings, SignIn, Store, name};
use crate::unfinished::{Operation, hold_off};
use crate::vault::Item;

pub use edit::Edits;
pub use lines::Line;
pub use remove::Removed;
pub use rename::Renamed;
pub use scratch::{Copy, Taken};
use stores::Places;

/// The profile files of one run.
pub struct Cabinet<'a> {
    app: &'a App,
    settings: Settings,
    places: Places<'a>,
}

impl std::fmt::Debug for Cabinet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cabinet").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<'a> Cabinet<'a> {
    /// Reads the settings; no profile is read yet.
    ///
    /// # Errors
    /// When the settings file is invalid.
    pub fn open(app: &'a App) -> Result<Self> {
        Ok(Self { app, settings: app.settings()?, places: Places::new(app) })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Gives the bytes of a profile's file, valid or not.
    ///
    /// # Errors
    /// Exit 2 for a name that can't be a profile's, 3 where the file is missing or can't be read.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        name::check(name).map_err(|failure| failure.of_usage())?;
        profile::bytes(&self.app.paths.profiles, name)
    }

    /// Makes sure that a new profile can have this name, which nothing has yet unless with `force`.
    ///
    /// # Errors
    /// Exit 2, saying why not.
    pub fn admit_name(&self, name: &str, force: bool) -> Result<()> {
        name::check(name).map_err(|failure| failure.of_usage())?;
        if !force && self.file(name).symlink_metadata().is_ok() {
            return Err(self.exists(name).into());
        }
        Ok(())
    }

    /// Holds off whatever takes several steps with the secrets of these profiles, while they are copied, replaced or forgotten.
    ///
    /// # Errors
    /// `Kind::Invalid` where something of that kind isn't finished: what lies aside would be lost.
    pub(crate) fn hold_still(&self, names: &[&str]) -> Result<Vec<Lock>> {
        hold_off(&self.app.paths, &Operation::ALL, names)
    }

    /// Gives the profile that these lines would make.
    ///
    /// # Errors
    /// Exit 2 for keys that make no usable profile.
    pub fn preview(&self, name: &str, lines: &[Line]) -> Result<Profile> {
        let text = lines::text(name, lines)?;
        let file = self.file(name).display().to_string();
        // there is no such file yet whose line could be looked at
        let of_keys = |error: anyhow::Error| match lines::without_place(&error.to_string(), &file) {
            Some(said) => hint_of(&error).map_or_else(|| usage(said), |hint| usage(said).hint(hint)).into(),
            None => blame_usage(error),
        };
        self.whole(name, &text).map_err(of_keys)
    }

    /// Writes a new profile file.
    ///
    /// # Errors
    /// Exit 2 for a name that exists (unless with `force`), and for keys that make no usable profile.
    pub fn add(&self, name: &str, lines: &[Line], force: bool) -> Result<Profile> {
        self.admit_name(name, force)?;
        let profile = self.preview(name, lines)?;
        let _still = self.hold_still(&[name])?;
        let (lines, secret) = lines::split(lines, profile.secret_store);
        let text = lines::text(name, &lines)?;
        // first the secret: a profile is never without the one that it names
        if profile.secret_store != Store::File && profile.long_term.is_some() {
            stores::require_secret(name, secret.as_ref())?;
        }
        let mut files = AwsFiles::new(&self.app.paths);
        if let Some(secret) = &secret {
            files = files.lasting(self.overwritten_by(&[(Item::SecretAccessKey, profile.secret_store)], name));
            self.keep(name, profile.secret_store, secret)?;
        }
        let file = self.file(name);
        files.with(&file, Mode::Secret).change(&format!("profile add {name}"), |drafts| {
            let draft = drafts.file(&file)?;
            if draft.existed() && !force {
                return Err(self.exists(name).into());
            }
            draft.replace_all(text.to_vec());
            Ok(())
        })?;
        Ok(profile)
    }

    /// Reads what a profile's file says, or would say.
    pub(crate) fn read(&self, name: &str, bytes: &[u8]) -> Result<Profile> {
        profile::read(name, &self.file(name), bytes, &self.settings)
    }

    /// Reads what a profile's file would say, and refuses what no file by itself can show: masters that form a loop.
    pub(crate) fn whole(&self, name: &str, bytes: &[u8]) -> Result<Profile> {
        let profile = self.read(name, bytes)?;
        if profile.kind != Kind::Role || self.missing_master(&profile).is_some() {
            return Ok(profile);
        }
        let load = &mut |name: &str| match name == profile.name {
            true => Ok(profile.clone()),
            false => profile::load(&self.app.paths.profiles, name, &self.settings),
        };
        let mut masters = vec![profile.name.clone()];
        let mut current = profile.master.as_ref().map(|master| master.value.clone());
        while let Some(name) = current.filter(|name| !masters.contains(name)) {
            // what is wrong with a master's own file is no fault of this one
            let Ok(master) = load(&name) else { return Ok(profile) };
            masters.push(name);
            current = master.master.map(|master| master.value);
        }
        profile::chain(&profile.name, load)?;
        Ok(profile)
    }

    /// Finds out where a profile signs in to IAM Identity Center; none for one that doesn't.
    ///
    /// # Errors
    /// When its `[sso-session]` is missing or can't be used, or contradicts the profile.
    pub fn sign_in(&self, profile: &Profile) -> Result<Option<SignIn>> {
        let config = &self.app.paths.config;
        profile::sign_in(profile, config, &mut || profile::config_bytes(config))
    }

    /// Gives the name of a profile's master where there is no file of that name.
    pub fn missing_master(&self, profile: &Profile) -> Option<String> {
        let master = &profile.master.as_ref()?.value;
        let is_there = *master == profile.name || self.file(master).exists();
        (!is_there).then(|| master.clone())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.app.paths.profile(name)
    }

    fn exists(&self, name: &str) -> crate::error::Failure {
        usage(format!("there is a profile `{name}` already"))
            .hint("choose another name, or pass `--force` to replace it; `awstok undo` brings it back")
    }

    fn changed_meanwhile(&self, name: &str) -> crate::error::Failure {
        invalid(format!("`{}` changed meanwhile", self.file(name).display())).hint("run it again")
    }
}
