//! Owns a lexed file: lines, sections and entries that remember where they stand, so that every byte can be put back.
//! It refuses only what the lexer refuses.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

pub use super::lexer::Unreadable;
pub(super) use super::lexer::{BOM, Kind, is_space};
use super::lexer::{Lexed, Lexer, header_name, readable, trim, trim_start};

/// Where a line stands. 16 bytes, because a file has many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    start: u32,
    /// Behind the line ending.
    end: u32,
    /// The `]` of a header, the delimiter of a property.
    mark: u32,
    pub(super) kind: Kind,
}

/// A lexed file; it borrows the bytes.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    bytes: &'a [u8],
    lexed: Arc<Lines>,
}

/// Where the lines of a file stand. It borrows nothing, so that whoever owns the bytes can keep it.
#[derive(Debug)]
pub(super) struct Lines {
    lines: Vec<Line>,
    /// The indexes of the headers' lines.
    headers: Vec<u32>,
}

impl Line {
    /// Gives where the next line starts.
    pub(super) fn end(&self) -> usize {
        self.end as usize
    }
}

impl<'a> Document<'a> {
    /// Lexes a file.
    ///
    /// # Errors
    /// On text before the first section, a `[` without `]` or without a name, a key without a name, and a continuation of nothing.
    /// Stray lines, repeated sections and repeated keys are no errors here: see [`Section::stray_lines`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(Unreadable::too_large());
        }
        let mut lexer = Lexer::default();
        lexer.look_ahead(bytes);
        let mut lines = Vec::with_capacity(bytes.len() / 32);
        let mut headers = Vec::new();
        let mut start = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
        while start < bytes.len() {
            let Lexed { length, kind, mark, .. } = lexer.next(&bytes[start..])?;
            if kind == Kind::Header {
                headers.push(lines.len() as u32);
            }
            lines.push(Line { start: start as u32, end: (start + length) as u32, mark: (start + mark) as u32, kind });
            start += length;
        }
        Ok(Self { bytes, lexed: Arc::new(Lines { lines, headers }) })
    }

    /// Puts a file's bytes and its lines together again.
    pub(super) fn of(bytes: &'a [u8], lexed: Arc<Lines>) -> Self {
        Self { bytes, lexed }
    }

    /// Gives the lines, to be kept.
    pub(super) fn lexed(&self) -> Arc<Lines> {
        Arc::clone(&self.lexed)
    }

    /// Gives the bytes that were lexed.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Puts the lines together again: the bytes that were lexed.
    pub fn print(&self) -> Vec<u8> {
        let start = self.lexed.lines.first().map_or(self.bytes.len(), |line| line.start as usize);
        let mut printed = self.bytes[..start].to_vec();
        for line in 0..self.lexed.lines.len() {
            printed.extend_from_slice(&self.bytes[self.span(line)]);
        }
        printed
    }

    /// Puts the lines together again but for those of some properties, their nested lines included.
    pub fn print_without(&self, is_left_out: impl Fn(&Section<'_>, &Entry<'_>) -> bool) -> Vec<u8> {
        let mut printed = Vec::with_capacity(self.bytes.len());
        let mut from = 0;
        for section in self.sections() {
            for entry in section.entries().filter(|entry| is_left_out(&section, entry)) {
                let lines = &self.lexed.lines[entry.index..entry.end_index()];
                if let (Some(first), Some(last)) = (lines.first(), lines.last()) {
                    printed.extend_from_slice(&self.bytes[from..first.start as usize]);
                    from = last.end();
                }
            }
        }
        printed.extend_from_slice(&self.bytes[from..]);
        printed
    }

    /// Gives the sections in the order of the file.
    pub fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        (0..self.lexed.headers.len()).filter_map(|nth| self.nth_section(nth))
    }

    /// Gives the section of that number, from 0.
    pub(super) fn nth_section(&self, nth: usize) -> Option<Section<'_>> {
        let first = *self.lexed.headers.get(nth)? as usize;
        let end = self.lexed.headers.get(nth + 1).map_or(self.lexed.lines.len(), |next| *next as usize);
        Some(Section { document: self, first, end })
    }

    /// Gives the number of sections.
    pub(super) fn len_of_sections(&self) -> usize {
        self.lexed.headers.len()
    }

    /// Gives the first section of that name.
    pub fn section(&self, name: &str) -> Option<Section<'_>> {
        self.sections().find(|section| section.name_bytes() == name.as_bytes())
    }

    /// Gives the line, counted from 1, that holds the byte at `offset`.
    pub fn line_at(&self, offset: usize) -> usize {
        self.lexed
            .lines
            .partition_point(|line| line.end as usize <= offset)
            .min(self.lexed.lines.len().saturating_sub(1))
            + 1
    }

    /// Gives the number of bytes without the byte order mark.
    pub(super) fn len_of_lines(&self) -> usize {
        self.bytes.len() - self.lexed.lines.first().map_or(self.bytes.len(), |line| line.start as usize)
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lexed.lines
    }

    /// Gives the bytes of the line with that index, without its line ending.
    pub(super) fn text(&self, line: usize) -> &'a [u8] {
        let raw = &self.bytes[self.span(line)];
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        raw.strip_suffix(b"\r").unwrap_or(raw)
    }

    /// Gives the place of the line with that index, with its line ending.
    pub(super) fn span(&self, line: usize) -> Range<usize> {
        self.lexed.lines[line].start as usize..self.lexed.lines[line].end as usize
    }

    /// Gives the place of a property's delimiter.
    pub(super) fn delimiter(&self, line: usize) -> usize {
        self.lexed.lines[line].mark as usize
    }

    /// Gives the place of a property's value, white space around it trimmed.
    pub(super) fn value_span(&self, line: usize) -> Range<usize> {
        let start = self.lexed.lines[line].mark as usize + 1;
        let raw = &self.bytes[start..self.lexed.lines[line].start as usize + self.text(line).len()];
        let start = start + (raw.len() - trim_start(raw).len());
        start..start + trim(raw).len()
    }
}

/// One section: its header and the lines up to the next header.
#[derive(Debug, Clone, Copy)]
pub struct Section<'d> {
    document: &'d Document<'d>,
    first: usize,
    end: usize,
}

impl<'d> Section<'d> {
    /// Gives the text between the brackets, white space around it trimmed; quotes stay.
    pub fn name(&self) -> Cow<'d, str> {
        readable(self.name_bytes())
    }

    /// Gives the header's line, counted from 1.
    pub fn line(&self) -> usize {
        self.first + 1
    }

    /// Gives the properties in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'d>> + use<'d> {
        let Self { document, first, end } = *self;
        (first + 1..end).filter(move |line| document.lexed.lines[*line].kind == Kind::Property).map(move |line| Entry {
            document,
            index: line,
            end,
        })
    }

    /// Gives the first property of that name, in any case.
    pub fn entry(&self, key: &str) -> Option<Entry<'d>> {
        self.entries().find(|entry| entry.has_key(key))
    }

    /// Gives the lines, counted from 1, that are neither header, property, comment nor blank.
    pub fn stray_lines(&self) -> impl Iterator<Item = usize> + use<'d> {
        let Self { document, first, end } = *self;
        (first..end).filter(move |line| document.lexed.lines[*line].kind == Kind::Stray).map(|line| line + 1)
    }

    /// Gives the place of the text between the brackets.
    pub(super) fn header_span(&self) -> Range<usize> {
        let line = self.document.lexed.lines[self.first];
        let start = line.start as usize;
        let text = &self.document.bytes[start..line.mark as usize];
        let open = text.iter().position(|byte| *byte == b'[').map_or(0, |at| at + 1);
        start + open..line.mark as usize
    }

    pub(super) fn name_bytes(&self) -> &'d [u8] {
        let line = self.document.lexed.lines[self.first];
        header_name(&self.document.bytes[line.start as usize..line.mark as usize])
    }

    /// Gives the indexes of the section's lines, header included.
    pub(super) fn line_indexes(&self) -> Range<usize> {
        self.first..self.end
    }
}

/// One property of a section.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'d> {
    document: &'d Document<'d>,
    index: usize,
    /// Where the section ends.
    end: usize,
}

impl<'d> Entry<'d> {
    /// Gives the key as it is spelled; keys are equal in any case.
    pub fn key(&self) -> Cow<'d, str> {
        readable(self.key_bytes())
    }

    /// Tells whether this is the property `key`, in any case.
    pub fn has_key(&self, key: &str) -> bool {
        let line = self.document.lexed.lines[self.index];
        (line.mark - line.start) as usize >= key.len() && self.key_bytes().eq_ignore_ascii_case(key.as_bytes())
    }

    /// Gives the rest of the line behind the delimiter, trimmed: a comment behind the value is part of it, as botocore has it.
    pub fn value(&self) -> Cow<'d, str> {
        readable(&self.document.bytes[self.document.value_span(self.index)])
    }

    /// Gives the value without a comment (`#` or `;` behind white space), as profile files have it.
    pub fn value_without_comment(&self) -> Cow<'d, str> {
        let span = self.document.value_span(self.index);
        let behind_space = self.document.bytes[..span.start].last().is_some_and(|byte| is_space(*byte));
        let raw = &self.document.bytes[span];
        let comment = (0..raw.len()).find(|at| {
            matches!(raw[*at], b'#' | b';') && at.checked_sub(1).map_or(behind_space, |before| is_space(raw[before]))
        });
        readable(trim(&raw[..comment.unwrap_or(raw.len())]))
    }

    /// Gives what [`Entry::value_without_comment`] leaves out: the comment, with the white space before it.
    pub fn comment(&self) -> Cow<'d, str> {
        let (value, without) = (self.value(), self.value_without_comment().len());
        match value {
            Cow::Borrowed(value) => Cow::Borrowed(value.get(without..).unwrap_or_default()),
            Cow::Owned(value) => Cow::Owned(value.get(without..).unwrap_or_default().to_owned()),
        }
    }

    /// Gives the line, counted from 1.
    pub fn line(&self) -> usize {
        self.index + 1
    }

    /// Gives the lines of a nested value, each trimmed, with its line number; comments and blank lines among them are left out.
    pub fn nested(&self) -> impl Iterator<Item = (usize, Cow<'d, str>)> + use<'d> {
        let document = self.document;
        (self.index + 1..self.end_index())
            .filter(move |line| document.lexed.lines[*line].kind == Kind::Nested)
            .map(move |line| (line + 1, readable(trim(document.text(line)))))
    }

    pub(super) fn key_bytes(&self) -> &'d [u8] {
        let line = self.document.lexed.lines[self.index];
        trim(&self.document.bytes[line.start as usize..line.mark as usize])
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Gives the index behind the last nested line.
    pub(super) fn end_index(&self) -> usize {
        let mut end = self.index + 1;
        for line in self.index + 1..self.end {
            match self.document.lexed.lines[line].kind {
                Kind::Nested => end = line + 1,
                Kind::Blank | Kind::Comment => {}
                Kind::Header | Kind::Property | Kind::Stray => break,
            }
        }
        end
    }
}
