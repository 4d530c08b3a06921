//! Owns the copy of a profile file that a person edits, and its way back.
//! It refuses a copy that isn't valid, and to overwrite what another program wrote meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::Cabinet;
use crate::awsfiles::AwsFiles;
use crate::error::{Failure, Kind, Result};
use crate::locked_file::{self, Mode, Scratch};
use crate::profile::Profile;
use crate::ui::interrupt::BeforeTheEnd;

/// Another editor on the same profile is not waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the folders of copies are called, in awstok's own; the profile's name follows.
const FOLDER: &str = "edit-";

/// A private copy of a profile file; it goes, with whatever lies beside it, when it is dropped or a signal ends the process.
#[derive(Debug)]
pub struct Copy<'a> {
    cabinet: &'a Cabinet<'a>,
    name: String,
    original: Zeroizing<Vec<u8>>,
    path: PathBuf,
    _goes: BeforeTheEnd,
}

/// What became of an edited copy.
#[derive(Debug)]
pub enum Taken {
    /// It is as it was.
    Unchanged,
    /// The profile is what the copy says.
    Over(Box<Profile>),
}

impl Cabinet<'_> {
    /// Copies a profile file into a folder of its own.
    ///
    /// # Errors
    /// Exit 3 where there is no such profile; where the copy can't be made, or another editor has one.
    pub fn copy_to_edit(&self, name: &str) -> Result<Copy<'_>> {
        let original = Zeroizing::new(self.bytes(name)?);
        let paths = &self.app.paths;
        locked_file::private_folder(&paths.own)?;
        self.sweep();
        let lock = locked_file::lock(&paths.locks().join(format!("edit-{name}.lock")), PATIENCE)?;
        let folder = Arc::new(Scratch::new(&paths.own.join(format!("{FOLDER}{name}")), lock)?);
        let goes = BeforeTheEnd::new({
            let folder = Arc::clone(&folder);
            move || folder.remove()
        });
        let path = folder.put(name, &original)?;
        Ok(Copy { cabinet: self, name: name.to_owned(), original, path, _goes: goes })
    }

    /// Removes the copies that killed processes left; those that somebody works on are locked.
    fn sweep(&self) {
        let paths = &self.app.paths;
        for folder in std::fs::read_dir(&paths.own).into_iter().flatten().flatten() {
            let name = folder.file_name();
            let Some(name) = name.to_str().filter(|name| name.starts_with(FOLDER)) else { continue };
            if let Ok(Some(lock)) = locked_file::try_lock(&paths.locks().join(format!("{name}.lock"))) {
                // made and dropped: nothing of it stays
                drop(Scratch::new(&folder.path(), lock));
            }
        }
    }
}

impl Copy<'_> {
    /// The copy.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the copy over as the profile file.
    ///
    /// # Errors
    /// Says what is wrong with it, or that the original was changed by another program.
    pub fn take_over(&self) -> Result<Taken> {
        let read = locked_file::read(&self.path)?;
        let text = Zeroizing::new(read.context("the copy is gone, so nothing was taken over")?.bytes);
        if *text == *self.original {
            return Ok(Taken::Unchanged);
        }
        let cabinet = self.cabinet;
        let profile = cabinet.whole(&self.name, &text)?;
        let file = cabinet.file(&self.name);
        let command = format!("profile edit {}", self.name);
        AwsFiles::new(&cabinet.app.paths).with(&file, Mode::Secret).change(&command, |drafts| {
            let draft = drafts.file(&file)?;
            if !draft.existed() || draft.bytes() != self.original.as_slice() {
                let what = format!("`{}` was changed by another program meanwhile, and stays so", file.display());
                return Err(Failure::new(Kind::Other, what).hint("edit it again").into());
            }
            draft.replace_all(text.to_vec());
            Ok(())
        })?;
        Ok(Taken::Over(Box::new(profile)))
    }
}
