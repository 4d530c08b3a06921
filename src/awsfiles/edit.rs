//! Owns changes to sections: the lines of the keys that change, and no other byte.
//! It copies its neighbours' style and line ending, and refuses a section that readers would not agree on.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::document::{BOM, Document, Kind, Section, Unreadable};
use super::names::{Naming, Value, check_key, check_value};
use super::patch::Patch;
use super::style::{Style, last_ending};
use crate::error::Result;

/// What shall change in one section.
#[derive(Debug, Clone, Default)]
pub struct SectionEdit {
    pub(super) keys: BTreeMap<String, Option<Value>>,
    pub(super) comment: Option<OwnComment>,
}

/// The one comment line of ours in a section.
#[derive(Debug, Clone)]
pub(super) struct OwnComment {
    /// What it begins with.
    pub(super) mark: &'static str,
    /// The whole line; none removes it.
    pub(super) line: Option<String>,
}

impl SectionEdit {
    /// Sets a key; where it stands already, its line keeps its place and its style.
    ///
    /// # Errors
    /// On a key or a value that could not be read back as it is.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) -> Result<&mut Self> {
        let value = value.into();
        check_key(key)?;
        check_value(key, &value)?;
        self.keys.insert(key.to_ascii_lowercase(), Some(value));
        Ok(self)
    }

    /// Sets a key whose line goes on with a comment (see [`super::Entry::comment`]), which stays.
    ///
    /// # Errors
    /// As `set`.
    pub fn set_before(&mut self, key: &str, text: &str, comment: &str) -> Result<&mut Self> {
        let value = Value::from(text);
        check_key(key)?;
        check_value(key, &value)?;
        let space = if comment.is_empty() || comment.starts_with(char::is_whitespace) { "" } else { " " };
        self.keys.insert(key.to_ascii_lowercase(), Some(format!("{text}{space}{comment}").trim_start().into()));
        Ok(self)
    }

    /// Removes a key with its nested lines. A section that is empty then goes too.
    pub fn remove(&mut self, key: &str) -> &mut Self {
        self.keys.insert(key.to_ascii_lowercase(), None);
        self
    }

    pub(super) fn set_comment(&mut self, mark: &'static str, line: String) {
        self.comment = Some(OwnComment { mark, line: Some(line) });
    }

    pub(super) fn remove_comment(&mut self, mark: &'static str) {
        self.comment = Some(OwnComment { mark, line: None });
    }

    fn brings_something(&self) -> bool {
        self.keys.values().any(Option::is_some) || self.comment.as_ref().is_some_and(|comment| comment.line.is_some())
    }
}

/// What is changed in a text whose last line is ended.
#[derive(Debug)]
pub(super) struct Edited {
    pub(super) patch: Patch,
    /// Whether the end of the last line belongs to somebody else.
    bares_foreign_end: bool,
}

impl Edited {
    /// Gives what is changed in the text as it was, of which `ended` is that with its last line ended. Where that line
    /// had no end, neither has the new text's.
    pub(super) fn in_text(self, length: usize, ended: &[u8]) -> Patch {
        if length == ended.len() {
            return self.patch;
        }
        let mut text = self.patch.pieces(ended).concat();
        if !self.bares_foreign_end {
            let bare = text.strip_suffix(b"\n").unwrap_or(&text);
            let bare = bare.strip_suffix(b"\r").unwrap_or(bare).len();
            text.truncate(bare);
        }
        Patch::whole(length, text)
    }
}

/// Gives the text with its last line ended, so that no edit has to care: `in_text` takes the end away again.
pub(super) fn ended(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes.strip_prefix(BOM).unwrap_or(bytes).last() {
        None | Some(b'\n' | b'\r') => Cow::Borrowed(bytes),
        Some(_) => Cow::Owned([bytes, last_ending(bytes)].concat()),
    }
}

/// A change of one place.
struct Splice {
    range: Range<usize>,
    text: Vec<u8>,
    /// Whether it removes a whole section.
    is_section: bool,
}

impl Splice {
    fn new(range: Range<usize>, text: Vec<u8>) -> Self {
        Self { range, text, is_section: false }
    }
}

/// Makes the edits in a text whose last line is ended; `None` where nothing changes.
pub(super) fn apply(
    document: &Document<'_>,
    naming: Naming,
    edits: &BTreeMap<String, SectionEdit>,
) -> Result<Option<Edited>, Unreadable> {
    let mut splices = Vec::new();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for section in document.sections() {
        let Some((name, edit)) = naming.find(&section, edits) else { continue };
        if let Some(first) = found.insert(name, section.line()) {
            let what = format!("section `{name}` stands here again, first in line {first}; merge the two");
            return Err(Unreadable { line: section.line(), what });
        }
        edit_section(document, &section, edit, &mut splices)?;
    }
    let missing = edits.iter().filter(|(name, edit)| !found.contains_key(name.as_str()) && edit.brings_something());
    let removed: usize = splices.iter().map(|splice| splice.range.len()).sum();
    let is_emptied = removed > 0 && removed == document.len_of_lines();
    if let Some(splice) = new_sections(document, naming, is_emptied, missing) {
        splices.push(splice);
    }
    if splices.is_empty() {
        return Ok(None);
    }
    let before = document.bytes();
    // where the last section goes and no blank line set it off, the end of the line above it is somebody else's
    let bares_foreign_end = splices.last().is_some_and(|last| {
        last.is_section && last.range.end == before.len() && !matches!(before[last.range.start], b'\n' | b'\r')
    });
    splices.sort_by_key(|splice| splice.range.start);
    let splices = splices.into_iter().map(|splice| (splice.range, splice.text)).collect();
    Ok(Some(Edited { patch: Patch { splices }, bares_foreign_end }))
}

/// Gives the names of the sections as they will be after the edits: those that stay, then those that have an edit.
pub(super) fn names_after<'d>(
    document: &'d Document<'_>,
    naming: Naming,
    edits: &'d BTreeMap<String, SectionEdit>,
) -> impl Iterator<Item = Cow<'d, str>> {
    let staying = document.sections().filter_map(move |section| {
        let stays = |edit: &SectionEdit| edit.brings_something() || !goes(document, &section, edit);
        let is_there = naming.find(&section, edits).is_none_or(|(_, edit)| stays(edit));
        is_there.then(|| naming.name_of(&section)).flatten()
    });
    let brought = edits.iter().filter(|(_, edit)| edit.brings_something());
    staying.chain(brought.map(|(name, _)| Cow::Borrowed(name.as_str())))
}

fn edit_section(
    document: &Document<'_>,
    section: &Section<'_>,
    edit: &SectionEdit,
    splices: &mut Vec<Splice>,
) -> Result<(), Unreadable> {
    refuse_ambiguous(document, section, edit)?;
    if !edit.brings_something() && goes(document, section, edit) {
        remove_section(document, section, splices);
        return Ok(());
    }
    let style = Style::of(document, section);
    let header = section.line_indexes().start;
    let old_comment = edit.comment.as_ref().and_then(|comment| own_comment(document, section, comment.mark));
    if let Some(comment) = &edit.comment {
        let range = old_comment
            .map_or_else(|| document.span(header).end..document.span(header).end, |line| document.span(line));
        let text = comment.line.as_ref().map_or_else(Vec::new, |line| style.line(line));
        if document.bytes()[range.clone()] != *text {
            splices.push(Splice::new(range, text));
        }
    }
    let mut new_lines = Vec::new();
    for (key, value) in &edit.keys {
        match (section.entry(key), value) {
            (None, None) => {}
            (None, Some(value)) => new_lines.extend(style.property(key, value)),
            (Some(entry), None) => splices.push(Splice::new(
                document.span(entry.index()).start..document.span(entry.end_index() - 1).end,
                Vec::new(),
            )),
            (Some(entry), Some(value)) => {
                let nested = entry.nested().map(|(_, line)| line);
                if entry.value() != value.text.as_str() || !nested.eq(value.nested.iter().map(String::as_str)) {
                    let (range, text) = style.new_value(document, &entry, value);
                    splices.push(Splice::new(range, text));
                }
            }
        }
    }
    if !new_lines.is_empty() {
        let last = section.entries().last().map(|entry| entry.end_index() - 1).or(old_comment).unwrap_or(header);
        let at = document.span(last).end;
        splices.push(Splice::new(at..at, new_lines));
    }
    Ok(())
}

/// Refuses what SDKs read differently in a section that is to be changed.
fn refuse_ambiguous(document: &Document<'_>, section: &Section<'_>, edit: &SectionEdit) -> Result<(), Unreadable> {
    let refused = |line, what: String| Err(Unreadable { line, what });
    if let Some(line) = section.stray_lines().next() {
        return refused(line, "neither `key = value` nor a comment, so the section can't be changed".into());
    }
    let header = document.text(section.line_indexes().start);
    if header.iter().filter(|byte| **byte == b']').count() > 1 {
        return refused(section.line(), "a second `]` in the header, so SDKs disagree on the section's name".into());
    }
    // Python strips it from a key, and refuses the file where that key stands twice then
    if let Some(entry) = section.entries().find(|entry| entry.key().trim() != entry.key()) {
        return refused(entry.line(), "white space beside the key, which only some SDKs take for a part of it".into());
    }
    for key in edit.keys.keys() {
        if let Some(again) = section.entries().filter(|entry| entry.has_key(key)).nth(1) {
            return refused(again.line(), format!("`{key}` stands here again; remove one of the two"));
        }
    }
    Ok(())
}

/// Tells whether a section holds nothing but what the edit removes, and something of that.
fn goes(document: &Document<'_>, section: &Section<'_>, edit: &SectionEdit) -> bool {
    let own = edit.comment.as_ref().and_then(|comment| own_comment(document, section, comment.mark));
    let mut removes = own.is_some();
    for entry in section.entries() {
        if !edit.keys.keys().any(|key| entry.has_key(key)) {
            return false;
        }
        removes = true;
    }
    let lines = section.line_indexes().start + 1..body_end(document, section);
    removes && !lines.into_iter().any(|line| document.lines()[line].kind == Kind::Comment && Some(line) != own)
}

/// Finds where a section's own lines end: comments behind the first blank line after its last property are the next section's.
fn body_end(document: &Document<'_>, section: &Section<'_>) -> usize {
    let lines = section.line_indexes();
    let last = section.entries().last().map_or(lines.start + 1, |entry| entry.end_index());
    (last..lines.end).find(|line| document.lines()[*line].kind == Kind::Blank).unwrap_or(lines.end)
}

pub(super) fn own_comment(document: &Document<'_>, section: &Section<'_>, mark: &str) -> Option<usize> {
    section
        .line_indexes()
        .find(|line| document.lines()[*line].kind == Kind::Comment && document.text(*line).starts_with(mark.as_bytes()))
}

/// Removes a section with the blank line that set it off: the one behind it, else the one before it. This undoes
/// `new_sections` to the byte. Sections removed one after the other share such lines, so they become one splice.
fn remove_section(document: &Document<'_>, section: &Section<'_>, splices: &mut Vec<Splice>) {
    let lines = section.line_indexes();
    let end = body_end(document, section);
    let is_empty = |line: usize| document.text(line).is_empty();
    let mut range = document.span(lines.start).start..document.span(end - 1).end;
    while let Some(last) = splices.pop_if(|last| last.is_section && last.range.end == range.start) {
        range.start = last.range.start;
    }
    let before = document.lines().partition_point(|line| line.end() <= range.start).checked_sub(1);
    if end < document.lines().len() && is_empty(end) {
        range.end = document.span(end).end;
    } else if let Some(before) = before.filter(|before| is_empty(*before)) {
        range.start = document.span(before).start;
    }
    splices.push(Splice { range, text: Vec::new(), is_section: true });
}

/// Appends sections, each set off by one blank line. A file that ends in a blank line lends that one and ends in one again.
fn new_sections<'e>(
    document: &Document<'_>,
    naming: Naming,
    is_emptied: bool,
    edits: impl Iterator<Item = (&'e String, &'e SectionEdit)>,
) -> Option<Splice> {
    let style = Style::of_new_section(document);
    let last = document.lines().len().checked_sub(1).filter(|_| !is_emptied);
    let ends_blank = last.map(|last| document.text(last).is_empty());
    let mut text = Vec::new();
    for (name, edit) in edits {
        if !text.is_empty() || ends_blank == Some(false) {
            text.extend_from_slice(style.ending);
        }
        text.extend(style.line(&naming.header(name)));
        text.extend(edit.comment.iter().flat_map(|comment| &comment.line).flat_map(|line| style.line(line)));
        for (key, value) in &edit.keys {
            text.extend(value.iter().flat_map(|value| style.property(key, value)));
        }
    }
    if text.is_empty() {
        return None;
    }
    if ends_blank == Some(true) {
        text.extend_from_slice(style.ending);
    }
    let at = document.bytes().len();
    Some(Splice::new(at..at, text))
}
