//! Owns what may stand in a file as a name, a key or a value, and how the config file spells a profile's name.
//! It refuses whatever one of the SDKs would read differently from another.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::document::Section;
use crate::error::{Failure, invalid};

/// So few names are told apart by a byte first.
const FEW: usize = 8;

/// How the sections of a file are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `[name]`, as in the credentials file.
    Plain,
    /// `[profile name]`, `[profile "na me"]` or `[default]`, as in the config file; other sections are no profiles.
    Profile,
    /// `[sso-session name]`, in the config file; others name no sign-in.
    SsoSession,
}

impl Naming {
    /// Gives the name that a section's header means, if it means one.
    pub fn name_of<'d>(self, section: &Section<'d>) -> Option<Cow<'d, str>> {
        self.name_in(section.name())
    }

    /// Gives the name that the text between a header's brackets means, if it means one.
    pub(super) fn name_in(self, header: Cow<'_, str>) -> Option<Cow<'_, str>> {
        match self {
            Self::Plain => Some(header),
            Self::Profile if header == "default" => Some(header),
            Self::Profile => name_behind(header, "profile"),
            Self::SsoSession => name_behind(header, "sso-session"),
        }
    }

    /// Finds what is said under the name of a section.
    pub(super) fn find<'e, V>(
        self,
        section: &Section<'_>,
        all: &'e BTreeMap<String, V>,
    ) -> Option<(&'e String, &'e V)> {
        // a header without a quote at its end ends as its name does, which tells 10,000 sections apart from a few names
        let last = section.name_bytes().last().filter(|last| last.is_ascii() && !matches!(last, b'"' | b'\''));
        if all.len() < FEW && last.is_some() && !all.keys().any(|name| name.as_bytes().last() == last) {
            return None;
        }
        all.get_key_value(self.name_of(section)?.as_ref())
    }

    /// Spells the header of a section.
    pub fn header(self, name: &str) -> String {
        match self {
            Self::Plain => format!("[{name}]"),
            Self::Profile if name == "default" => "[default]".into(),
            Self::Profile => spelled("profile", name),
            Self::SsoSession => spelled("sso-session", name),
        }
    }
}

fn spelled(kind: &str, name: &str) -> String {
    if name.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')) {
        return format!("[{kind} \"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    format!("[{kind} {name}]")
}

/// Gives the name behind the first word of a header, where that is `kind`.
fn name_behind<'h>(header: Cow<'h, str>, kind: &str) -> Option<Cow<'h, str>> {
    let rest = header.strip_prefix(kind)?;
    let name = rest.trim_start();
    if name.len() == rest.len() || name.is_empty() {
        return None;
    }
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if is_plain || !name.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')) {
        return Some(match header {
            Cow::Borrowed(header) => Cow::Borrowed(&header[header.len() - name.len()..]),
            Cow::Owned(_) => Cow::Owned(name.to_owned()),
        });
    }
    one_word(name).map(Cow::Owned)
}

/// Reads one word as a POSIX shell does, since botocore splits headers with Python's `shlex`; `None` for more than one.
fn one_word(text: &str) -> Option<String> {
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') => match chars.next()? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            (None, '"' | '\'') => quote = Some(c),
            (None, '\\') => word.push(chars.next()?),
            (None, c) if c.is_whitespace() => return None,
            (_, c) => word.push(c),
        }
    }
    (quote.is_none() && !word.is_empty()).then_some(word)
}

/// A value to be written: the text behind the delimiter, and the lines nested below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Value {
    /// The text behind the delimiter; empty for `s3 =` with nested lines.
    pub text: String,
    /// The nested lines, without their indentation.
    pub nested: Vec<String>,
}

impl<T: Into<String>> From<T> for Value {
    fn from(text: T) -> Self {
        Self { text: text.into(), nested: Vec::new() }
    }
}

/// Refuses a name that can't be a section's: it would end the header, or readers would disagree.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    let bad = name.is_empty() || has_break(name) || is_padded(name) || name.contains(['[', ']', '\t']);
    match name {
        "DEFAULT" => Err(invalid("the section name `DEFAULT` is spread over every section by Python's reader")
            .hint("use another name, such as `default`")),
        _ if bad => Err(invalid(format!("`{name}` can't be the name of a section"))
            .hint("use letters, digits and any of `-_./@+:%`")),
        _ => Ok(()),
    }
}

/// Refuses a key that some SDK would not read as this key.
pub(super) fn check_key(key: &str) -> Result<(), Failure> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "=:[]#;,".contains(c);
    if key.is_empty() || has_break(key) || key.contains(odd) {
        return Err(invalid(format!("`{key}` can't be written as a key")).hint("use letters, digits, `-` and `_`"));
    }
    Ok(())
}

/// Refuses a value that would not be read back as it is. The error doesn't show it: it may be a secret.
pub(super) fn check_value(key: &str, value: &Value) -> Result<(), Failure> {
    match unwritable(value) {
        None => Ok(()),
        Some(why) => Err(invalid(format!("the value of `{key}` can't be written: it {why}"))),
    }
}

/// Says why a value would not be read back as it is, as the end of a sentence about it.
pub fn unwritable(value: &Value) -> Option<&'static str> {
    let mut nested = value.nested.iter();
    if has_break(&value.text) || value.nested.iter().any(|line| has_break(line)) {
        return Some("holds a line break or another control character");
    }
    if is_padded(&value.text) || value.nested.iter().any(|line| is_padded(line)) {
        return Some("begins or ends with white space");
    }
    if has_comment(&value.text) || nested.clone().any(|line| line.starts_with(['#', ';'])) {
        return Some("holds `#` or `;` where some SDKs see a comment");
    }
    if nested.clone().any(String::is_empty) || (value.text.is_empty() && nested.any(|line| !is_property(line))) {
        return Some("has a nested line that is no `key = value`");
    }
    None
}

fn has_break(text: &str) -> bool {
    text.contains(|c: char| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}'))
}

fn is_padded(text: &str) -> bool {
    text.trim() != text
}

fn has_comment(text: &str) -> bool {
    let mut behind_space = true;
    text.chars().any(|c| std::mem::replace(&mut behind_space, c.is_whitespace()) && matches!(c, '#' | ';'))
}

fn is_property(line: &str) -> bool {
    line.find('=').is_some_and(|at| at > 0)
}

#[cfg(test)]
mod tests {
    use super::super::Document;
    use super::*;

    #[test]
    fn profiles_are_found_however_they_are_spelled() {
        let cases = [
            ("[profile foo]", Some("foo")),
            ("[ profile foo ]", Some("foo")),
            ("[profile \tfoo]", Some("foo")),
            ("[profile \"foo\"]", Some("foo")),
            ("[profile 'two  words']", Some("two  words")),
            ("[profile two\\ words]", Some("two words")),
            ("[profile \"a\\\"b\\\\c\"]", Some("a\"b\\c")),
            ("[default]", Some("default")),
            ("[profile default]", Some("default")),
            ("[profile in valid]", None),
            ("[profile \"missing end quote]", None),
            ("[profile \"a\" \"b\"]", None),
            ("[profilefoo]", None),
            ("[profile]", None),
            ("[foo]", None),
            ("[sso-session foo]", None),
        ];
        for (text, name) in cases {
            let document = Document::parse(text.as_bytes()).unwrap();
            let section = document.sections().next().unwrap();
            assert_eq!(Naming::Profile.name_of(&section).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn headers_read_back() {
        for name in ["foo", "default", "two  words", "it's", "a\"b\\c", "x:y/z%@+"] {
            let header = Naming::Profile.header(name);
            let document = Document::parse(header.as_bytes()).unwrap();
            assert_eq!(Naming::Profile.name_of(&document.sections().next().unwrap()).unwrap(), name, "{header}");
        }
    }

    #[test]
    fn what_readers_disagree_on_is_refused() {
        for name in ["", "a]b", "a\nb", " a", "a\u{2028}b", "DEFAULT", "a\0"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for key in ["", "a b", "a=b", "a\nb", "[a", "#a", "a\u{85}"] {
            assert!(check_key(key).is_err(), "{key:?}");
        }
        for text in ["a\nb", "a\rb", "a\0", "\u{1b}[2J", "a\u{2029}b", " a", "a ", "a #b", "a\t;b", "#a", "\u{a0}a"] {
            assert!(check_value("k", &text.into()).is_err(), "{text:?}");
        }
        for text in ["", "a#b", "C:\\tools\\", "\"/a b\" c", "a;b", "=:[x]"] {
            assert!(check_value("k", &text.into()).is_ok(), "{text:?}");
        }
        let nested = |line: &str| Value { text: String::new(), nested: vec![line.into()] };
        assert!(check_value("s3", &nested("a = b # c")).is_ok());
        for line in ["", "a", "= b", "#a = b", "a = b\nc"] {
            assert!(check_value("s3", &nested(line)).is_err(), "{line:?}");
        }
    }
}
