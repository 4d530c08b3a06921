//! Owns a profile's change of name wherever the name stands: its file and section, other profiles' masters, the settings,
//! its sections in the AWS files, its cached sessions. It refuses a name that something has already, unless forced.

use std::path::Path;

use super::Cabinet;
use super::names::{DEFAULTS, keys_that_name, rename_in};
use super::stores::kept;
use crate::awsfiles::generated::source_of;
use crate::awsfiles::{AwsFiles, Drafts, Naming, journal, undo};
use crate::credentials::Cache;
use crate::delivery;
use crate::error::{Result, usage};
use crate::locked_file::{self, Mode};
use crate::process::own_path;
use crate::profile::Profile;
use crate::profile::keys::Key;

/// The keys of the settings that name profiles.
const IN_SETTINGS: [Key; 2] = [Key::MasterProfile, Key::DefaultProfile];

/// What the journal calls it; both names follow.
const COMMAND: &str = "profile rename ";

/// What a change of name did beyond the profile's own file.
#[derive(Debug, Default)]
pub struct Renamed {
    /// The profiles whose master it is.
    pub masters: Vec<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl Cabinet<'_> {
    /// Renames a profile. One that was interrupted half-way is taken back first; one that only lacked its end is finished.
    ///
    /// # Errors
    /// Exit 2 for a new name that can't be one or is taken, 3 where there is no such profile.
    pub fn rename(&self, from: &str, to: &str, force: bool) -> Result<Renamed> {
        crate::profile::name::check(from).map_err(|failure| failure.of_usage())?;
        self.admit_name(to, true)?;
        if from == to {
            return Err(usage("both names are the same").hint("name the profile, then what it shall be called").into());
        }
        let _still = self.hold_still(&[from, to])?;
        let command = format!("{COMMAND}{from} {to}");
        let paths = &self.app.paths;
        if journal::interrupted(paths, &command)?.is_some() {
            undo(paths, false)?;
        }
        let is_done = !self.file(from).exists() && self.file(to).exists();
        let last = journal::list(paths)?.pop();
        if is_done && last.is_some_and(|last| last.command == command && !last.undone) {
            Cache::new(paths).rename_profile(from, to)?;
            if let Ok(profile) = self.read(to, &self.bytes(to)?) {
                self.forget_secrets(&profile, from)?;
            }
            return Ok(Renamed::default());
        }
        self.require_readable(from)?;
        let original = self.read(from, &self.bytes(from)?).ok();
        if from.to_lowercase() == to.to_lowercase() && locked_file::read(&self.file(to))?.is_some() {
            return Err(usage(format!("`{from}` and `{to}` are one file here"))
                .hint("go by way of a third name")
                .into());
        }
        self.admit_name(to, force)?;
        let masters = self.naming(from)?;
        let mut files = AwsFiles::new(paths);
        for name in &masters {
            files = files.with(&self.file(name), Mode::Secret);
        }
        let (settings, old, new) = (paths.settings(), self.file(from), self.file(to));
        let in_settings = locked_file::read(&settings)?
            .is_some_and(|read| keys_that_name(&read.bytes, DEFAULTS, &IN_SETTINGS, from).next().is_some());
        if in_settings {
            files = files.with(&settings, Mode::Keep);
        }
        files = files.with(&new, Mode::Secret).with(&old, Mode::Secret);
        if let Some(original) = &original {
            files = files.lasting(self.overwritten_by(&kept(original), to));
        }
        let mut warnings = Vec::new();
        let mut change = |drafts: &mut Drafts| {
            let profile = self.rename_file(drafts, from, to, force)?;
            for name in &masters {
                rename_in(drafts.file(&self.file(name))?, name, &[Key::MasterProfile], from, to)?;
            }
            if in_settings {
                rename_in(drafts.file(&settings)?, DEFAULTS, &IN_SETTINGS, from, to)?;
            }
            self.rename_sections(drafts, from, to, force)?;
            // what was generated for a profile that can't be used stays as it is
            if profile.is_some() {
                warnings = self.bring_up_to_date(drafts, profile.as_slice(), &[from, to])?;
            }
            drafts.file(&old)?.delete();
            Ok(())
        };
        // what is refused must not cost a secret of the one that is overwritten
        files.preview(&mut change)?;
        if let Some(original) = &original {
            self.copy_secrets(original, from, to)?;
        }
        files.change(&command, change)?;
        Cache::new(paths).rename_profile(from, to)?;
        if let Some(original) = &original {
            self.forget_secrets(original, from)?;
        }
        Ok(Renamed { masters, warnings })
    }

    /// Follows an undo with what isn't in the journal's files: the sessions and stored secrets of a renamed profile go by its
    /// old name again.
    ///
    /// # Errors
    /// Where a cached session can't be written, or a stored secret not be moved.
    pub fn undone(&self, command: &str) -> Result<()> {
        if let Some((from, to)) = command.strip_prefix(COMMAND).and_then(|names| names.split_once(' ')) {
            Cache::new(&self.app.paths).rename_profile(to, from)?;
            if let Ok(profile) = self.bytes(from).and_then(|bytes| self.read(from, &bytes)) {
                self.copy_secrets(&profile, to, from)?;
                // one that was overwritten is back, and names what is kept under its name
                let back = self.bytes(to).and_then(|bytes| self.read(to, &bytes)).map(|back| kept(&back));
                match back.unwrap_or_default().as_slice() {
                    [] => self.forget_secrets(&profile, to)?,
                    back => self.forget_but(back, &profile, to)?,
                }
            }
        }
        Ok(())
    }

    /// Begins the new file with the old one's bytes; gives the profile as it is then, if it is a usable one.
    pub(super) fn rename_file(
        &self,
        drafts: &mut Drafts,
        from: &str,
        to: &str,
        force: bool,
    ) -> Result<Option<Profile>> {
        let old = drafts.file(&self.file(from))?;
        if !old.existed() {
            return Err(self.changed_meanwhile(from).into());
        }
        let bytes = old.bytes().to_vec();
        let new = drafts.file(&self.file(to))?;
        if new.existed() && !force {
            return Err(self.exists(to).into());
        }
        new.begin_with(bytes);
        // a file whose section has another name is as wrong afterwards as it was before
        new.rename_section(from, to)?;
        rename_in(new, to, &[Key::MasterProfile], from, to)?;
        let text = new.edited()?;
        Ok(self.read(to, &text).ok())
    }

    fn rename_sections(&self, drafts: &mut Drafts, from: &str, to: &str, force: bool) -> Result<()> {
        let taken = |file: &Path| {
            usage(format!("`{}` has a section of `{to}` already", file.display()))
                .hint("choose another name, or pass `--force`: awstok's own keys there are replaced, others stay")
        };
        let credentials = drafts.credentials()?;
        match (has_section(credentials, Naming::Plain, from)?, has_section(credentials, Naming::Plain, to)?) {
            (true, false) => drop(credentials.rename_section(from, to)?),
            (_, true) if !force => return Err(taken(&self.app.paths.credentials).into()),
            (true, true) => delivery::hand_over(drafts, from, to)?,
            (false, _) => {}
        }
        let config = drafts.config()?;
        match (has_section(config, Naming::Profile, from)?, has_section(config, Naming::Profile, to)?) {
            (true, false) => drop(config.rename_section(from, to)?),
            (_, true) if !force => return Err(taken(&self.app.paths.config).into()),
            // the generated keys of the one go, and those of the other come
            _ => {}
        }
        Ok(())
    }

    /// Regenerates the sections of these names in the config file, as far as they were generated, and no others.
    pub(super) fn bring_up_to_date(
        &self,
        drafts: &mut Drafts,
        profiles: &[Profile],
        names: &[&str],
    ) -> Result<Vec<String>> {
        let is_generated = {
            let document = drafts.config()?.document()?;
            let mut own = document
                .sections()
                .filter(|section| Naming::Profile.name_of(section).is_some_and(|name| names.contains(&name.as_ref())));
            own.any(|section| source_of(&document, &section).is_some())
        };
        if is_generated { self.regenerate(drafts, profiles, names) } else { Ok(Vec::new()) }
    }

    /// Regenerates the sections of these names in the config file, and no others.
    pub(super) fn regenerate(&self, drafts: &mut Drafts, profiles: &[Profile], names: &[&str]) -> Result<Vec<String>> {
        let mut kept = std::collections::BTreeSet::new();
        let named = |section| Naming::Profile.name_of(&section).map(std::borrow::Cow::into_owned);
        kept.extend(drafts.config()?.document()?.sections().filter_map(named));
        kept.extend(drafts.credentials()?.document()?.sections().map(|section| section.name().into_owned()));
        kept.retain(|name| !names.contains(&name.as_str()));
        let program = own_path()?;
        delivery::Config::here(&self.app.paths, &self.app.env, profiles, kept, &program).regenerate(drafts)
    }
}

fn has_section(draft: &crate::awsfiles::Draft, naming: Naming, name: &str) -> Result<bool> {
    Ok(draft.document()?.sections().any(|section| naming.name_of(&section).as_deref() == Some(name)))
}
