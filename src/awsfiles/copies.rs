//! Owns the rewriting of the journal's older copies, so that a secret that was moved elsewhere leaves them too.
//! It refuses to change what they say beside that: an undo finds the same changes as before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::draft::{Draft, FileSpec};
use super::journal::{ChangedFile, Entry, file_of, head, head_of, numbers, old_bytes, sha256};
use super::names::Naming;
use crate::error::{Failure, Kind, Result};
use crate::locked_file::{self, Fingerprint, Lock, Mode, Read, Replaced};
use crate::paths::Paths;

/// How long another awstok may work on the journal.
const PATIENCE: Duration = Duration::from_secs(20);

/// What becomes of an older copy: other bytes, or none where it stays.
pub type Rewrite<'a> = &'a dyn Fn(&Path, &[u8]) -> Option<Vec<u8>>;

/// Changes sections of a text as a draft would.
///
/// # Errors
/// Of `edit`; where the text can't be read as such a file.
pub fn edited(path: &Path, bytes: &[u8], edit: impl FnOnce(&mut Draft) -> Result<()>) -> Result<Option<Vec<u8>>> {
    let spec = FileSpec { path: path.to_owned(), mode: Mode::Secret, naming: Naming::Plain };
    let mut draft = Draft::new(spec, Some(Read { bytes: bytes.to_owned(), seen: Fingerprint::ABSENT, mode: 0o600 }));
    edit(&mut draft)?;
    Ok(draft.finish()?.and_then(|change| change.new_pieces().map(|pieces| pieces.concat())))
}

/// Rewrites all copies that the journal keeps, the oldest first; called again after it was killed, it goes on.
///
/// # Errors
/// Where the journal can't be read or written.
pub fn rewrite_copies(paths: &Paths, rewrite: Rewrite<'_>) -> Result<()> {
    let folder = paths.journal();
    let numbers_before = numbers(&folder)?;
    let Some(last) = numbers_before.last() else { return Ok(()) };
    let lock = locked_file::lock(&paths.locks().join("journal.lock"), PATIENCE)?;
    // what a killed run left of an entry holds old bytes, too
    for id in numbers_before.iter().copied().chain([last + 1]) {
        locked_file::remove_left_over(&file_of(&folder, id), &lock)?;
    }
    let mut copies = Vec::new();
    for id in numbers(&folder)? {
        if let Some(entry) = head(&file_of(&folder, id))? {
            let old = old_bytes(paths, &entry)?.into_iter().map(|old| old.map(Zeroizing::new)).collect();
            copies.push(Copies { entry, old });
        }
    }
    // what a run made of a file is what the next run that changed it found, or what is there now
    let mut next: BTreeMap<PathBuf, Option<Zeroizing<Vec<u8>>>> = BTreeMap::new();
    let mut changed = Vec::new();
    for copy in copies.into_iter().rev() {
        let mut new = Vec::new();
        for (file, old) in copy.entry.files.iter().zip(&copy.old) {
            let after = match next.get(&file.path) {
                Some(after) => after.clone(),
                None => locked_file::read(&file.path)?.map(|read| Zeroizing::new(read.bytes)),
            };
            new.push(rewritten(file, old.as_ref(), after.as_ref(), rewrite));
            next.insert(file.path.clone(), old.clone());
        }
        if new.iter().any(Option::is_some) {
            changed.push((copy, new));
        }
    }
    for (copy, new) in changed.into_iter().rev() {
        copy.write(&folder, new, &lock)?;
    }
    Ok(())
}

/// An entry, with the old bytes of its files.
struct Copies {
    entry: Entry,
    old: Vec<Option<Zeroizing<Vec<u8>>>>,
}

impl Copies {
    fn write(mut self, folder: &Path, new: Vec<Option<New>>, lock: &Lock) -> Result<()> {
        for ((file, old), new) in self.entry.files.iter_mut().zip(&mut self.old).zip(new) {
            let Some(new) = new else { continue };
            (file.spans, file.sha256_after, file.sha256_between) = (new.spans, new.sha256_after, None);
            file.length = new.old.as_ref().map_or(0, |old| old.len());
            *old = new.old;
        }
        let line = head_of(&self.entry)?;
        let parts: Vec<&[u8]> =
            [line.as_slice()].into_iter().chain(self.old.iter().flatten().map(|old| old.as_slice())).collect();
        let path = file_of(folder, self.entry.id);
        let seen = locked_file::read(&path)?.map_or(Fingerprint::ABSENT, |read| read.seen);
        match locked_file::replace_with_parts(&path, &parts, Mode::Secret, &seen, lock)? {
            Replaced::Done => Ok(()),
            Replaced::ChangedMeanwhile => {
                Err(Failure::new(Kind::Other, format!("`{}` changed meanwhile", path.display()))
                    .hint("run it again")
                    .into())
            }
        }
    }
}

/// What an entry will say of one file.
struct New {
    old: Option<Zeroizing<Vec<u8>>>,
    spans: Vec<(std::ops::Range<usize>, usize)>,
    sha256_after: Option<String>,
}

/// Gives what an entry will say of one file; none where that is what it says already.
fn rewritten(
    file: &ChangedFile,
    old: Option<&Zeroizing<Vec<u8>>>,
    after: Option<&Zeroizing<Vec<u8>>>,
    rewrite: Rewrite<'_>,
) -> Option<New> {
    let apply =
        |bytes: Option<&Zeroizing<Vec<u8>>>| bytes.and_then(|bytes| rewrite(&file.path, bytes)).map(Zeroizing::new);
    let (new_old, new_after) = (apply(old), apply(after));
    if new_old.is_none() && new_after.is_none() {
        return None;
    }
    let bytes = |text: Option<&Zeroizing<Vec<u8>>>| text.map(|text| text.to_vec());
    let says = |after: Option<&Zeroizing<Vec<u8>>>| {
        let (old, after) = (bytes(old), bytes(after));
        file.is_own(old.as_deref(), after.as_deref())
    };
    let end = new_after.as_ref().or(after);
    // it may say so already, where an earlier rewriting was cut off behind it
    if new_old.is_none() && !says(after) {
        return None;
    }
    // what somebody else wrote since isn't what the run made: an undo goes on to refuse that
    let sha256_after = match says(after) {
        true => end.map(|end| sha256([end.as_slice()])),
        false => file.sha256_after.as_ref().map(|_| String::new()),
    };
    Some(New { old: new_old.or_else(|| old.cloned()), spans: Vec::new(), sha256_after })
}
