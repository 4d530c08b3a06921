//! Owns undo: all files of the last run that changed something get their old bytes back, as one more journaled change.
//! It refuses, unless forced, to overwrite what somebody else wrote since.

use std::path::{Path, PathBuf};

use super::draft::FileSpec;
use super::journal::{self, ChangedFile, Entry};
use super::names::Naming;
use super::store::{AwsFiles, Outcome};
use crate::error::{Result, invalid};
use crate::locked_file::{self, Mode};
use crate::paths::Paths;

/// The command whose changes stay: it took secrets out of the copies that an undo would put back.
const STAYS: &str = "secret move";

/// Undoes the last run that changed something and isn't undone; called again, the one before it. Gives the run that was
/// undone and what that changed; `None` where there is nothing to undo.
///
/// # Errors
/// Says how a move of secrets is taken back. Names the file that was changed since, unless `force` is given; that change would not be lost either: it is journaled.
pub fn undo(paths: &Paths, force: bool) -> Result<Option<(Entry, Outcome)>> {
    undo_where(paths, force, |_| Ok(()))
}

/// The same, where `admit` lets the run be undone: it is asked before anything changes.
///
/// # Errors
/// As `undo`, and those of `admit`.
pub fn undo_where(
    paths: &Paths,
    force: bool,
    mut admit: impl FnMut(&Entry) -> Result<()>,
) -> Result<Option<(Entry, Outcome)>> {
    for entry in journal::list(paths)?.into_iter().rev().filter(|entry| entry.undoes.is_none() && !entry.undone) {
        if entry.command.starts_with(STAYS) {
            if force {
                continue;
            }
            let mut ways = entry.lasting;
            ways.push("`awstok undo --force` undoes the run before".to_owned());
            return Err(invalid(format!("`{}` isn't undone: the journal keeps no secrets", entry.command))
                .hint(ways.join("; "))
                .into());
        }
        admit(&entry)?;
        let old = journal::old_bytes(paths, &entry)?;
        let files = entry
            .files
            .iter()
            .map(|file| FileSpec { path: file.path.clone(), mode: Mode::Keep, naming: Naming::Plain })
            .collect();
        let outcome =
            AwsFiles::of(paths, files).change_as(&format!("undo {}", entry.id), Some(entry.id), |drafts| {
                for ((draft, file), old) in drafts.all().zip(&entry.files).zip(&old) {
                    let now = draft.existed().then(|| draft.bytes());
                    if now == old.as_deref() {
                        continue;
                    }
                    if !force && !file.is_own(old.as_deref(), now) {
                        return Err(changed_since(file, &entry).into());
                    }
                    match (old, &file.link) {
                        (Some(old), Some(to)) if now.is_none() => match behind(file, to)? {
                            Some(there) => draft.link(to.clone(), there),
                            None => draft.replace_all(old.clone()),
                        },
                        (Some(old), _) => draft.replace_all(old.clone()),
                        (None, _) => draft.delete(),
                    }
                }
                Ok(())
            })?;
        // a run that was killed before its first write changed nothing: the one before it is meant
        if outcome.entry.is_some() {
            return Ok(Some((entry, outcome)));
        }
    }
    Ok(None)
}

/// Gives what lies where the link of a file led; none where that has gone too.
fn behind(file: &ChangedFile, to: &Path) -> Result<Option<Vec<u8>>> {
    let folder = file.path.parent().unwrap_or(Path::new("/"));
    Ok(locked_file::read(&folder.join(to))?.map(|there| there.bytes))
}

fn changed_since(file: &ChangedFile, entry: &Entry) -> crate::error::Failure {
    invalid(format!(
        "`{}` was changed by somebody else since run {} ({})",
        file.path.display(),
        entry.id,
        entry.command
    ))
    .hint("`awstok undo --force` puts the old bytes back all the same; what is there now is kept in the journal")
}

/// Gives the bytes that a file had before awstok first touched it, as far as the journal knows it.
///
/// # Errors
/// Where the journal can't be read.
pub fn first_copy(paths: &Paths, file: &Path) -> Result<Option<Vec<u8>>> {
    let target: PathBuf = locked_file::target(file)?;
    for entry in journal::list(paths)? {
        if let Some(nth) = entry.files.iter().position(|file| file.path == target) {
            return Ok(journal::old_bytes(paths, &entry)?.into_iter().nth(nth).flatten());
        }
    }
    Ok(None)
}
