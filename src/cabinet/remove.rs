//! Owns the end of profiles: their files, awstok's own keys in both AWS files, their cached sessions.
//! It refuses to take away a master that other profiles need, unless forced.

use super::stores::kept;
use super::{Cabinet, stores};
use crate::awsfiles::{AwsFiles, Drafts};
use crate::credentials::Cache;
use crate::delivery;
use crate::error::{Result, usage};
use crate::locked_file::Mode;

/// What became of the profiles that were removed.
#[derive(Debug, Default)]
pub struct Removed {
    /// How many cached sessions were forgotten.
    pub sessions: usize,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl Cabinet<'_> {
    /// Makes sure that these profiles are there, and that no other needs one of them as its master, unless with `force`.
    ///
    /// # Errors
    /// Exit 2, listing the profiles that need them; 3 where there is no such profile.
    pub fn removable(&self, names: &[String], force: bool) -> Result<()> {
        for name in names {
            self.bytes(name)?;
            let mut needed_by = self.depending(name)?;
            needed_by.retain(|other| !names.contains(other));
            if !force && !needed_by.is_empty() {
                let listed: Vec<String> = needed_by.iter().map(|name| format!("`{name}`")).collect();
                return Err(usage(format!("`{name}` is the master of {}", listed.join(", ")))
                    .hint("give them another master with `awstok profile edit`, remove them too, or pass `--force`")
                    .into());
            }
        }
        Ok(())
    }

    /// Removes profiles.
    ///
    /// # Errors
    /// As `removable`; where a file can't be changed, none is.
    pub fn remove(&self, names: &[String], force: bool) -> Result<Removed> {
        self.removable(names, force)?;
        let gone: Vec<&str> = names.iter().map(String::as_str).collect();
        let _still = self.hold_still(&gone)?;
        // sessions can be had again, so they go first: an interrupted run is finished by the same command
        let sessions = Cache::new(&self.app.paths).forget_profiles(names)?;
        let files =
            names.iter().fold(AwsFiles::new(&self.app.paths), |files, name| files.with(&self.file(name), Mode::Secret));
        let mut warnings = Vec::new();
        let mut edit = |drafts: &mut Drafts| {
            for name in names {
                delivery::remove(drafts, name)?;
            }
            warnings = self.bring_up_to_date(drafts, &[], &gone)?;
            for name in names {
                drafts.file(&self.file(name))?.delete();
            }
            Ok(())
        };
        // stored secrets go before the files that name them, so that an interrupted run is finished by the same command;
        // but not before it is sure that the files can be changed
        files.preview(&mut edit)?;
        let mut lost = Vec::new();
        for name in names {
            if let Ok(profile) = self.read(name, &self.bytes(name)?) {
                lost.extend(kept(&profile).into_iter().map(|(item, _)| stores::lost(name, item)));
                self.forget_secrets(&profile, name)?;
            } else if self.forget_sealed(name)? {
                lost.push(format!("what was kept for `{name}` under a passphrase can't be brought back"));
            }
        }
        files.lasting(lost).change(&format!("profile remove {}", names.join(" ")), edit)?;
        if let Some(name) = self.settings.default_profile().filter(|name| gone.contains(name)) {
            warnings
                .push(format!("`default_profile` in `{}` still names `{name}`", self.app.paths.settings().display()));
        }
        Ok(Removed { sessions, warnings })
    }
}
