//! Owns folders and links: making a folder that only its owner can enter, and finding the file behind symbolic links.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::platform;
use crate::error::{Result, invalid};

/// As many links in a row as Linux follows.
const MOST_LINKS: usize = 40;

/// Makes sure that a folder exists and that only its owner can enter it.
///
/// # Errors
/// Where it can't be made or tightened.
pub fn private_folder(path: &Path) -> Result<()> {
    let tighten = || match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => platform::create_private_folder(path),
        Err(error) => Err(error),
        Ok(found) if !found.is_dir() => Err(ErrorKind::NotADirectory.into()),
        Ok(found) => platform::tighten_folder(path, &found).map(drop),
    };
    tighten().with_context(|| format!("could not make a private folder of `{}`", path.display()))
}

/// Makes sure that only its owner can enter a folder; tells whether others could. One that doesn't exist is fine.
///
/// # Errors
/// Where the system refuses.
pub fn tighten_folder(path: &Path) -> Result<bool> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => platform::tighten_folder(path, &found)
            .with_context(|| format!("could not make `{}` private", path.display())),
        _ => Ok(false),
    }
}

/// Tells whether everyone can write to a folder, be it only files of their own. One that doesn't exist is nobody's yet.
///
/// # Errors
/// Where the system doesn't tell.
pub fn is_open_to_everyone(folder: &Path) -> Result<bool> {
    match fs::metadata(folder) {
        Ok(found) => Ok(platform::mode(&found) & 0o002 != 0),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("could not look at the folder `{}`", folder.display())),
    }
}

/// Removes a folder of our own with all that is in it; one that isn't there is fine.
///
/// # Errors
/// Names the folder and the system's reason.
pub fn remove_private_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Takes everyone's rights on a file but its owner's.
///
/// # Errors
/// Where the system refuses.
pub fn tighten(path: &Path) -> Result<()> {
    platform::tighten_file(path).with_context(|| format!("could not make `{}` private", path.display()))
}

/// Finds the file that a path means: symbolic links are followed, the last one also where its target doesn't exist yet.
///
/// # Errors
/// On links that lead in a circle, and on a path without a file name.
pub fn target(path: &Path) -> Result<PathBuf> {
    let context = || format!("could not find the file behind `{}`", path.display());
    let mut current = std::path::absolute(path).with_context(context)?;
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&current) {
            Ok(found) if found.is_symlink() => {
                let to = fs::read_link(&current).with_context(context)?;
                current = current.parent().unwrap_or(Path::new("/")).join(to);
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).with_context(context),
            _ => return in_real_folder(&current, path),
        }
    }
    Err(invalid(format!("`{}` is a symbolic link that leads in a circle", path.display())).into())
}

fn in_real_folder(found: &Path, asked: &Path) -> Result<PathBuf> {
    let (Some(parent), Some(name)) = (found.parent(), found.file_name()) else {
        return Err(invalid(format!("`{}` is no path of a file", asked.display())).into());
    };
    match fs::canonicalize(parent) {
        Ok(real) => Ok(real.join(name)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(found.to_path_buf()),
        Err(error) => Err(error).with_context(|| format!("could not find the folder `{}`", parent.display())),
    }
}
