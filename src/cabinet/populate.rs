//! Owns the making and taking away of many profile files at once, with their sections of the config file.
//! It refuses to replace a file that somebody made meanwhile, and to take away one that changed.

use anyhow::Context as _;

use super::Cabinet;
use crate::awsfiles::{AwsFiles, Drafts, Preview};
use crate::credentials::Cache;
use crate::delivery;
use crate::error::Result;
use crate::locked_file::Mode;
use crate::profile::{self, Profile};

impl Cabinet<'_> {
    /// Makes the profile files of `made`, and takes away those of `gone`, which hold these bytes; gives what a person should
    /// know.
    ///
    /// # Errors
    /// Where a file can't be changed, or isn't what it was; then nothing changed.
    pub fn populate(
        &self,
        command: &str,
        made: &[(Profile, Vec<u8>)],
        gone: &[(String, Vec<u8>)],
    ) -> Result<Vec<String>> {
        let names: Vec<String> = gone.iter().map(|(name, _)| name.clone()).collect();
        Cache::new(&self.app.paths).forget_profiles(&names)?;
        let mut warnings = Vec::new();
        self.files(made, gone).change(command, |drafts| {
            warnings = self.fill(drafts, made, gone)?;
            Ok(())
        })?;
        Ok(warnings)
    }

    /// Shows what `populate` would do.
    ///
    /// # Errors
    /// As `populate`.
    pub fn preview_population(&self, made: &[(Profile, Vec<u8>)], gone: &[(String, Vec<u8>)]) -> Result<Vec<Preview>> {
        self.files(made, gone).preview(|drafts| self.fill(drafts, made, gone).map(drop))
    }

    fn files(&self, made: &[(Profile, Vec<u8>)], gone: &[(String, Vec<u8>)]) -> AwsFiles {
        let names = made.iter().map(|(profile, _)| &profile.name).chain(gone.iter().map(|(name, _)| name));
        names.fold(AwsFiles::new(&self.app.paths), |files, name| files.with(&self.file(name), Mode::Secret))
    }

    fn fill(
        &self,
        drafts: &mut Drafts,
        made: &[(Profile, Vec<u8>)],
        gone: &[(String, Vec<u8>)],
    ) -> Result<Vec<String>> {
        for (profile, text) in made {
            let draft = drafts.file(&self.file(&profile.name))?;
            if draft.existed() {
                return Err(self.changed_meanwhile(&profile.name).into());
            }
            draft.replace_all(text.clone());
        }
        for (name, bytes) in gone {
            delivery::remove(drafts, name)?;
            let draft = drafts.file(&self.file(name))?;
            if !draft.existed() || draft.bytes() != bytes.as_slice() {
                return Err(self.changed_meanwhile(name).into());
            }
            draft.delete();
        }
        let stays = |name: &String| !gone.iter().any(|(other, _)| other == name);
        let mut names = profile::names(&self.app.paths.profiles)?;
        names.retain(stays);
        let (mut profiles, _) = profile::load_all(&self.app.paths.profiles, &self.settings)?;
        profiles.retain(|profile| stays(&profile.name));
        profiles.extend(made.iter().map(|(profile, _)| profile.clone()));
        let kept = delivery::unusable(&names, &profiles);
        let program = std::env::current_exe().context("could not find the path of this program")?;
        delivery::Config::here(&self.app.paths, &self.app.env, &profiles, kept, &program).regenerate(drafts)
    }
}
