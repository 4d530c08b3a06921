//! Owns the folder in which a person's editor works on the copy of one file: private from the first moment, and taken
//! away with whatever the editor left in it.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{Lock, platform, private_folder};
use crate::error::Result;

/// A folder that goes when it is dropped. Whoever holds its lock may remove what a killed process left there.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    _lock: Lock,
}

impl Scratch {
    /// Makes the folder anew.
    ///
    /// # Errors
    /// Where it can't be made.
    pub fn new(folder: &Path, lock: Lock) -> Result<Self> {
        let context = || format!("could not make the folder `{}` anew", folder.display());
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).with_context(context),
            _ => private_folder(folder)?,
        }
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    /// Puts a file into the folder, for its owner's eyes only.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.folder.join(name);
        platform::survive_size_limit();
        platform::create_private(&path)
            .and_then(|mut file| file.write_all(bytes))
            .with_context(|| format!("could not write `{}`", path.display()))?;
        Ok(path)
    }

    /// Takes the folder away, before it goes by itself too.
    pub fn remove(&self) {
        // the next one tries again
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.remove();
    }
}
