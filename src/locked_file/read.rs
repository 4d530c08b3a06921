//! Owns reading a file together with a fingerprint, by which a later write can tell that nobody else wrote in between.

use std::fs::{self, File, Metadata};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use foldhash::fast::FixedState;
use zeroize::Zeroizing;

use super::platform;
use crate::error::Result;

/// How often a file that changes under the reader is read again.
const MOST_READS: usize = 20;

/// How much of a file is read at once where it is read piece by piece.
const PIECE: usize = 64 << 10;

/// Within this time a second write may carry the first one's time: file systems count in ticks of at most 10 ms.
const TICK: Duration = Duration::from_millis(12);

/// What a file was when it was read: which file, how long, changed when; of one changed just now also a hash of its bytes.
/// Or that there was none.
#[derive(Debug, Clone)]
pub struct Fingerprint(Option<(platform::Identity, Option<Hash>)>);

impl Fingerprint {
    /// There is no file.
    pub const ABSENT: Self = Self(None);

    fn of(found: &Metadata, bytes: &[u8]) -> Self {
        let is_fresh = found.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age < TICK));
        Self(Some((platform::identity(found), is_fresh.then(|| Hash::of(bytes)))))
    }

    /// Tells whether the file looks as it was seen, its bytes left aside: not yet reason enough to replace it.
    pub(super) fn seems_to_hold(&self, found: Option<&Metadata>) -> bool {
        self.0.as_ref().map(|(seen, _)| seen) == found.map(platform::identity).as_ref()
    }

    /// Tells whether the file is still what was seen.
    pub(super) fn still_holds(&self, path: &Path) -> io::Result<bool> {
        let found = match fs::metadata(path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(match &self.0 {
            Some((_, Some(bytes))) if self.seems_to_hold(found.as_ref()) => Hash::of_file(path)? == *bytes,
            _ => self.seems_to_hold(found.as_ref()),
        })
    }
}

/// A hash by which an accidental change is noticed; it never leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hash(u64);

impl Hash {
    fn of(bytes: &[u8]) -> Self {
        let mut hasher = FixedState::default().build_hasher();
        bytes.chunks(PIECE).for_each(|piece| hasher.write(piece));
        Self(hasher.finish())
    }

    /// Hashes a file in the same pieces.
    fn of_file(path: &Path) -> io::Result<Self> {
        let mut hasher = FixedState::default().build_hasher();
        let mut file = File::open(path)?;
        let mut buffer = Zeroizing::new(vec![0; PIECE]);
        loop {
            let mut filled = 0;
            while filled < PIECE {
                match file.read(&mut buffer[filled..]) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Ok(0) => break,
                    read => filled += read?,
                }
            }
            if filled > 0 {
                hasher.write(&buffer[..filled]);
            }
            if filled < PIECE {
                return Ok(Self(hasher.finish()));
            }
        }
    }
}

/// Reads a small plain file that may hold a secret; opening anything else could block.
///
/// # Errors
/// When it can't be read, is no plain file, or has more than `most` bytes.
pub fn read_bounded(path: &Path, most: u64) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let odd = |what: &str| std::io::Error::new(ErrorKind::InvalidData, what.to_owned());
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(odd("it is no plain file"));
    }
    if found.len() > most {
        return Err(odd("it is too large"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(found.len() as usize + 1));
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
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
    steadily(path, |file, before| {
        let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0) + 1);
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    })
    .map(|found| {
        found.map(|(before, bytes)| Read {
            seen: Fingerprint::of(&before, &bytes),
            bytes,
            mode: platform::mode(&before),
        })
    })
}

/// Reads a file as [`read`] does, but piece by piece: a large one never stands in memory as a whole.
/// `take` is told whether the piece is the last, and gives how many of its bytes it is done with; the others come again, with more behind.
///
/// # Errors
/// Where it can't be read.
pub fn read_pieces<T>(
    path: &Path,
    start: impl Fn() -> T,
    take: impl Fn(&mut T, &[u8], bool) -> usize,
) -> Result<Option<T>> {
    let found = steadily(path, |file, _| {
        let mut taken = start();
        let mut buffer = vec![0; PIECE];
        let mut filled = 0;
        loop {
            let read = match file.read(&mut buffer[filled..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read?,
            };
            filled += read;
            let done = take(&mut taken, &buffer[..filled], read == 0);
            if read == 0 {
                return Ok(taken);
            }
            buffer.copy_within(done..filled, 0);
            filled -= done;
            if filled == buffer.len() {
                buffer.resize(2 * filled, 0);
            }
        }
    })?;
    Ok(found.map(|(_, taken)| taken))
}

/// Reads again until the file is the same before and after; gives also what it was.
fn steadily<T>(path: &Path, read: impl Fn(&mut File, &Metadata) -> io::Result<T>) -> Result<Option<(Metadata, T)>> {
    let attempts = || {
        for _ in 0..MOST_READS {
            let mut file = File::open(path)?;
            let before = file.metadata()?;
            let found = read(&mut file, &before)?;
            if !before.is_file() || platform::identity(&before) == platform::identity(&file.metadata()?) {
                return Ok((before, found));
            }
        }
        Err(io::Error::new(ErrorKind::ResourceBusy, "it changes all the time"))
    };
    match attempts() {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read `{}`", path.display())),
    }
}
