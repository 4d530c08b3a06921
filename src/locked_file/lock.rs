//! Owns locks between processes: advisory, released by the system when the holder dies, with the holder's pid inside for messages.
//! A lock file is removed by its holder only, and who waited for it sees that it is another file's by now.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

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
    let mut opened = open(file)?;
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        if take(&opened, file)? {
            if platform::is_at(&opened, file) {
                return Ok(hold(opened));
            }
            opened = open(file)?; // the one before removed it
            continue;
        }
        let left = patience.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(held_by_another(file, patience).into());
        }
        sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Takes the lock in `file` unless another process holds it.
///
/// # Errors
/// Where the lock file can't be opened.
pub fn try_lock(file: &Path) -> Result<Option<Lock>> {
    loop {
        let opened = open(file)?;
        if !take(&opened, file)? {
            return Ok(None);
        }
        if platform::is_at(&opened, file) {
            return Ok(Some(hold(opened)));
        }
    }
}

/// Removes a lock file that nobody has taken since `before` and nobody holds, once `clear` has removed what it guards;
/// `clear` may refuse. What can't be removed, and every lock file where the system can't tell files apart, stays.
pub fn retire(file: &Path, before: SystemTime, clear: impl FnOnce(&Lock) -> bool) {
    let is_unused = |opened: &File| {
        let found = opened.metadata();
        found.is_ok_and(|found| found.is_file() && found.modified().is_ok_and(|taken| taken < before))
    };
    // looked at before it is taken: that is not to count as a use
    let Ok(opened) = File::open(file) else { return };
    if is_unused(&opened) && opened.try_lock().is_ok() && is_unused(&opened) && platform::is_at(&opened, file) {
        let lock = Lock { _file: opened };
        if clear(&lock) && platform::TELLS_FILES_APART {
            let _ = fs::remove_file(file);
        }
    }
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

/// Writes the pid over the last holder's. It only serves a message, so a full disk doesn't matter. As wide as any pid, it leaves
/// nothing of the one before: a file system may give a file that is cut off and written anew to the disk at once, which takes as
/// long as all the rest of a cached run.
fn hold(mut opened: File) -> Lock {
    platform::survive_size_limit();
    let _ = opened.write_all(format!("{:<10}", std::process::id()).as_bytes());
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
