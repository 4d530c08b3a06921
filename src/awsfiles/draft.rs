//! Owns one file within a change: its bytes as they were read, and what shall become of them.
//! It refuses to write; `store` commits.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::document::{Document, Lines, Unreadable};
use super::edit::{self, SectionEdit};
use super::names::{Naming, check_name};
use super::patch::Patch;
use super::rename::{profile_named, renamed};
use super::verify;
use crate::error::Result;
use crate::locked_file::{self, Fingerprint, Mode, Read};

/// A file of a change: where it is, who may read it, how its sections are named.
#[derive(Debug, Clone)]
pub struct FileSpec {
    /// Where it is.
    pub path: PathBuf,
    /// Who may read it.
    pub mode: Mode,
    /// How its sections are named.
    pub naming: Naming,
}

/// A file's bytes, and the changes asked for so far.
#[derive(Debug)]
pub struct Draft {
    spec: FileSpec,
    read: Option<Read>,
    /// What the changes of sections begin with, where that isn't what was read.
    start: Option<Vec<u8>>,
    /// The lines of the bytes, once somebody asked for them.
    lexed: OnceLock<Arc<Lines>>,
    edits: BTreeMap<String, SectionEdit>,
    whole: Option<Whole>,
}

/// A change of a whole file.
#[derive(Debug, Clone)]
enum Whole {
    Replaced(Vec<u8>),
    /// A symbolic link to a file, with what that holds.
    Linked(PathBuf, Vec<u8>),
    Removed,
}

impl Draft {
    pub(super) fn new(spec: FileSpec, read: Option<Read>) -> Self {
        Self { spec, read, start: None, lexed: OnceLock::new(), edits: BTreeMap::new(), whole: None }
    }

    /// Gives the file's path.
    pub fn path(&self) -> &Path {
        &self.spec.path
    }

    /// Gives the bytes as they were read, or begun with; none for a file that doesn't exist.
    pub fn bytes(&self) -> &[u8] {
        match &self.start {
            Some(start) => start,
            None => self.read.as_ref().map_or(&[], |read| &read.bytes),
        }
    }

    /// Tells whether the file existed.
    pub fn existed(&self) -> bool {
        self.read.is_some()
    }

    /// Lexes the bytes, once for all who ask.
    ///
    /// # Errors
    /// Names file and line of what can't be read.
    pub fn document(&self) -> Result<Document<'_>> {
        if let Some(lexed) = self.lexed.get() {
            return Ok(Document::of(self.bytes(), Arc::clone(lexed)));
        }
        let document = Document::parse(self.bytes()).map_err(|unreadable| unreadable.in_file(self.path()))?;
        Ok(Document::of(self.bytes(), Arc::clone(self.lexed.get_or_init(|| document.lexed()))))
    }

    /// Gives the names of the sections that the file, read as `document`, will have; some perhaps twice.
    pub(super) fn names_after<'d>(&'d self, document: &'d Document<'_>) -> impl Iterator<Item = Cow<'d, str>> {
        edit::names_after(document, self.spec.naming, &self.edits)
    }

    /// Gives the changes of the section with that name, to add to them.
    ///
    /// # Errors
    /// On a name that can't be a section's.
    pub fn section(&mut self, name: &str) -> Result<&mut SectionEdit> {
        if !self.edits.contains_key(name) {
            check_name(name)?;
        }
        Ok(self.edits.entry(name.to_owned()).or_default())
    }

    /// Lets the changes of sections begin with these bytes instead of those that were read.
    pub fn begin_with(&mut self, bytes: Vec<u8>) {
        self.lexed = OnceLock::new();
        self.start = Some(bytes);
    }

    /// Gives another name to a section, before any other change; tells whether there is such a section.
    ///
    /// # Errors
    /// On a name that can't be a section's or is one already; names file and line of what can't be read.
    pub fn rename_section(&mut self, from: &str, to: &str) -> Result<bool> {
        check_name(to)?;
        let renamed = renamed(&self.document()?, self.spec.naming, from, to)
            .map_err(|unreadable| unreadable.in_file(self.path()))?;
        let Some(renamed) = renamed else { return Ok(false) };
        self.begin_with(renamed);
        Ok(true)
    }

    /// Gives a section whose header is the bare name of a profile the header of one, before any other change; tells whether
    /// there is such a section.
    ///
    /// # Errors
    /// As `rename_section`.
    pub fn name_profile(&mut self, name: &str) -> Result<bool> {
        check_name(name)?;
        let named = profile_named(&self.document()?, self.spec.naming, name)
            .map_err(|unreadable| unreadable.in_file(self.path()))?;
        let Some(named) = named else { return Ok(false) };
        self.begin_with(named);
        Ok(true)
    }

    /// Gives the bytes as they will be with the changes of sections.
    ///
    /// # Errors
    /// Names file and line of what can't be read or changed.
    pub fn edited(&self) -> Result<Cow<'_, [u8]>> {
        let bytes = self.bytes();
        Ok(self.patch()?.map_or(Cow::Borrowed(bytes), |patch| Cow::Owned(patch.pieces(bytes).concat())))
    }

    /// Makes and verifies the changes of sections; `None` where they change nothing.
    fn patch(&self) -> Result<Option<Patch>> {
        // a file that isn't to be changed may be as odd as it likes
        if self.edits.is_empty() {
            return Ok(None);
        }
        let bytes = self.bytes();
        let ended = edit::ended(bytes);
        let in_file = |unreadable: Unreadable| unreadable.in_file(&self.spec.path);
        let document = match &ended {
            Cow::Borrowed(_) => self.document()?,
            Cow::Owned(ended) => Document::parse(ended).map_err(in_file)?,
        };
        let edited = edit::apply(&document, self.spec.naming, &self.edits).map_err(in_file)?;
        let Some(edited) = edited else { return Ok(None) };
        verify::check(&document, &edited.patch, self.spec.naming, &self.edits)?;
        Ok(Some(edited.in_text(bytes.len(), &ended)))
    }

    /// Replaces the whole file; changes of its sections are forgotten.
    pub fn replace_all(&mut self, bytes: Vec<u8>) {
        self.whole = Some(Whole::Replaced(bytes));
    }

    /// Makes the file, which must not exist, a symbolic link to one that holds these bytes.
    pub(super) fn link(&mut self, to: PathBuf, bytes: Vec<u8>) {
        self.whole = Some(Whole::Linked(to, bytes));
    }

    /// Removes the file; a symbolic link goes, and what it leads to stays.
    pub fn delete(&mut self) {
        self.whole = Some(Whole::Removed);
    }

    /// Makes and verifies the changes; `None` where nothing changes.
    pub(super) fn finish(self) -> Result<Option<Change>> {
        let bytes = self.read.as_ref().map_or(&[][..], |read| &read.bytes);
        let mut link = None;
        let after = match (self.whole.clone(), &self.start) {
            (Some(Whole::Removed), _) => {
                link = locked_file::link_at(&self.spec.path);
                None
            }
            (Some(Whole::Linked(to, there)), _) => {
                link = Some(to);
                Some(Patch::whole(bytes.len(), there))
            }
            (Some(Whole::Replaced(new)), _) => Some(Patch::whole(bytes.len(), new)),
            (None, Some(_)) => Some(Patch::whole(bytes.len(), self.edited()?.into_owned())),
            (None, None) => match self.patch()? {
                Some(patch) => Some(patch),
                None => return Ok(None),
            },
        };
        let is_same = match &after {
            None => !self.existed(),
            Some(after) => self.existed() && !after.changes(bytes),
        };
        if is_same {
            return Ok(None);
        }
        Ok(Some(Change { spec: self.spec, before: self.read, after, link }))
    }
}

/// A file that changes: none before or after means that it doesn't exist.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) spec: FileSpec,
    pub(super) before: Option<Read>,
    pub(super) after: Option<Patch>,
    /// Where the symbolic link leads that goes, or comes back.
    pub(super) link: Option<PathBuf>,
}

impl Change {
    pub(super) fn old_bytes(&self) -> &[u8] {
        self.before.as_ref().map_or(&[], |read| &read.bytes)
    }

    /// Gives the new bytes in pieces; none for a file that goes.
    pub(super) fn new_pieces(&self) -> Option<Vec<&[u8]>> {
        Some(self.after.as_ref()?.pieces(self.old_bytes()))
    }

    /// Tells whether a file that holds `now` is what the change makes of it.
    pub(super) fn is_made(&self, now: Option<&[u8]>) -> bool {
        match (&self.after, now) {
            (None, None) => true,
            (Some(after), Some(now)) => after.makes(self.old_bytes(), now),
            _ => false,
        }
    }

    pub(super) fn seen(&self) -> Fingerprint {
        self.before.as_ref().map_or(Fingerprint::ABSENT, |read| read.seen.clone())
    }
}
