//! Owns adding one line to a file that many processes add to: one write at the end of the file, which needs no lock.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::{Lock, platform};
use crate::error::Result;

/// What the file is after a line was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its length in bytes.
    pub length: u64,
    /// Whether others than its owner can read it.
    pub is_wide: bool,
}

/// Adds a line, its end included, to a file that is made where there is none, for its owner's eyes only. It is one write, and
/// not synced: lines of several processes never mix, and the last ones may be lost with the machine.
///
/// # Errors
/// Where the file can't be opened or holds no more; a part of the line may stand in it then.
pub fn append(path: &Path, line: &[u8]) -> io::Result<Appended> {
    platform::survive_size_limit();
    let mut file = platform::open_to_append(path)?;
    match file.write(line)? {
        written if written == line.len() => {}
        _ => return Err(ErrorKind::WriteZero.into()),
    }
    let found = file.metadata()?;
    Ok(Appended { length: found.len(), is_wide: platform::mode(&found) & 0o077 != 0 })
}

/// Gives a file another name, where it has more than `most` bytes, in place of what had that name; lines that others are just
/// adding are kept. Tells whether it did. The lock is that of whoever else might.
///
/// # Errors
/// Where the system refuses.
pub fn set_aside(path: &Path, most: u64, aside: &Path, _lock: &Lock) -> Result<bool> {
    let renamed = match fs::metadata(path) {
        Ok(found) if found.len() > most => fs::rename(path, aside).map(|()| true),
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    };
    renamed.with_context(|| format!("could not rename `{}` to `{}`", path.display(), aside.display()))
}
