//! Owns the step from bytes to keys: one section's entries, each with the place that messages name.
//! It refuses what makes a file ambiguous (a second section, a repeated key) and what no value may hold; it doesn't judge values.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::awsfiles::{Document, Section, Value, unwritable};
use crate::error::{Failure, Result, invalid};

use super::keys::{Key, is_secret};
use super::name;

/// Where a value stands: what every message about it begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    file: Arc<Path>,
    line: usize,
    key: String,
    defaults: bool,
}

impl Place {
    /// Makes the failure that names file, line and key; `problem` continues the sentence that the key begins.
    pub fn refuse(&self, problem: impl fmt::Display) -> Failure {
        invalid(self.say(problem))
    }

    /// Writes a message that names file, line and key.
    pub fn say(&self, problem: impl fmt::Display) -> String {
        format!("`{}:{}`: `{}` {problem}", self.file.display(), self.line, self.key)
    }

    /// Gives the key as it is spelled there.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Gives the line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Tells whether the value comes from `[defaults]` of the settings instead of the profile's own file.
    pub fn is_default(&self) -> bool {
        self.defaults
    }
}

/// A value together with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// One key of a file with its value; `Debug` leaves the value out, which may be a secret.
#[derive(Clone)]
pub struct Entry {
    pub(super) key: Option<Key>,
    pub(super) place: Place,
    pub(super) value: String,
    pub(super) nested: Vec<String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.place).finish()
    }
}

impl Entry {
    /// Gives the key's first name; of a key that means nothing to awstok the name as it is spelled.
    pub fn name(&self) -> &str {
        match self.key {
            Some(key) => key.name(),
            None => self.place.key(),
        }
    }

    /// Tells whether the value is a secret, or sounds like one.
    pub fn is_secret(&self) -> bool {
        is_secret(self.place.key())
    }

    /// Gives the value behind the `=`, and the nested lines below it.
    pub fn lines(&self) -> (&str, &[String]) {
        (&self.value, &self.nested)
    }

    /// Gives the whole value; nested lines follow on lines of their own.
    pub fn text(&self) -> String {
        std::iter::once(self.value.as_str())
            .chain(self.nested.iter().map(String::as_str))
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Tells whether the key stands there without a value, which says "none" and overrides a default.
    pub(super) fn is_empty(&self) -> bool {
        self.value.is_empty() && self.nested.is_empty()
    }
}

/// Reads a profile file: the entries of its one section, which must be called `profile`. Values are not judged.
///
/// # Errors
/// When the bytes are no such file: names file and line.
pub fn of_profile(file: &Path, profile: &str, bytes: &[u8]) -> Result<Vec<Entry>> {
    let document = document(file, bytes)?;
    let mut sections = document.sections();
    let Some(section) = sections.next() else {
        return Err(invalid(format!("`{}` has no section", file.display()))
            .hint(format!("begin it with the line `[{profile}]`"))
            .into());
    };
    let at = |line: usize, problem: String| invalid(format!("`{}:{line}`: {problem}", file.display()));
    if let Err(problem) = name::check_section(&section.name()) {
        return Err(at(section.line(), problem.into())
            .hint("give file and section another name; the usual one is `default`, in small letters")
            .into());
    }
    if section.name() != profile {
        let problem = format!("the section `[{}]` differs from the file's name", section.name());
        return Err(at(section.line(), problem)
            .hint(format!("write `[{profile}]`, or call the file `{}`", section.name()))
            .into());
    }
    if let Some(second) = sections.next() {
        return Err(at(second.line(), format!("a second section, `[{}]`", second.name()))
            .hint("a profile file holds one section: move this one into a file of its own")
            .into());
    }
    entries(file, section, false)
}

/// Reads the settings: the entries of `[defaults]`; other sections are left alone.
pub(super) fn of_defaults(file: &Path, bytes: &[u8]) -> Result<Vec<Entry>> {
    let document = document(file, bytes)?;
    let mut sections = document.sections().filter(|section| section.name() == "defaults");
    let Some(section) = sections.next() else { return Ok(Vec::new()) };
    if let Some(second) = sections.next() {
        return Err(invalid(format!("`{}:{}`: a second section `[defaults]`", file.display(), second.line()))
            .hint("move its keys into the first one")
            .into());
    }
    entries(file, section, true)
}

/// Lexes a file of text.
pub(super) fn document<'a>(file: &Path, bytes: &'a [u8]) -> Result<Document<'a>> {
    if let Err(error) = std::str::from_utf8(bytes) {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        return Err(invalid(format!("`{}:{line}`: the bytes are not UTF-8", file.display()))
            .hint("save the file as UTF-8")
            .into());
    }
    Ok(Document::parse(bytes).map_err(|unreadable| unreadable.in_file(file))?)
}

/// Reads the keys of a section.
pub(super) fn entries(file: &Path, section: Section<'_>, defaults: bool) -> Result<Vec<Entry>> {
    if let Some(line) = section.stray_lines().next() {
        return Err(invalid(format!("`{}:{line}`: neither a key with its value nor a comment", file.display()))
            .hint("write `key = value`, or put a `#` before it")
            .into());
    }
    let file: Arc<Path> = file.into();
    let mut found: Vec<Entry> = Vec::new();
    for raw in section.entries() {
        let place = Place { file: Arc::clone(&file), line: raw.line(), key: raw.key().into_owned(), defaults };
        let key = Key::of_name(&place.key);
        let same = |other: &&Entry| match key {
            Some(_) => other.key == key,
            None => other.place.key.eq_ignore_ascii_case(&place.key),
        };
        if let Some(first) = found.iter().find(same) {
            return Err(repeated(&place, &first.place));
        }
        let mut value = raw.value_without_comment().into_owned();
        if key == Some(Key::Color) && value.is_empty() {
            value = raw.value().into_owned(); // `color = #f2b0a9` is no comment
        }
        // of the lines below awstok's own keys, JSON, each character counts
        let own = |line: &str| if key.is_none() { without_comment(line).to_owned() } else { line.to_owned() };
        let nested: Vec<String> = raw.nested().map(|(_, line)| own(&line)).collect();
        let entry = Entry { key, place, value, nested };
        check(&entry)?;
        found.push(entry);
    }
    Ok(found)
}

fn repeated(second: &Place, first: &Place) -> anyhow::Error {
    let problem = if second.key.eq_ignore_ascii_case(&first.key) {
        format!("is repeated: it stands in line {} already", first.line)
    } else {
        format!("is repeated: it means the same as `{}` in line {}", first.key, first.line)
    };
    second.refuse(problem).hint("keep one of the two lines").into()
}

/// Refuses what could turn into another key or section when it is written to the AWS files.
fn check(entry: &Entry) -> Result<()> {
    let place = &entry.place;
    if entry.key.is_none() && !place.key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)) {
        return Err(place
            .refuse("can't be the name of a key")
            .hint("use letters, digits and `_-.`, with a `=` between key and value")
            .into());
    }
    let lines = || std::iter::once(&entry.value).chain(&entry.nested);
    let breaks = |c: char| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}');
    if lines().any(|line| line.contains(breaks)) {
        return Err(place.refuse("holds a control character").hint("write the value anew").into());
    }
    if entry.key.is_some_and(|key| !key.takes_nested_lines()) && !entry.nested.is_empty() {
        return Err(place
            .refuse("takes one line, and indented ones follow")
            .hint("keys begin at the start of the line")
            .into());
    }
    // what the config file can't take would stop the delivery of every profile
    if entry.key.is_none_or(|key| key == Key::Output) {
        let value = Value { text: entry.value.clone(), nested: entry.nested.clone() };
        if let Some(why) = unwritable(&value) {
            return Err(place.refuse(why).hint("write it anew; lines below a key are `key = value`").into());
        }
    }
    Ok(())
}

/// Leaves out a comment behind white space, as behind a value on the key's own line.
fn without_comment(line: &str) -> &str {
    let mut behind_space = false;
    let begins = |c: char| std::mem::replace(&mut behind_space, c.is_whitespace()) && matches!(c, '#' | ';');
    line.find(begins).and_then(|at| line.get(..at)).map_or(line, str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::hint_of;

    fn read(text: &[u8]) -> Result<Vec<Entry>> {
        of_profile(Path::new("prod"), "prod", text)
    }

    fn problem(text: &[u8]) -> (String, String) {
        let error = read(text).unwrap_err();
        (error.to_string(), hint_of(&error).unwrap_or_default().to_owned())
    }

    #[test]
    fn comments_and_white_space_are_no_value() {
        let entries = read(
            b"\xef\xbb\xbf# c\r\n[prod] ; c\r\nRegion=eu-west-1 # c\r\n; c\r\ndescription \t= a;b ;c\r\ncolor = #f2b0a9\r\n",
        );
        let entries = entries.unwrap();
        let shown: Vec<_> = entries.iter().map(|entry| (entry.key, entry.value.as_str(), entry.place.line)).collect();
        assert_eq!(
            shown,
            [(Some(Key::Region), "eu-west-1", 3), (Some(Key::Description), "a;b", 5), (Some(Key::Color), "#f2b0a9", 6)]
        );
    }

    #[test]
    fn every_ambiguity_names_line_and_remedy() {
        let cases: [(&[u8], &str, &str); 12] = [
            (b"", "`prod` has no section", "[prod]"),
            (b"# only\n", "`prod` has no section", "[prod]"),
            (b"[test]\n", "`prod:1`: the section `[test]` differs from the file's name", "call the file `test`"),
            (b"[profile prod]\n", "`[profile prod]`", "write `[prod]`"),
            (b"[prod]\n[b]\n", "`prod:2`: a second section, `[b]`", "file of its own"),
            (b"[prod]\n[prod]\n", "`prod:2`: a second section, `[prod]`", "file of its own"),
            (b"[prod]\nregion = a\nREGION = b\n", "`prod:3`: `REGION` is repeated: it stands in line 2", "keep one"),
            (
                b"[prod]\nmfa_id = a\nmfa_serial = b\n",
                "`mfa_serial` is repeated: it means the same as `mfa_id`",
                "keep",
            ),
            (b"[prod]\nx = 1\nX = 1\n", "`prod:3`: `X` is repeated", "keep one"),
            (b"[prod]\nregion\n", "`prod:2`: neither a key", "key = value"),
            (b"[prod]\n\nregion = \xff\n", "`prod:3`: the bytes are not UTF-8", "UTF-8"),
            (b"[prod]\nin valid = 1\n", "`prod:2`: `in valid` can't be the name of a key", "letters"),
        ];
        for (text, message, hint) in cases {
            let (said, hinted) = problem(text);
            assert!(said.contains(message) && hinted.contains(hint), "{said}\n{hinted}");
        }
    }

    #[test]
    fn nested_lines_belong_to_passed_on_keys() {
        let entries = read(b"[prod]\ns3 =\n  max_queue_size = 1000\n  # c\n  x = y\n").unwrap();
        assert_eq!(entries[0].nested, ["max_queue_size = 1000", "x = y"]);
        let entries = read(b"[prod]\ns3 =\n  max = 1 # c\n  url = a;b#c\t; d\n").unwrap();
        assert_eq!(entries[0].nested, ["max = 1", "url = a;b#c"]);
        let entries = read(b"[prod]\nsession_policy = {\n  \"a\": \"b # c\"}\n").unwrap();
        assert_eq!(entries[0].nested, ["\"a\": \"b # c\"}"]);
        assert!(problem(b"[prod]\nregion = eu-west-1\n  output = json\n").0.contains("takes one line"));
    }

    #[test]
    fn what_the_config_file_cant_take_is_refused_where_it_stands() {
        let bad = ["s3 =\n  max_queue_size 1000", "foo = bar\u{a0}", "output = json\u{3000}"];
        for (text, said) in bad.iter().zip(["no `key = value`", "white space", "white space"]) {
            let (said_of, hint) = problem(format!("[prod]\nregion = a\n{text}\n").as_bytes());
            assert!(said_of.contains("prod:3") && said_of.contains(said), "{said_of}");
            assert!(hint.contains("anew"), "{hint}");
        }
    }

    #[test]
    fn no_value_can_make_a_key() {
        for bad in ["\0", "\u{85}", "\u{2028}", "\u{1b}[2J"] {
            let text = format!("[prod]\ndescription = a{bad}b\n");
            assert!(problem(text.as_bytes()).0.contains("`description` holds a control character"), "{bad:?}");
        }
    }
}
