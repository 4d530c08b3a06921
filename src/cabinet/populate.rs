//! Owns the making and taking away of many profile files at once, with their sections of the config file.
//! It refuses to replace a file that somebody made meanwhile, and to take away one that changed.

use super::Cabinet;
use crate::awsfiles::{AwsFiles, Drafts, Preview};
use crate::credentials::Cache;
use crate::delivery;
use crate::error::Result;
use crate::locked_file::Mode;
use crate::profile::Profile;

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
        let profiles: Vec<Profile> = made.iter().map(|(profile, _)| profile.clone()).collect();
        let names =
            made.iter().map(|(profile, _)| profile.name.as_str()).chain(gone.iter().map(|(name, _)| name.as_str()));
        self.regenerate(drafts, &profiles, &names.collect::<Vec<_>>())
    }
}
