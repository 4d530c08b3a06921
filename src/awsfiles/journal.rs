//! Owns the journal: before a run changes files, their old bytes go into one file of the journal's folder.
//! Such a file is one line of JSON, then the old bytes of each file one after the other.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::draft::Change;
use crate::clock::{Clock, rfc3339};
use crate::encoding::hex;
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
    /// What the run changed beyond its files, which an undo doesn't take back: a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lasting: Vec<String>,
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
    /// Where the symbolic link led that the run removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<PathBuf>,
    /// The hash of what the run's latest change began with, where it made several: what the file still is where that
    /// change was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256_between: Option<String>,
}

impl ChangedFile {
    /// Tells whether a file that holds `now` (none: isn't there) is the run's own, where its latest change was cut off too.
    pub(super) fn is_own(&self, old: Option<&[u8]>, now: Option<&[u8]>) -> bool {
        let hash = |bytes| sha256([bytes]);
        let between = || self.sha256_between.is_some() && now.map(hash) == self.sha256_between;
        self.is_as_changed(old, now) || between()
    }

    /// Tells whether a file that holds `now` is what the run made of `old`.
    fn is_as_changed(&self, old: Option<&[u8]>, now: Option<&[u8]>) -> bool {
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

/// What was noted of a change that is about to come.
pub(super) struct Noted {
    /// The entry.
    pub(super) id: u64,
    /// The entry's bytes before, where the change joined one.
    before: Option<Zeroizing<Vec<u8>>>,
}

impl Journal {
    pub(super) fn new(paths: &Paths, lock: Lock) -> Self {
        Self { folder: paths.journal(), lock }
    }

    /// Writes the old bytes of what is about to change.
    ///
    /// A run that goes on, such as a watch, has one entry as long as nobody else changes anything: undo goes back to
    /// before the run, and what others changed isn't buried. `run` is that entry.
    pub(super) fn note(
        &self,
        command: &str,
        undoes: Option<u64>,
        run: Option<u64>,
        lasting: &[String],
        changes: &[Change],
    ) -> Result<Noted> {
        if let Some(id) = run
            && let Some(before) = self.join(id, changes)?
        {
            return Ok(Noted { id, before: Some(before) });
        }
        self.record(command, undoes, lasting, changes).map(|id| Noted { id, before: None })
    }

    /// Adds changes to the last entry, if that is `id` and its files are as that run left them; gives its bytes before.
    fn join(&self, id: u64, changes: &[Change]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        if numbers(&self.folder)?.last() != Some(&id) {
            return Ok(None);
        }
        let path = file_of(&self.folder, id);
        let Some(read) = locked_file::read(&path)? else { return Ok(None) };
        let (bytes, seen) = (Zeroizing::new(read.bytes), read.seen);
        let Some(end) = memchr::memchr(b'\n', &bytes) else { return Ok(None) };
        let (head, old) = bytes.split_at(end + 1);
        let Ok(mut entry) = serde_json::from_slice::<Entry>(head) else { return Ok(None) };
        let Some(old_bytes) = split(&entry, old) else { return Ok(None) };
        let mut added: Vec<&[u8]> = Vec::new();
        for change in changes {
            let new = describe(change)?;
            let before = change.before.as_ref().map(|read| read.bytes.as_slice());
            match entry.files.iter_mut().zip(&old_bytes).find(|(file, _)| file.path == new.path) {
                Some((file, old)) if file.is_own(*old, before) => {
                    file.spans = Vec::new();
                    file.sha256_between = before.map(|bytes| sha256([bytes]));
                    file.sha256_after = change.after.as_ref().map(|after| sha256(after.pieces(change.old_bytes())));
                }
                Some(_) => return Ok(None),
                None => {
                    added.push(change.old_bytes());
                    entry.files.push(new);
                }
            }
        }
        let head = head_of(&entry)?;
        let parts: Vec<&[u8]> = [head.as_slice(), old].into_iter().chain(added).collect();
        match locked_file::replace_with_parts(&path, &parts, Mode::Secret, &seen, &self.lock)? {
            Replaced::Done => Ok(Some(bytes)),
            Replaced::ChangedMeanwhile => Ok(None),
        }
    }

    fn record(&self, command: &str, undoes: Option<u64>, lasting: &[String], changes: &[Change]) -> Result<u64> {
        let numbers = numbers(&self.folder)?;
        let id = numbers.last().map_or(1, |last| last + 1);
        let files = changes.iter().map(describe).collect::<Result<_>>()?;
        let time = rfc3339(Clock::System.now());
        let (command, lasting) = (command.to_owned(), lasting.to_vec());
        let entry = Entry { id, time, command, undoes, lasting, files, undone: false };
        let head = head_of(&entry)?;
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

    /// Takes back what was noted of a change that didn't come about.
    pub(super) fn take_back(&self, noted: Noted) -> Result<()> {
        let Some(before) = noted.before else { return self.forget(noted.id) };
        let path = file_of(&self.folder, noted.id);
        let seen = locked_file::read(&path)?.map_or(Fingerprint::ABSENT, |read| read.seen);
        locked_file::replace(&path, &before, Mode::Secret, &seen, &self.lock).map(drop)
    }

    fn forget(&self, id: u64) -> Result<()> {
        locked_file::remove(&file_of(&self.folder, id), &self.lock)
    }

    /// Removes what a killed run left, and makes room for one more run.
    pub(super) fn prune(&self) -> Result<()> {
        let numbers = numbers(&self.folder)?;
        let last = numbers.last().copied().unwrap_or_default();
        for id in [last, last + 1] {
            locked_file::remove_left_over(&file_of(&self.folder, id), &self.lock)?;
        }
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
    let end = memchr::memchr(b'\n', &bytes).ok_or_else(torn)?;
    let old = bytes.get(end + 1..).and_then(|old| split(entry, old)).ok_or_else(torn)?;
    Ok(old.into_iter().map(|old| old.map(<[u8]>::to_vec)).collect())
}

/// Splits the bytes behind an entry's line into those of its files; `None` where some are missing.
fn split<'a>(entry: &Entry, mut old: &'a [u8]) -> Option<Vec<Option<&'a [u8]>>> {
    let mut all = Vec::with_capacity(entry.files.len());
    for file in &entry.files {
        let (here, rest) = old.split_at_checked(file.length)?;
        all.push(file.existed.then_some(here));
        old = rest;
    }
    Some(all)
}

/// Hashes pieces of a text, one after the other.
pub(super) fn sha256<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    pieces.into_iter().for_each(|piece| hasher.update(piece));
    hex(&hasher.finalize())
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
        link: change.link.clone().filter(|_| change.after.is_none()),
        sha256_between: None,
    })
}

/// Writes an entry's line.
pub(super) fn head_of(entry: &Entry) -> Result<Vec<u8>> {
    let mut head = serde_json::to_vec(entry).context("could not write the journal's entry")?;
    head.push(b'\n');
    Ok(head)
}

pub(super) fn file_of(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:08}"))
}

/// Gives the numbers of the entries, in order; other files are none of ours.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u64>> {
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
pub(super) fn head(path: &Path) -> Result<Option<Entry>> {
    let mut line = Vec::new();
    match File::open(path).and_then(|file| BufReader::new(file).read_until(b'\n', &mut line)) {
        Ok(_) => Ok(serde_json::from_slice(&line).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read `{}`", path.display())),
    }
}
