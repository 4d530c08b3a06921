//! Owns the journal: before a run changes files, their old bytes go into one file of the journal's folder.
//! Such a file is one line of JSON, then the old bytes of each file one after the other.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::draft::Change;
use crate::clock::{Clock, rfc3339};
use crate::error::{Result, invalid};
use crate::locked_file::{self, Fingerprint, Lock, Mode, Replaced};
use crate::paths::Paths;

/// How many runs are kept. Beyond that, only each file's first copy is: its bytes before awstok ever touched it.
const KEPT: usize = 100;

/// What a run changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The run's number; later runs have larger ones.
    pub id: u64,
    /// When, RFC 3339.
    pub time: String,
    /// The command, without secrets.
    pub command: String,
    /// The run that this one undid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// The files, in the order of their old bytes.
    pub files: Vec<ChangedFile>,
    /// Whether a later run undid this one.
    #[serde(skip)]
    pub undone: bool,
}

/// One file that a run changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangedFile {
    /// The file, behind its links.
    pub path: PathBuf,
    /// Whether it existed before.
    pub existed: bool,
    /// Its permission bits before.
    pub mode: u32,
    /// The number of its old bytes.
    pub length: usize,
    /// The changed places of the old bytes, each with the length of what stands there now: all other bytes are the old ones.
    /// Without any the hash is that of the whole file.
    #[serde(default)]
    pub spans: Vec<(Range<usize>, usize)>,
    /// The hash of the bytes that stand in those places now, one after the other; none where the run removed the file.
    pub sha256_after: Option<String>,
}

impl ChangedFile {
    /// Tells whether a file that holds `now` is what the run made of `old`.
    pub(super) fn is_as_changed(&self, old: Option<&[u8]>, now: Option<&[u8]>) -> bool {
        match (now, &self.sha256_after) {
            (None, None) => true,
            (Some(now), Some(hash)) => {
                self.new_bytes(old.unwrap_or_default(), now).is_some_and(|new| sha256(new.iter().copied()) == *hash)
            }
            _ => false,
        }
    }

    /// Gives what stands in the changed places; `None` where anything beside them isn't as it was.
    fn new_bytes<'a>(&self, old: &[u8], now: &'a [u8]) -> Option<Vec<&'a [u8]>> {
        if self.spans.is_empty() {
            return Some(vec![now]);
        }
        let (mut done, mut rest) = (0, now);
        let mut new = Vec::with_capacity(self.spans.len());
        for (place, length) in &self.spans {
            rest = rest.strip_prefix(old.get(done..place.start)?)?;
            let (here, behind) = rest.split_at_checked(*length)?;
            new.push(here);
            (done, rest) = (place.end, behind);
        }
        (rest == old.get(done..)?).then_some(new)
    }
}

/// The journal's folder, held by its lock.
pub(super) struct Journal {
    folder: PathBuf,
    lock: Lock,
}

impl Journal {
    pub(super) fn new(paths: &Paths, lock: Lock) -> Self {
        Self { folder: paths.journal(), lock }
    }

    /// Writes the old bytes of what is about to change.
    pub(super) fn record(&self, command: &str, undoes: Option<u64>, changes: &[Change]) -> Result<u64> {
        let numbers = numbers(&self.folder)?;
        let id = numbers.last().map_or(1, |last| last + 1);
        let files = changes.iter().map(describe).collect::<Result<_>>()?;
        let time = rfc3339(Clock::System.now());
        let entry = Entry { id, time, command: command.to_owned(), undoes, files, undone: false };
        let mut head = serde_json::to_vec(&entry).context("could not write the journal's entry")?;
        head.push(b'\n');
        let mut parts = vec![head.as_slice()];
        parts.extend(changes.iter().map(Change::old_bytes));
        let path = file_of(&self.folder, id);
        match locked_file::replace_with_parts(&path, &parts, Mode::Secret, &Fingerprint::ABSENT, &self.lock) {
            Ok(Replaced::Done) => Ok(id),
            Ok(Replaced::ChangedMeanwhile) => Err(invalid(format!("`{}` exists already", path.display())).into()),
            Err(error) => {
                // it may be in place, where only syncing the folder failed; the first error is the one to tell
                let _ = self.forget(id);
                Err(error)
            }
        }
    }

    /// Takes back an entry whose change didn't come about.
    pub(super) fn forget(&self, id: u64) -> Result<()> {
        locked_file::remove(&file_of(&self.folder, id), &self.lock)
    }

    /// Removes what a killed run left, and makes room for one more run.
    pub(super) fn prune(&self) -> Result<()> {
        let numbers = numbers(&self.folder)?;
        let next = file_of(&self.folder, numbers.last().map_or(1, |last| last + 1));
        locked_file::remove_left_over(&next, &self.lock)?;
        let Some(old) = (numbers.len() + 1).checked_sub(KEPT).and_then(|old| numbers.get(..old)) else { return Ok(()) };
        let mut known: Vec<PathBuf> = Vec::new();
        for id in old {
            let Some(entry) = head(&file_of(&self.folder, *id))? else { continue };
            let mut is_first_copy = false;
            for file in entry.files {
                if !known.contains(&file.path) {
                    known.push(file.path);
                    is_first_copy = true;
                }
            }
            if !is_first_copy {
                self.forget(*id)?;
            }
        }
        Ok(())
    }
}

/// Lists the journal, oldest first.
///
/// # Errors
/// Where the journal can't be read.
pub fn list(paths: &Paths) -> Result<Vec<Entry>> {
    let folder = paths.journal();
    let mut entries = Vec::new();
    for id in numbers(&folder)? {
        entries.extend(head(&file_of(&folder, id))?);
    }
    // an undo that was killed on its way is the last entry, and some file isn't what it was to become
    let is_torn_undo = |entry: &Entry| entry.undoes.is_some() && !is_complete(paths, entry);
    let whole = entries.len() - usize::from(entries.last().is_some_and(is_torn_undo));
    let undone: Vec<u64> = entries.iter().take(whole).filter_map(|entry| entry.undoes).collect();
    for entry in &mut entries {
        entry.undone = undone.contains(&entry.id);
    }
    Ok(entries)
}

/// Tells whether all files are what the run made of them.
fn is_complete(paths: &Paths, entry: &Entry) -> bool {
    written(paths, entry).is_ok_and(|written| written == entry.files.len())
}

/// Counts the files that are what the run made of them.
fn written(paths: &Paths, entry: &Entry) -> Result<usize> {
    let old = old_bytes(paths, entry)?;
    let is_written = |(file, old): &(&ChangedFile, &Option<Vec<u8>>)| {
        let now = locked_file::read(&file.path);
        now.is_ok_and(|now| file.is_as_changed(old.as_deref(), now.as_ref().map(|read| read.bytes.as_slice())))
    };
    Ok(entry.files.iter().zip(&old).filter(is_written).count())
}

/// Reads the old bytes of an entry's files; `None` for a file that didn't exist.
pub(super) fn old_bytes(paths: &Paths, entry: &Entry) -> Result<Vec<Option<Vec<u8>>>> {
    let path = file_of(&paths.journal(), entry.id);
    let torn = || invalid(format!("the journal's entry `{}` is torn", path.display()));
    let bytes = locked_file::read(&path)?.ok_or_else(torn)?.bytes;
    let mut start = memchr::memchr(b'\n', &bytes).ok_or_else(torn)? + 1;
    let mut all = Vec::new();
    for file in &entry.files {
        let range: Range<usize> = start..start.checked_add(file.length).ok_or_else(torn)?;
        let old = bytes.get(range).ok_or_else(torn)?;
        all.push(file.existed.then(|| old.to_vec()));
        start += file.length;
    }
    Ok(all)
}

/// Hashes pieces of a text, one after the other.
pub(super) fn sha256<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    pieces.into_iter().for_each(|piece| hasher.update(piece));
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives the last run where it is one of `command` that was killed between its first write and its last.
///
/// # Errors
/// Where the journal can't be read.
pub fn interrupted(paths: &Paths, command: &str) -> Result<Option<Entry>> {
    let last = list(paths)?.pop().filter(|entry| entry.command == command && entry.undoes.is_none() && !entry.undone);
    let Some(entry) = last else { return Ok(None) };
    let written = written(paths, &entry)?;
    Ok((1..entry.files.len()).contains(&written).then_some(entry))
}

fn describe(change: &Change) -> Result<ChangedFile> {
    // of a link, what goes is the link itself
    let path = match &change.after {
        Some(_) => locked_file::target(&change.spec.path)?,
        None => std::path::absolute(&change.spec.path)
            .with_context(|| format!("could not find `{}`", change.spec.path.display()))?,
    };
    let splices = change.after.as_ref().map_or(&[][..], |after| &after.splices);
    Ok(ChangedFile {
        path,
        existed: change.before.is_some(),
        mode: change.before.as_ref().map_or(0, |read| read.mode),
        length: change.old_bytes().len(),
        spans: splices.iter().map(|(place, new)| (place.clone(), new.len())).collect(),
        sha256_after: change.after.as_ref().map(|_| sha256(splices.iter().map(|(_, new)| new.as_slice()))),
    })
}

fn file_of(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:08}"))
}

/// Gives the numbers of the entries, in order; other files are none of ours.
fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let context = || format!("could not read the journal `{}`", folder.display());
    let found = match fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(context),
    };
    let mut numbers = Vec::new();
    for file in found {
        let name = file.with_context(context)?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reads an entry without its bytes; `None` for one that was pruned meanwhile or is no entry.
fn head(path: &Path) -> Result<Option<Entry>> {
    let mut line = Vec::new();
    match File::open(path).and_then(|file| BufReader::new(file).read_until(b'\n', &mut line)) {
        Ok(_) => Ok(serde_json::from_slice(&line).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read `{}`", path.display())),
    }
}
