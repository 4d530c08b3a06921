//! Owns the lexer: what each line of a file is.
//! It follows botocore's reader (Python's `configparser`) line by line, and refuses only what that refuses as a whole.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use memchr::{memchr, memchr2};

use crate::error::{Failure, invalid};

/// Below this size, in bytes, a text is searched byte by byte.
const SMALL: usize = 4 << 10;

pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why a text can't be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl Unreadable {
    pub(super) fn too_large() -> Self {
        Self { line: 1, what: "the file is larger than 4 GiB".into() }
    }

    /// Makes the failure that names file and line.
    pub fn in_file(&self, path: &Path) -> Failure {
        invalid(format!("`{}:{}`: {}", path.display(), self.line, self.what))
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Unreadable {}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing or white space.
    Blank,
    /// `#` or `;`, perhaps indented.
    Comment,
    /// `[name]`, perhaps with something behind it.
    Header,
    /// `key = value` or `key: value`.
    Property,
    /// A line that is indented deeper than the property above it, and so belongs to its value.
    Nested,
    /// None of these. botocore refuses a file with such a line, other SDKs skip it.
    Stray,
}

/// What the lines so far mean for the next one: `configparser`'s `cursect`, `optname` and `indent_level`.
#[derive(Debug, Default)]
pub(super) struct Lexer {
    in_section: bool,
    in_property: bool,
    indent: usize,
    /// How many lines there were.
    lines: usize,
    /// Whether the text is known to hold no carriage return, so that only one byte ends a line.
    has_no_returns: bool,
}

/// A line, and what it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexed<'a> {
    /// Without the line ending.
    pub(super) text: &'a [u8],
    /// With the line ending.
    pub(super) length: usize,
    pub(super) kind: Kind,
    /// Where in the text the `]` of a header or the delimiter of a property stands.
    pub(super) mark: usize,
}

impl Lexer {
    /// Looks at all lines that come next, which makes them faster to lex.
    pub(super) fn look_ahead(&mut self, text: &[u8]) {
        self.has_no_returns = find(b'\r', text).is_none();
    }

    /// Lexes the first line of the rest.
    pub(super) fn next<'a>(&mut self, rest: &'a [u8]) -> Result<Lexed<'a>, Unreadable> {
        let (text, length) = match self.has_no_returns {
            true => find(b'\n', rest).map_or((rest, rest.len()), |at| (&rest[..at], at + 1)),
            false => first_line(rest),
        };
        self.lines += 1;
        match self.classify(text) {
            Ok((kind, mark)) => Ok(Lexed { text, length, kind, mark }),
            Err(what) => Err(Unreadable { line: self.lines, what: what.into() }),
        }
    }

    /// Gives the length of the first line of the rest, with the line ending, where that is a property, a comment or a
    /// stray line which changes nothing for the lines behind it: one that isn't indented, behind a property of its section.
    pub(super) fn skip(&mut self, rest: &[u8]) -> Option<usize> {
        let is_known = self.has_no_returns
            && self.in_property
            && rest.first().is_some_and(|first| *first > b' ' && !matches!(first, b'[' | b'=' | b':'));
        if !is_known {
            return None;
        }
        self.lines += 1;
        if !matches!(rest.first(), Some(b'#' | b';')) {
            self.indent = 0;
        }
        Some(find(b'\n', rest).map_or(rest.len(), |at| at + 1))
    }

    /// Tells what a line is, and where its mark stands.
    fn classify(&mut self, text: &[u8]) -> Result<(Kind, usize), &'static str> {
        let body = trim_start(text);
        let indent = text.len() - body.len();
        match body.first() {
            None => return Ok((Kind::Blank, 0)),
            Some(b'#' | b';') => return Ok((Kind::Comment, 0)),
            Some(_) if self.in_property && indent > self.indent => return Ok((Kind::Nested, 0)),
            Some(_) => self.indent = indent,
        }
        if body.first() == Some(&b'[') {
            let close = find(b']', body).ok_or("a section's `[` has no `]`")?;
            if close == 1 {
                return Err("a section has no name");
            }
            (self.in_section, self.in_property) = (true, false);
            return Ok((Kind::Header, indent + close));
        }
        if !self.in_section {
            return Err("text before the first section");
        }
        match find2(b'=', b':', body) {
            Some(0) => Err("a key has no name"),
            Some(delimiter) => {
                self.in_property = true;
                Ok((Kind::Property, indent + delimiter))
            }
            None if indent > 0 && !self.in_property => Err("an indented line continues nothing"),
            None => Ok((Kind::Stray, 0)),
        }
    }
}

/// Finds a byte. In a small file byte by byte: asking the processor what it can do takes longer, some 70 µs in a virtual machine.
fn find(byte: u8, text: &[u8]) -> Option<usize> {
    if text.len() < SMALL { text.iter().position(|found| *found == byte) } else { memchr(byte, text) }
}

/// Finds the first of two bytes, as `find` does.
fn find2(one: u8, other: u8, text: &[u8]) -> Option<usize> {
    let is_either = |found: &u8| *found == one || *found == other;
    if text.len() < SMALL { text.iter().position(is_either) } else { memchr2(one, other, text) }
}

/// Splits off the first line: its text, and its length with the line ending (LF, CR LF or, as Python reads it, a lone CR).
fn first_line(rest: &[u8]) -> (&[u8], usize) {
    match find2(b'\n', b'\r', rest) {
        None => (rest, rest.len()),
        Some(at) if rest[at..].starts_with(b"\r\n") => (&rest[..at], at + 2),
        Some(at) => (&rest[..at], at + 1),
    }
}

/// Reads bytes as text. Nearly all are, and the standard library's lossy reader looks at each byte by itself.
pub(super) fn readable(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The ASCII part of what Python's `str.strip` takes for white space.
pub(super) fn is_space(byte: u8) -> bool {
    byte <= b' ' && matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | 0x1c..=0x1f)
}

pub(super) fn trim_start(text: &[u8]) -> &[u8] {
    let mut text = text;
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    text
}

/// Gives the name in a header, of which `text` is what stands before the `]`.
pub(super) fn header_name(text: &[u8]) -> &[u8] {
    let raw = trim_start(text);
    trim(raw.strip_prefix(b"[").unwrap_or(raw))
}

pub(super) fn trim(text: &[u8]) -> &[u8] {
    let mut text = trim_start(text);
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}
