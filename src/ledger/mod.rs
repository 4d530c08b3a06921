//! Owns the record of what was handed out: a line of JSON each, added without a lock, in a file of limited size and an older one.
//! It refuses secrets: of a key id it keeps the last four characters.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Result, visible};
use crate::locked_file::{self, Lock};
use crate::paths::Paths;
use crate::session::Session;

/// How long entries are shown, and kept where there is room.
const KEPT: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The length at which the file becomes the older one, in bytes: some 15,000 entries each.
const LARGEST: u64 = 4 << 20;

/// What one write carries whole, in bytes.
const LONGEST_LINE: usize = 4_096;

/// The most characters of a program's name.
const LONGEST_NAME: usize = 128;

/// What was handed out once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, RFC 3339.
    pub time: Timestamp,
    /// The profile.
    pub profile: String,
    /// Awstok's command.
    pub command: String,
    /// The program that got it, or where it was put; none where the system didn't tell.
    pub to: Option<String>,
    /// Twelve digits.
    pub account_id: Option<String>,
    /// The role's ARN.
    pub arn: Option<String>,
    /// The end of the credentials' life.
    pub expiration: Option<Timestamp>,
    /// Whether a call was made for it.
    pub status: Status,
    /// The last four characters of the access key id.
    pub key_id_end: Option<String>,
}

/// Where a session came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// From AWS, or another source.
    Fetched,
    /// From the cache.
    Reused,
}

impl Status {
    /// Gives the word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Reused => "reused",
        }
    }
}

/// What is handed out, before it is written down.
#[derive(Debug, Clone, Copy)]
pub struct HandedOut<'a> {
    /// The profile.
    pub profile: &'a str,
    /// Awstok's command.
    pub command: &'a str,
    /// The program that gets it.
    pub to: Option<&'a str>,
    /// The account, where the profile knows it.
    pub account_id: Option<&'a str>,
    /// The session itself.
    pub session: &'a Session,
    /// Whether it was there already.
    pub reused: bool,
}

/// What came to light as an entry was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// Nothing.
    Quietly,
    /// Others could read the file.
    ToWideFile,
}

/// The entries of the last year, in the order in which they were written.
#[derive(Debug, Default)]
pub struct Book {
    /// The entries.
    pub entries: Vec<Entry>,
    /// How many lines are none.
    pub odd: usize,
}

impl Entry {
    fn of(handed: &HandedOut<'_>, now: Timestamp) -> Self {
        let session = handed.session;
        let key_id = session.credentials.access_key_id();
        Self {
            time: whole_seconds(now),
            profile: plain(handed.profile),
            command: plain(handed.command),
            to: handed.to.map(|name| plain(name).chars().take(LONGEST_NAME).collect()),
            account_id: handed.account_id.or_else(|| session.account_id()).map(plain),
            arn: session.arn.as_deref().map(plain),
            expiration: session.expiration().map(whole_seconds),
            status: if handed.reused { Status::Reused } else { Status::Fetched },
            // a key id that is hardly longer would be given away
            key_id_end: (key_id.len() >= 16).then(|| key_id.get(key_id.len() - 4..).map(str::to_owned)).flatten(),
        }
    }

    /// Writes the entry as a line; what a single write wouldn't carry loses its ARN, which has the most room to grow.
    fn line(mut self) -> Result<String> {
        let mut line = serde_json::to_string(&self)?;
        if line.len() >= LONGEST_LINE {
            self.arn = None;
            line = serde_json::to_string(&self)?;
        }
        line.push('\n');
        Ok(line)
    }

    /// Reads a line: whole, or behind what was left of another that was torn.
    fn read(line: &str) -> Option<Self> {
        // quotes inside of values are escaped: this stands nowhere else
        const BEGIN: &str = "{\"time\":";
        line.match_indices(BEGIN).find_map(|(at, _)| serde_json::from_str::<Self>(&line[at..]).ok()).map(Self::cleaned)
    }

    /// Takes out of a line what awstok wouldn't have written.
    fn cleaned(self) -> Self {
        let clean = |text: Option<String>| text.as_deref().map(plain);
        Self {
            profile: plain(&self.profile),
            command: plain(&self.command),
            to: clean(self.to),
            account_id: clean(self.account_id),
            arn: clean(self.arn),
            key_id_end: clean(self.key_id_end),
            ..self
        }
    }
}

/// Adds an entry: on most days one open and one write. A file that has become too large, or whose first entry is too old,
/// becomes the older one.
///
/// # Errors
/// Where it can't be written; that is no reason to hand out nothing.
pub fn add(paths: &Paths, handed: &HandedOut<'_>, now: Timestamp) -> Result<Added> {
    let file = paths.log();
    let line = Entry::of(handed, now).line()?;
    let appended = match locked_file::append(&file, line.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            locked_file::private_folder(&paths.own)?;
            locked_file::append(&file, line.as_bytes())?
        }
        appended => appended?,
    };
    if appended.length > LARGEST {
        set_aside(paths, LARGEST)?;
    } else if !handed.reused {
        // a call to AWS took long enough that nobody minds
        let is_old = |entry: &Entry| now.duration_since(entry.time) > KEPT;
        if first_entry(paths).is_some_and(|entry| is_old(&entry)) {
            set_aside(paths, 0)?;
        }
    }
    Ok(if appended.is_wide { Added::ToWideFile } else { Added::Quietly })
}

/// Makes the file the older one, unless another process is doing that.
fn set_aside(paths: &Paths, most: u64) -> Result<()> {
    let lock: Option<Lock> = locked_file::try_lock(&paths.locks().join("log"))?;
    let Some(lock) = lock else { return Ok(()) };
    locked_file::set_aside(&paths.log(), most, &paths.older_log(), &lock).map(drop)
}

/// Reads the first entry of the present file.
fn first_entry(paths: &Paths) -> Option<Entry> {
    let bytes = beginning(&paths.log(), LONGEST_LINE as u64).ok()??;
    String::from_utf8_lossy(&bytes).lines().find_map(Entry::read)
}

/// Reads the entries of the last year.
///
/// # Errors
/// Where a file can't be read; one that isn't there is empty.
pub fn read(paths: &Paths, now: Timestamp) -> Result<Book> {
    let mut book = Book::default();
    for file in [paths.older_log(), paths.log()] {
        // beyond that length it isn't awstok that wrote there
        let Some(found) = beginning(&file, 2 * LARGEST)? else { continue };
        for line in found.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match Entry::read(&String::from_utf8_lossy(line)) {
                Some(entry) if now.duration_since(entry.time) > KEPT => {}
                Some(entry) => book.entries.push(entry),
                None => book.odd += 1,
            }
        }
    }
    Ok(book)
}

/// Reads the beginning of a file, which others may be adding to; none where there is no file.
fn beginning(file: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let read = || {
        // whoever opens a pipe waits for its other end
        if !std::fs::metadata(file)?.is_file() {
            return Err(std::io::Error::new(ErrorKind::InvalidData, "it is no plain file"));
        }
        let mut bytes = Vec::new();
        File::open(file)?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read `{}`", file.display())),
    }
}

fn whole_seconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

fn plain(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}
