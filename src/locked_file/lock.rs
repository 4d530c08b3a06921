//! Owns locks between processes: advisory, released by the system when the holder dies, with the holder's pid inside for messages.
//! Lock files are never removed: a removed one could be held by one process and made anew by another.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{platform, private_folder};
use crate::error::{Failure, Kind, Result};

const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// Short enough that 200 processes in a row don't wait for one another's naps.
const LONGEST_PAUSE: Duration = Duration::from_millis(16);

/// A lock that is held; released when dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the lock in `file`, waiting up to `patience` for another process.
///
/// # Errors
/// Where the lock file can't be opened; after `patience`, naming the file and the holder's pid.
pub fn lock(file: &Path, patience: Duration) -> Result<Lock> {
    let opened = open(file)?;
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    while !take(&opened, file)? {
        let left = patience.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(held_by_another(file, patience).into());
        }
        sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(hold(opened))
}

/// Takes the lock in `file` unless another process holds it.
///
/// # Errors
/// Where the lock file can't be opened.
pub fn try_lock(file: &Path) -> Result<Option<Lock>> {
    let opened = open(file)?;
    Ok(take(&opened, file)?.then(|| hold(opened)))
}

fn open(file: &Path) -> Result<File> {
    if let Some(folder) = file.parent() {
        private_folder(folder)?;
    }
    platform::open_lock(file).with_context(|| format!("could not open the lock `{}`", file.display()))
}

fn take(opened: &File, file: &Path) -> Result<bool> {
    match opened.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("could not lock `{}`", file.display())),
    }
}

/// Writes the pid. It only serves a message, so a full disk doesn't matter.
fn hold(mut opened: File) -> Lock {
    platform::survive_size_limit();
    let _ = opened.set_len(0);
    let _ = write!(opened, "{}", std::process::id());
    Lock { _file: opened }
}

/// Makes the failure of having waited for `patience` in vain; it names the holder where it is known.
pub fn held_by_another(file: &Path, patience: Duration) -> Failure {
    let holder = holder(file).map_or_else(|| "another process".into(), |pid| format!("process {pid}"));
    let seconds = patience.as_secs();
    Failure::new(Kind::Other, format!("`{}` is held by {holder}, and was for {seconds} s", file.display()))
        .hint("wait for that process, or end it")
}

fn holder(file: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(PathBuf::from(file)).ok()?.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
