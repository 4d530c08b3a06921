//! Owns replacing a file as a whole: a new file beside it, synced, renamed over it, and the folder synced.
//! At any instant a reader finds the whole old file or the whole new one; nothing is written in place.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::read::Fingerprint;
use super::{Lock, platform, target};
use crate::error::{Result, invalid};

/// Who may read the new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nobody but the owner: 0600, or what the old file had of it.
    Secret,
    /// Whoever could read the old file; 0600 where there was none.
    Keep,
}

/// What became of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Replaced {
    /// The new bytes are in place, and survive a power cut.
    Done,
    /// Another program changed the file since it was read: nothing was written.
    ChangedMeanwhile,
}

/// Replaces a file's bytes if it still is what was `seen`; links stay, and so does the owner.
///
/// Between the last look at the file and the rename, some microseconds, the change of a program that doesn't take
/// our lock would be lost: no system call compares and renames at once.
///
/// # Errors
/// Names the file and the system's reason. The old file is untouched then, unless only syncing the folder failed,
/// and nothing is left beside it.
pub fn replace(path: &Path, bytes: &[u8], mode: Mode, seen: &Fingerprint, lock: &Lock) -> Result<Replaced> {
    replace_with_parts(path, &[bytes], mode, seen, lock)
}

/// Replaces a file's bytes as `replace` does by several texts, one after the other.
///
/// # Errors
/// As `replace`.
pub fn replace_with_parts(
    path: &Path,
    parts: &[&[u8]],
    mode: Mode,
    seen: &Fingerprint,
    _lock: &Lock,
) -> Result<Replaced> {
    put(path, parts, mode, seen, true)
}

/// Replaces a file's bytes as `replace` does, except that a power cut may undo it: for what can be had again. No reader
/// finds half a file all the same, and a killed process leaves the old or the new one.
///
/// # Errors
/// As `replace`.
pub fn replace_unsynced(path: &Path, bytes: &[u8], mode: Mode, seen: &Fingerprint, _lock: &Lock) -> Result<Replaced> {
    put(path, &[bytes], mode, seen, false)
}

fn put(path: &Path, parts: &[&[u8]], mode: Mode, seen: &Fingerprint, synced: bool) -> Result<Replaced> {
    let target = target(path)?;
    let context = || format!("could not write `{}`", path.display());
    let old = match fs::metadata(&target) {
        Ok(found) if !found.is_file() => {
            return Err(invalid(format!("`{}` is no regular file, so it can't be replaced", path.display())).into());
        }
        Ok(found) => Some(found),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(context),
    };
    if !seen.seems_to_hold(old.as_ref()) {
        return Ok(Replaced::ChangedMeanwhile);
    }
    let new = NewFile::beside(&target).with_context(context)?;
    new.fill(parts, mode, old.as_ref(), synced).with_context(context)?;
    if synced {
        new.file.sync_all().with_context(context)?;
    }
    if !seen.still_holds(&target).with_context(context)? {
        return Ok(Replaced::ChangedMeanwhile);
    }
    new.rename_to(&target).with_context(context)?;
    if synced {
        platform::sync_folder(folder_of(&target))
            .with_context(|| format!("could not make sure that `{}` survives a power cut", path.display()))?;
    }
    Ok(Replaced::Done)
}

/// Removes a file (of a link: the link itself); one that isn't there is fine.
///
/// # Errors
/// Names the file and the system's reason.
pub fn remove(path: &Path, _lock: &Lock) -> Result<()> {
    let context = || format!("could not remove `{}`", path.display());
    if remove_if_there(path).with_context(context)? {
        platform::sync_folder(folder_of(path)).with_context(context)?;
    }
    Ok(())
}

/// Tells where a symbolic link leads, in the words that it has; none for anything else.
pub fn link_at(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

/// Makes a symbolic link where nothing is.
///
/// # Errors
/// Names the file and the system's reason.
pub fn link(path: &Path, to: &Path, _lock: &Lock) -> Result<Replaced> {
    let context = || format!("could not make the symbolic link `{}`", path.display());
    match platform::link(path, to) {
        Ok(()) => platform::sync_folder(folder_of(path)).with_context(context).map(|()| Replaced::Done),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Replaced::ChangedMeanwhile),
        Err(error) => Err(error).with_context(context),
    }
}

/// Removes what a killed process may have left beside a file.
///
/// # Errors
/// Names the file and the system's reason.
pub fn remove_left_over(path: &Path, _lock: &Lock) -> Result<()> {
    let left_over = name_beside(&target(path)?);
    remove_if_there(&left_over).with_context(|| format!("could not remove `{}`", left_over.display()))?;
    Ok(())
}

/// Tells whether something lies where a file's successor is made: one is being written, or a killed process left it.
pub fn has_left_over(path: &Path) -> bool {
    target(path).is_ok_and(|target| name_beside(&target).symlink_metadata().is_ok())
}

fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The one name for a file's successor: whoever holds the lock may remove what another left there.
fn name_beside(target: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".awstok-new");
    target.with_file_name(name)
}

/// The successor of a file; removed when dropped before it is renamed.
struct NewFile {
    file: File,
    path: PathBuf,
    renamed: bool,
}

impl NewFile {
    fn beside(target: &Path) -> io::Result<Self> {
        let folder = folder_of(target);
        if !folder.exists() {
            platform::create_private_folder(folder)?;
        }
        let path = name_beside(target);
        remove_if_there(&path)?;
        Ok(Self { file: platform::create_private(&path)?, path, renamed: false })
    }

    fn fill(&self, parts: &[&[u8]], mode: Mode, old: Option<&Metadata>, synced: bool) -> io::Result<()> {
        platform::survive_size_limit();
        if !synced {
            platform::reserve(&self.file, parts.iter().map(|part| part.len()).sum());
        }
        for part in parts {
            (&self.file).write_all(part)?;
        }
        if let Some(old) = old {
            platform::take_over_owner_and_mode(&self.file, old, mode)?;
        }
        Ok(())
    }

    fn rename_to(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}
