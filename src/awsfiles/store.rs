//! Owns changes of the AWS files as a whole: lock, read, edit, verify, journal, commit, or nothing at all.
//! It refuses to lose anybody's work: a file that another program changed meanwhile is read and edited again.

use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::draft::{Change, Draft, FileSpec};
use super::journal::{Journal, sha256};
use super::names::Naming;
use crate::error::{Failure, Kind, Result, invalid};
use crate::locked_file::{self, Lock, Mode, Replaced};
use crate::paths::Paths;

/// How long another awstok is waited for: it holds these locks for milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often files that other programs keep changing are tried again.
const MOST_TRIES: usize = 10;

/// From this size on, in bytes, files are read and lexed side by side.
const LARGE: u64 = 256 << 10;

/// The AWS files, and others that change together with them.
#[derive(Debug)]
pub struct AwsFiles {
    paths: Paths,
    files: Vec<FileSpec>,
    /// The journal's entry of the run that goes on.
    run: Option<u64>,
    /// What an undo won't take back.
    lasting: Vec<String>,
}

/// What a change did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The files that were written or removed.
    pub changed: Vec<PathBuf>,
    /// The journal's entry; none where nothing changed.
    pub entry: Option<u64>,
}

/// What a change would do to a file; nothing before or after means that it doesn't exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The file.
    pub path: PathBuf,
    /// Its bytes now.
    pub before: Option<Vec<u8>>,
    /// Its bytes then.
    pub after: Option<Vec<u8>>,
}

/// The files of a change, as they were read, with the changes asked for.
#[derive(Debug)]
pub struct Drafts(Vec<Draft>);

impl Drafts {
    /// Gives the credentials file.
    ///
    /// # Errors
    /// In an undo, which knows no roles of files.
    pub fn credentials(&mut self) -> Result<&mut Draft> {
        self.0.get_mut(0).ok_or_else(|| invalid("there is no credentials file in this change").into())
    }

    /// Gives the config file.
    ///
    /// # Errors
    /// In an undo, which knows no roles of files.
    pub fn config(&mut self) -> Result<&mut Draft> {
        self.0.get_mut(1).ok_or_else(|| invalid("there is no config file in this change").into())
    }

    /// Gives the credentials file and the config file, to look at both.
    ///
    /// # Errors
    /// In an undo, which knows no roles of files.
    pub(super) fn both(&self) -> Result<(&Draft, &Draft)> {
        match self.0.as_slice() {
            [credentials, config, ..] => Ok((credentials, config)),
            _ => Err(invalid("there are no credentials and config files in this change").into()),
        }
    }

    /// Gives a file that was named before the change.
    ///
    /// # Errors
    /// Where it wasn't.
    pub fn file(&mut self, path: &Path) -> Result<&mut Draft> {
        self.0
            .iter_mut()
            .find(|draft| draft.path() == path)
            .ok_or_else(|| invalid(format!("`{}` is no file of this change", path.display())).into())
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.0.iter_mut()
    }

    fn read(files: &[FileSpec]) -> Result<Self> {
        let read = |spec: &FileSpec| Ok(Draft::new(spec.clone(), locked_file::read(&spec.path)?));
        let is_large = |spec: &&FileSpec| fs::metadata(&spec.path).is_ok_and(|found| found.len() >= LARGE);
        if files.iter().filter(is_large).count() < 2 {
            return Ok(Self(files.iter().map(read).collect::<Result<_>>()?));
        }
        let read_and_lex = |spec| {
            let draft = read(spec)?;
            // whoever needs what can't be read is told then
            let _ = draft.document();
            Ok(draft)
        };
        thread::scope(|scope| {
            let reading: Vec<_> = files.iter().map(|spec| scope.spawn(move || read_and_lex(spec))).collect();
            let read = |reading: ScopedJoinHandle<'_, _>| reading.join().unwrap_or_else(|panic| resume_unwind(panic));
            Ok(Self(reading.into_iter().map(read).collect::<Result<_>>()?))
        })
    }

    fn finish(self) -> Result<Vec<Change>> {
        let changes: Vec<Option<Change>> = self.0.into_iter().map(Draft::finish).collect::<Result<_>>()?;
        Ok(changes.into_iter().flatten().collect())
    }
}

impl AwsFiles {
    /// Names the credentials file and the config file.
    pub fn new(paths: &Paths) -> Self {
        let credentials = FileSpec { path: paths.credentials.clone(), mode: Mode::Secret, naming: Naming::Plain };
        let config = FileSpec { path: paths.config.clone(), mode: Mode::Keep, naming: Naming::Profile };
        Self { paths: paths.clone(), files: vec![credentials, config], run: None, lasting: Vec::new() }
    }

    /// Names another file that changes together with them, such as a profile file.
    #[must_use]
    pub fn with(mut self, path: &Path, mode: Mode) -> Self {
        self.files.push(FileSpec { path: path.to_owned(), mode, naming: Naming::Plain });
        self
    }

    /// Makes the change part of a run that goes on, by the journal's entry of its last change: undo takes both back at
    /// once, unless somebody else changed something between them.
    #[must_use]
    pub fn going_on(mut self, run: Option<u64>) -> Self {
        self.run = run;
        self
    }

    /// Says what the change brings with it that an undo doesn't take back: a sentence each.
    #[must_use]
    pub fn lasting(mut self, what: Vec<String>) -> Self {
        self.lasting = what;
        self
    }

    pub(super) fn of(paths: &Paths, files: Vec<FileSpec>) -> Self {
        Self { paths: paths.clone(), files, run: None, lasting: Vec::new() }
    }

    /// Changes the files: all of them or, on any failure, none. `edit` is called again where another program was faster.
    ///
    /// # Errors
    /// Those of `edit`; names file and line of what can't be read, and file and reason of what can't be written.
    pub fn change(&self, command: &str, edit: impl FnMut(&mut Drafts) -> Result<()>) -> Result<Outcome> {
        self.change_as(command, None, edit)
    }

    /// Tells what `change` would do, without lock, journal or write.
    ///
    /// # Errors
    /// As `change`.
    pub fn preview(&self, edit: impl FnOnce(&mut Drafts) -> Result<()>) -> Result<Vec<Preview>> {
        let mut drafts = Drafts::read(&self.files)?;
        edit(&mut drafts)?;
        let preview = |change: Change| Preview {
            after: change.new_pieces().map(|pieces| pieces.concat()),
            path: change.spec.path,
            before: change.before.map(|read| read.bytes),
        };
        Ok(drafts.finish()?.into_iter().map(preview).collect())
    }

    pub(super) fn change_as(
        &self,
        command: &str,
        undoes: Option<u64>,
        mut edit: impl FnMut(&mut Drafts) -> Result<()>,
    ) -> Result<Outcome> {
        for folder in [self.paths.own.clone(), self.paths.locks(), self.paths.journal()] {
            locked_file::private_folder(&folder)?;
        }
        let locks = self.lock()?;
        for _ in 0..MOST_TRIES {
            let mut drafts = Drafts::read(&self.files)?;
            edit(&mut drafts)?;
            let changes = drafts.finish()?;
            let Some(first) = locks.first().filter(|_| !changes.is_empty()) else {
                return Ok(Outcome::default());
            };
            let journal = Journal::new(&self.paths, self.lock_named("journal")?);
            // before the change: a failure behind it would speak of files left as they were
            journal.prune()?;
            let noted = journal.note(command, undoes, self.run, &self.lasting, &changes)?;
            match commit_all(&changes, first) {
                Ok(Replaced::Done) => {
                    let changed = changes.into_iter().map(|change| change.spec.path).collect();
                    return Ok(Outcome { changed, entry: Some(noted.id) });
                }
                Ok(Replaced::ChangedMeanwhile) => journal.take_back(noted)?,
                Err(Incomplete { error, is_restored }) => {
                    if is_restored {
                        journal.take_back(noted)?;
                    }
                    return Err(error);
                }
            }
        }
        Err(Failure::new(Kind::Other, "other programs kept changing the files meanwhile").hint("try again").into())
    }

    /// Takes the locks of all files, one a file behind its links, always in the same order, and clears what a killed run left.
    fn lock(&self) -> Result<Vec<Lock>> {
        let mut targets =
            self.files.iter().map(|spec| locked_file::target(&spec.path)).collect::<Result<Vec<PathBuf>>>()?;
        targets.sort();
        if let Some(twice) = targets.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(invalid(format!("`{}` can't be two files at once", twice[0].display()))
                .hint("let `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name two files")
                .into());
        }
        let mut locks = Vec::new();
        for target in targets {
            let name = target.file_name().unwrap_or_default().to_string_lossy();
            let hash = sha256([target.as_os_str().as_encoded_bytes()]);
            let lock = self.lock_named(&format!("{name}-{}", hash.get(..12).unwrap_or_default()))?;
            locked_file::remove_left_over(&target, &lock)?;
            locks.push(lock);
        }
        Ok(locks)
    }

    fn lock_named(&self, name: &str) -> Result<Lock> {
        locked_file::lock(&self.paths.locks().join(format!("{name}.lock")), PATIENCE)
    }
}

/// A commit that failed, and whether every file is again what it was.
struct Incomplete {
    error: anyhow::Error,
    is_restored: bool,
}

/// Commits the changes; on a failure or where a file changed meanwhile, those already made are taken back.
fn commit_all(changes: &[Change], lock: &Lock) -> Result<Replaced, Incomplete> {
    for (done, change) in changes.iter().enumerate() {
        let result = commit(change, lock);
        if matches!(result, Ok(Replaced::Done)) {
            continue;
        }
        // the one that failed may be in place already, where only syncing its folder failed
        let restored =
            changes.iter().take(done + 1).rev().map(|change| restore(change, lock)).fold(Ok(()), Result::and);
        return match (result, restored) {
            (Ok(_), Ok(())) => Ok(Replaced::ChangedMeanwhile),
            (Ok(_), Err(error)) => Err(Incomplete { error, is_restored: false }),
            (Err(error), restored) => Err(Incomplete { error, is_restored: restored.is_ok() }),
        };
    }
    Ok(Replaced::Done)
}

fn commit(change: &Change, lock: &Lock) -> Result<Replaced> {
    match change.new_pieces() {
        Some(_) if change.link.is_some() => link(change, lock),
        Some(new) => locked_file::replace_with_parts(&change.spec.path, &new, change.spec.mode, &change.seen(), lock),
        None if locked_file::read(&change.spec.path)?.map(|now| now.bytes).as_deref() != Some(change.old_bytes()) => {
            Ok(Replaced::ChangedMeanwhile)
        }
        None => locked_file::remove(&change.spec.path, lock).map(|()| Replaced::Done),
    }
}

/// Makes the symbolic link of a change anew.
fn link(change: &Change, lock: &Lock) -> Result<Replaced> {
    let path = &change.spec.path;
    change.link.as_ref().map_or(Ok(Replaced::Done), |to| locked_file::link(path, to, lock))
}

/// Puts the old bytes back, unless the file holds something that isn't ours.
fn restore(change: &Change, lock: &Lock) -> Result<()> {
    let now = locked_file::read(&change.spec.path)?;
    if !change.is_made(now.as_ref().map(|read| read.bytes.as_slice())) {
        return Ok(());
    }
    let seen = now.map_or(locked_file::Fingerprint::ABSENT, |read| read.seen);
    match &change.before {
        Some(_) if change.link.is_some() => link(change, lock).map(drop),
        None if change.link.is_some() => locked_file::remove(&change.spec.path, lock),
        None => locked_file::remove(&locked_file::target(&change.spec.path)?, lock),
        Some(before) => locked_file::replace(&change.spec.path, &before.bytes, Mode::Keep, &seen, lock).map(|_| ()),
    }
}
