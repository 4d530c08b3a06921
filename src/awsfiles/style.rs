//! Owns the look of new lines: indentation, spaces around `=` and the line ending are the neighbours'.

use std::ops::Range;

use super::document::{Document, Entry, Kind, Section, is_space};
use super::names::Value;

/// What the AWS CLI writes.
const NESTED_INDENT: &[u8] = b"    ";

/// How the lines of a section look.
pub(super) struct Style<'d> {
    pub(super) ending: &'d [u8],
    indent: &'d [u8],
    before_delimiter: &'d [u8],
    behind_delimiter: &'d [u8],
    /// The column of the delimiters, where they are aligned.
    column: usize,
}

impl<'d> Style<'d> {
    /// Takes the style of a section's last property.
    pub(super) fn of(document: &Document<'d>, section: &Section<'d>) -> Self {
        let ending = ending_of(document, section.line_indexes().start);
        let plain = Self { ending, indent: b"", before_delimiter: b" ", behind_delimiter: b" ", column: 0 };
        let Some(last) = section.entries().last() else { return plain };
        let text = document.text(last.index());
        let indent = text.len() - text.trim_ascii_start().len();
        let (key, value) = (last.key_bytes(), document.value_span(last.index()));
        let start = document.span(last.index()).start;
        let Some(delimiter) = document.delimiter(last.index()).checked_sub(start) else { return plain };
        let before = &text[(indent + key.len()).min(delimiter)..delimiter];
        let behind = &text[delimiter + 1..value.start - start];
        Self {
            ending: ending_of(document, last.index()),
            indent: &text[..indent],
            before_delimiter: if before.len() > 1 { b" " } else { before },
            // a value of another length is no reason for its spaces
            behind_delimiter: if value.is_empty() || behind.len() > 1 { before_or_space(before) } else { behind },
            column: if before.len() > 1 { delimiter - indent } else { 0 },
        }
    }

    /// Takes the style for a section behind all others.
    pub(super) fn of_new_section(document: &Document<'d>) -> Self {
        let ending = document.lines().len().checked_sub(1).map_or(b"\n".as_slice(), |last| ending_of(document, last));
        Self { ending, indent: b"", before_delimiter: b" ", behind_delimiter: b" ", column: 0 }
    }

    /// Renders a line that is not indented.
    pub(super) fn line(&self, text: &str) -> Vec<u8> {
        [text.as_bytes(), self.ending].concat()
    }

    /// Renders a property with its nested lines.
    pub(super) fn property(&self, key: &str, value: &Value) -> Vec<u8> {
        let mut line = [self.indent, key.as_bytes()].concat();
        line.resize(line.len() + self.column.saturating_sub(key.len() + self.before_delimiter.len()), b' ');
        line.extend_from_slice(self.before_delimiter);
        line.push(b'=');
        if !value.text.is_empty() {
            line.extend_from_slice(self.behind_delimiter);
            line.extend_from_slice(value.text.as_bytes());
        }
        let indent = [self.indent, NESTED_INDENT].concat();
        self.nest(&mut line, &indent, value);
        line.extend_from_slice(self.ending);
        line
    }

    /// Renders a new value for a property: gives the place that it takes, and its text.
    pub(super) fn new_value(
        &self,
        document: &Document<'_>,
        entry: &Entry<'_>,
        value: &Value,
    ) -> (Range<usize>, Vec<u8>) {
        let mut range = document.value_span(entry.index());
        let delimiter = document.delimiter(entry.index());
        let mut text = Vec::new();
        if value.text.is_empty() {
            range.start = delimiter + 1;
        } else if range.start == delimiter + 1 && range.is_empty() && is_space(document.bytes()[delimiter - 1]) {
            text.push(b' ');
        }
        text.extend_from_slice(value.text.as_bytes());
        let old: Vec<usize> = (entry.index() + 1..entry.end_index()).collect();
        if let Some(last) = old.last() {
            range.end = document.span(*last).start + document.text(*last).len();
        }
        let own = document.text(entry.index());
        let own_indent = &own[..own.len() - own.trim_ascii_start().len()];
        let nested = old.iter().find(|line| document.lines()[**line].kind == Kind::Nested).map(|line| {
            let text = document.text(*line);
            text[..text.len() - text.trim_ascii_start().len()].to_vec()
        });
        self.nest(&mut text, &nested.unwrap_or_else(|| [own_indent, NESTED_INDENT].concat()), value);
        (range, text)
    }

    fn nest(&self, text: &mut Vec<u8>, indent: &[u8], value: &Value) {
        for nested in &value.nested {
            text.extend_from_slice(self.ending);
            text.extend_from_slice(indent);
            text.extend_from_slice(nested.as_bytes());
        }
    }
}

fn before_or_space(before: &[u8]) -> &[u8] {
    if before.is_empty() { b"" } else { b" " }
}

/// Gives the ending of the last line that has one; LF where none has.
pub(super) fn last_ending(bytes: &[u8]) -> &'static [u8] {
    match memchr::memrchr2(b'\n', b'\r', bytes) {
        Some(at) if bytes[at] == b'\r' => b"\r",
        Some(at) if bytes[..at].ends_with(b"\r") => b"\r\n",
        _ => b"\n",
    }
}

fn ending_of<'d>(document: &Document<'d>, line: usize) -> &'d [u8] {
    let span = document.span(line);
    &document.bytes()[span.start + document.text(line).len()..span.end]
}
