//! Owns a profile's second self under another name, perhaps with some keys changed.
//! It refuses to copy what hangs on the name: sections and sessions are the original's.

use super::stores::kept;
use super::{Cabinet, Edits};
use crate::awsfiles::{AwsFiles, Drafts};
use crate::error::{Result, blame_usage};
use crate::locked_file::Mode;
use crate::profile::Profile;

impl Cabinet<'_> {
    /// Copies a profile file; gives the new profile.
    ///
    /// # Errors
    /// Exit 2 for a new name that can't be one or is taken (unless with `force`), and for changes that make no usable
    /// profile; 3 where there is no such profile, or it can't be used.
    pub fn copy(&self, from: &str, to: &str, edits: &Edits, force: bool) -> Result<Profile> {
        edits.check()?;
        let bytes = self.bytes(from)?;
        self.admit_name(to, force && from != to)?;
        let _still = self.hold_still(&[from, to])?;
        let original = self.read(from, &bytes)?;
        let (edits, _) = self.split_edits(&original, edits)?;
        let files = AwsFiles::new(&self.app.paths).lasting(self.overwritten_by(&kept(&original), to));
        let (old, new) = (self.file(from), self.file(to));
        let files = files.with(&new, Mode::Secret).with(&old, Mode::Secret);
        let mut after = None;
        let mut change = |drafts: &mut Drafts| {
            self.rename_file(drafts, from, to, force)?;
            let draft = drafts.file(&new)?;
            edits.apply(draft, to)?;
            let read = self.whole(to, &draft.edited()?).map_err(blame_usage)?;
            after = Some(read);
            Ok(())
        };
        // what is refused must not cost a secret of the one that is overwritten
        files.preview(&mut change)?;
        self.copy_secrets(&original, from, to)?;
        files.change(&format!("profile copy {from} {to}"), change)?;
        Ok(after.ok_or_else(|| self.changed_meanwhile(to))?)
    }
}
