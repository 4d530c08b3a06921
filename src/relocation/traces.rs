//! Owns the search for secrets that still stand in files in clear.
//! It refuses to change any of them.

use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem;
use zeroize::Zeroizing;

use crate::paths::Paths;
use crate::secret::Secret;

/// Larger files hold no keys, and nobody waits for their search.
const MOST_BYTES: u64 = 16 << 20;
/// Folders below each other.
const DEEPEST: usize = 6;

/// Finds the files beside awstok's own and the AWS files that hold one of the secrets.
pub(super) fn of<'s>(paths: &Paths, secrets: impl Iterator<Item = &'s Secret<String>>) -> Vec<PathBuf> {
    let secrets: Vec<&Secret<String>> = secrets.collect();
    let mut holders = Vec::new();
    let folders = [Some(paths.own.as_path()), Some(&paths.profiles), paths.credentials.parent(), paths.config.parent()];
    for folder in folders.into_iter().flatten() {
        // a file named by a variable may lie in any folder: only the usual one is awstok's business as a whole
        let depth =
            if folder.file_name().is_some_and(|name| name == ".aws") || folder == paths.own || folder == paths.profiles
            {
                DEEPEST
            } else {
                0
            };
        search(folder, depth, &secrets, &mut holders);
    }
    for file in [&paths.credentials, &paths.config] {
        look_at(file, &secrets, &mut holders);
    }
    holders.retain(|file| !file.starts_with(paths.journal()));
    holders.sort();
    holders.dedup();
    holders
}

fn search(folder: &Path, depth: usize, secrets: &[&Secret<String>], holders: &mut Vec<PathBuf>) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => search(&entry.path(), deeper, secrets, holders),
            Ok(kind) if kind.is_file() => look_at(&entry.path(), secrets, holders),
            _ => {}
        }
    }
}

fn look_at(file: &Path, secrets: &[&Secret<String>], holders: &mut Vec<PathBuf>) {
    if fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= MOST_BYTES)
        && let Ok(bytes) = fs::read(file).map(Zeroizing::new)
        && secrets.iter().any(|secret| holds(&bytes, secret))
    {
        holders.push(file.to_owned());
    }
}

fn holds(bytes: &[u8], secret: &Secret<String>) -> bool {
    !secret.expose().is_empty() && memmem::find(bytes, secret.expose().as_bytes()).is_some()
}

/// Gives a text without the lines that hold one of the secrets; none where no line does.
pub(super) fn without_lines<'s>(bytes: &[u8], secrets: impl Iterator<Item = &'s Secret<String>>) -> Option<Vec<u8>> {
    let secrets: Vec<&Secret<String>> = secrets.collect();
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let kept: Vec<&[u8]> = lines.filter(|line| !secrets.iter().any(|secret| holds(line, secret))).collect();
    let kept = kept.concat();
    (kept.len() != bytes.len()).then_some(kept)
}
