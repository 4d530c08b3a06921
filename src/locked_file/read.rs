//! Owns reading a file together with a fingerprint, by which a later write can tell that nobody else wrote in between.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use anyhow::Context as _;

use super::platform;
use crate::error::Result;

/// How often a file that changes under the reader is read again.
const MOST_READS: usize = 20;

/// What a file was when it was read: which file, how long, changed when. Or that there was none.
///
/// Two writes of the same length in place within one tick of the file system's clock (some milliseconds) look the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(Option<platform::Identity>);

impl Fingerprint {
    /// There is no file.
    pub const ABSENT: Self = Self(None);

    pub(super) fn of(found: &Metadata) -> Self {
        Self(Some(platform::identity(found)))
    }

    /// Takes the fingerprint of what is there now.
    pub(super) fn at(path: &Path) -> std::io::Result<Self> {
        match fs::metadata(path) {
            Ok(found) => Ok(Self::of(&found)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::ABSENT),
            Err(error) => Err(error),
        }
    }
}

/// A file's bytes, and what the file was.
#[derive(Debug, Clone)]
pub struct Read {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What to hand to `replace`.
    pub seen: Fingerprint,
    /// The permission bits (0 where the system has none).
    pub mode: u32,
}

/// Reads a file through its links; `None` where there is none. One that changes meanwhile is read again.
///
/// # Errors
/// Where it can't be read.
pub fn read(path: &Path) -> Result<Option<Read>> {
    match read_steadily(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read `{}`", path.display())),
    }
}

fn read_steadily(path: &Path) -> std::io::Result<Read> {
    for _ in 0..MOST_READS {
        let mut file = File::open(path)?;
        let before = file.metadata()?;
        let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0) + 1);
        file.read_to_end(&mut bytes)?;
        let seen = Fingerprint::of(&before);
        if !before.is_file() || seen == Fingerprint::of(&file.metadata()?) {
            return Ok(Read { bytes, seen, mode: platform::mode(&before) });
        }
    }
    Err(std::io::Error::new(ErrorKind::ResourceBusy, "it changes all the time"))
}
