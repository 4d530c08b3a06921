//! Owns one of the AWS files as Python's SDKs read it: sections, keys and lines, and what those stumble over.
//! It refuses to keep a secret: of such keys only the name and the line stay.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::view::is_plain;
use crate::awsfiles::{Document, Entry, Naming};
use crate::locked_file;
use crate::profile::keys::is_secret;
use crate::profile::words;

/// The section that Python's reader spreads over all others.
const SPREAD: &str = "DEFAULT";
/// No AWS file is larger, in bytes: 10,000 profiles are some 3 MB.
const LARGEST: u64 = 32 << 20;
/// Nobody reads more flaws of one file.
const MOST: usize = 1_000;

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It can't be opened, or is no file; Python goes on without it.
    NotRead,
    /// Python refuses the whole file.
    Refused,
    /// The same section twice: Python refuses the whole file.
    SectionTwice,
    /// The same key twice: Python refuses the whole file.
    KeyTwice,
    /// Bytes before the text that only some readers skip: Python refuses the whole file.
    ByteOrderMark,
    /// Carriage returns alone end lines for Python only.
    LoneReturn,
    /// A key that is indented below another one, and so part of its value to Python, Java and Rust.
    Swallowed,
    /// One profile under two spellings of its header: Python takes the last, others join them.
    ProfileTwice,
    /// A key behind white space with no value above it: Rust and Java refuse the whole file.
    Indented,
    /// A key in capitals, which JavaScript and Java don't read.
    Capitals,
    /// A profile's name in quotes, which Python and JavaScript alone take off.
    Quoted,
    /// A profile's name that some SDKs don't take for one.
    OddName,
    /// `[DEFAULT]`, which Python spreads over all sections.
    Spread,
}

/// A flaw with its place.
#[derive(Debug)]
pub struct Flawed {
    /// What.
    pub flaw: Flaw,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// In words.
    pub what: String,
    /// The profile's name, where the flaw is in a profile's section.
    pub profile: Option<String>,
}

/// A key of a section.
#[derive(Debug)]
pub struct KeyLine {
    /// In small letters.
    pub key: String,
    /// The value; empty where it is a secret.
    pub value: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// A section.
#[derive(Debug)]
pub struct Part {
    /// The text between the brackets.
    pub header: String,
    /// The profile that it is.
    pub profile: Option<String>,
    /// The header's line, counted from 1.
    pub line: usize,
    /// Its keys.
    pub keys: Vec<KeyLine>,
}

impl Part {
    /// Finds a key.
    pub fn get(&self, key: &str) -> Option<&KeyLine> {
        self.keys.iter().find(|found| found.key == key)
    }
}

/// A file.
#[derive(Debug)]
pub struct AwsFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its sections, in the order of the file; none of a file that can't be lexed.
    pub parts: Vec<Part>,
    /// What is wrong with it.
    pub flaws: Vec<Flawed>,
    profiles: HashMap<String, usize>,
}

impl AwsFile {
    /// Reads a file; whatever is wrong with it becomes a flaw.
    pub fn read(path: &Path, naming: Naming) -> Self {
        let mut file = Self { path: path.to_owned(), parts: Vec::new(), flaws: Vec::new(), profiles: HashMap::new() };
        if path.is_dir() {
            file.flaw(Flaw::NotRead, None, "a folder is in its place");
            return file;
        }
        match locked_file::read_bounded(path, LARGEST) {
            Ok(bytes) => file.take(&bytes, naming),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if path.is_symlink() {
                    file.flaw(Flaw::NotRead, None, "it is a symbolic link that leads nowhere");
                }
            }
            Err(error) => file.flaw(Flaw::NotRead, None, error.to_string()),
        }
        file.flaws.truncate(MOST);
        file
    }

    /// Tells whether Python refuses the whole file.
    pub fn is_refused(&self) -> bool {
        let refusing = [Flaw::Refused, Flaw::SectionTwice, Flaw::KeyTwice, Flaw::ByteOrderMark];
        self.flaws.iter().any(|flawed| refusing.contains(&flawed.flaw))
    }

    /// Says why the file can't be read at all.
    pub fn not_read(&self) -> Option<&str> {
        self.flaws.iter().find(|flawed| flawed.flaw == Flaw::NotRead).map(|flawed| flawed.what.as_str())
    }

    /// Tells whether what the file holds is unknown.
    pub fn is_unknown(&self) -> bool {
        self.parts.is_empty() && self.flaws.iter().any(|flawed| matches!(flawed.flaw, Flaw::NotRead | Flaw::Refused))
    }

    /// Gives the section of a profile; of several the last, as Python does.
    pub fn profile(&self, name: &str) -> Option<&Part> {
        self.parts.get(*self.profiles.get(name)?)
    }

    /// Gives all sections that are profiles, each with its name.
    pub fn profiles(&self) -> impl Iterator<Item = (&str, &Part)> {
        self.parts.iter().filter_map(|part| Some((part.profile.as_deref()?, part)))
    }

    /// Finds a key of a profile, or the one that Python spreads over all.
    pub fn get(&self, profile: &str, key: &str) -> Option<&KeyLine> {
        let part = self.profile(profile)?;
        part.get(key).or_else(|| self.spread()?.get(key))
    }

    /// Gives the section of an `[sso-session NAME]`.
    pub fn sso_session(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| {
            part.header.starts_with("sso-session")
                && words::split(&part.header).is_ok_and(|words| words.get(1).is_some_and(|word| word == name))
        })
    }

    fn spread(&self) -> Option<&Part> {
        self.flaws.iter().find(|flawed| flawed.flaw == Flaw::Spread)?;
        self.parts.iter().find(|part| part.header == SPREAD)
    }

    fn flaw(&mut self, flaw: Flaw, line: Option<usize>, what: impl Into<String>) {
        self.flaws.push(Flawed { flaw, line, what: what.into(), profile: None });
    }

    fn take(&mut self, bytes: &[u8], naming: Naming) {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            self.flaw(Flaw::ByteOrderMark, Some(1), "it begins with a byte order mark");
        }
        if let Some(line) = line_of_junk(bytes) {
            self.flaw(Flaw::Refused, Some(line), "bytes that aren't UTF-8");
        }
        if let Some(line) = line_of_lone_return(bytes) {
            self.flaw(Flaw::LoneReturn, Some(line), "a carriage return alone ends a line");
        }
        let document = match Document::parse(bytes) {
            Ok(document) => document,
            Err(unreadable) => return self.flaw(Flaw::Refused, Some(unreadable.line), unreadable.what),
        };
        let indented = indented_lines(bytes);
        let mut headers: HashMap<String, usize> = HashMap::new();
        for section in document.sections() {
            let header = section.name().into_owned();
            let profile = naming.name_of(&section).map(|name| name.into_owned());
            if let Some(first) = headers.insert(header.clone(), section.line()) {
                let what = format!("section `[{header}]` stands here again, first in line {first}");
                self.flaws.push(Flawed {
                    flaw: Flaw::SectionTwice,
                    line: Some(section.line()),
                    what,
                    profile: profile.clone(),
                });
            } else if let Some(first) = profile.as_ref().and_then(|name| self.profile(name)) {
                let what = format!("profile `{header}` stands here again, first in line {}", first.line);
                let line = Some(section.line());
                self.flaws.push(Flawed { flaw: Flaw::ProfileTwice, line, what, profile: profile.clone() });
            }
            let of_name = match profile.as_deref() {
                Some(name) if !is_plain(name) => Some(Flaw::OddName),
                Some(_) if naming == Naming::Profile && header.contains(['"', '\'']) => Some(Flaw::Quoted),
                _ => None,
            };
            if let Some(flaw) = of_name {
                let (what, line) = (format!("`[{header}]`"), Some(section.line()));
                self.flaws.push(Flawed { flaw, line, what, profile: profile.clone() });
            }
            if header == SPREAD {
                self.flaw(Flaw::Spread, Some(section.line()), "Python spreads its keys over every section");
            }
            if let Some(line) = section.stray_lines().next() {
                self.flaw(Flaw::Refused, Some(line), "a line that is neither `key = value` nor a comment");
            }
            let mut keys: Vec<KeyLine> = Vec::new();
            for entry in section.entries() {
                if indented.binary_search(&entry.line()).is_ok() {
                    let what = format!("`{}` stands behind white space", entry.key());
                    let line = Some(entry.line());
                    self.flaws.push(Flawed { flaw: Flaw::Indented, line, what, profile: profile.clone() });
                }
                self.take_entry(&entry, &mut keys, profile.as_deref());
            }
            if let Some(name) = &profile {
                self.profiles.insert(name.clone(), self.parts.len());
            }
            self.parts.push(Part { header, profile, line: section.line(), keys });
        }
    }

    fn take_entry(&mut self, entry: &Entry<'_>, keys: &mut Vec<KeyLine>, profile: Option<&str>) {
        let mut flaw = |flaw, line, what| {
            self.flaws.push(Flawed { flaw, line: Some(line), what, profile: profile.map(str::to_owned) });
        };
        let spelled = entry.key();
        let key = spelled.to_ascii_lowercase();
        if let Some(first) = keys.iter().find(|known| known.key == key) {
            flaw(Flaw::KeyTwice, entry.line(), format!("`{key}` stands here again, first in line {}", first.line));
        }
        if spelled.bytes().any(|byte| byte.is_ascii_uppercase()) && is_of_credentials(&key) {
            flaw(Flaw::Capitals, entry.line(), format!("`{spelled}` is spelled with capitals"));
        }
        let value = entry.value();
        for (line, nested) in entry.nested() {
            let inner = nested.split(['=', ':']).next().unwrap_or_default().trim().to_ascii_lowercase();
            if value.is_empty() && !nested.contains('=') {
                flaw(Flaw::Refused, line, format!("a nested line below `{key}` that is no `key = value`"));
            } else if !value.is_empty() && inner.len() < nested.len() && is_of_credentials(&inner) {
                flaw(Flaw::Swallowed, line, format!("`{inner}` is indented, and so part of the value of `{key}`"));
            }
        }
        let value = if is_secret(&key) { String::new() } else { value.into_owned() };
        keys.push(KeyLine { key, value, line: entry.line() });
    }
}

/// Tells whether a key has to do with credentials.
fn is_of_credentials(key: &str) -> bool {
    ["aws_", "role_arn", "source_profile", "credential_", "mfa_serial", "sso_", "web_identity_", "region"]
        .iter()
        .any(|start| key.starts_with(start))
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes.get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Gives the lines that begin with white space, counted from 1.
fn indented_lines(bytes: &[u8]) -> Vec<usize> {
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    lines.filter(|(line, _)| matches!(line.first(), Some(b' ' | b'\t'))).map(|(_, number)| number).collect()
}

fn line_of_junk(bytes: &[u8]) -> Option<usize> {
    std::str::from_utf8(bytes).err().map(|error| line_of(bytes, error.valid_up_to()))
}

fn line_of_lone_return(bytes: &[u8]) -> Option<usize> {
    let alone = |at: &usize| bytes.get(*at) == Some(&b'\r') && bytes.get(at + 1).is_some_and(|next| *next != b'\n');
    memchr::memchr_iter(b'\r', bytes).find(alone).map(|at| line_of(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(text: &[u8], naming: Naming) -> Vec<(Flaw, Option<usize>)> {
        let mut file = AwsFile::read(Path::new("/nonexistent/file"), naming);
        file.take(text, naming);
        file.flaws.iter().map(|flawed| (flawed.flaw, flawed.line)).collect()
    }

    #[test]
    fn what_python_stumbles_over_is_found_with_its_line() {
        type Case<'a> = (&'a [u8], &'a [(Flaw, usize)]);
        let cases: &[Case<'_>] = &[
            (b"[a]\nregion = x\n", &[]),
            (b"[a]\r\nregion = x\r\n", &[]),
            (b"[a]\nx = 1\n[a]\ny = 2\n", &[(Flaw::SectionTwice, 3)]),
            (b"[a]\nx = 1\nX = 2\n", &[(Flaw::KeyTwice, 3)]),
            (b"\xef\xbb\xbf[a]\n", &[(Flaw::ByteOrderMark, 1)]),
            (b"[a]\nx = \xff\n", &[(Flaw::Refused, 2)]),
            (b"x = 1\n[a]\n", &[(Flaw::Refused, 1)]),
            (b"[a]\nstray\n", &[(Flaw::Refused, 2)]),
            (b"[a]\ns3 =\n  x\n", &[(Flaw::Refused, 3)]),
            (b"[a]\rregion = x\r[b]\n", &[(Flaw::LoneReturn, 1)]),
            (b"[a]\naws_access_key_id = x\n\taws_secret_access_key = y\n", &[(Flaw::Swallowed, 3)]),
            (b"[a]\n\tx = 1\n", &[(Flaw::Indented, 2)]),
            (b"[a]\nAWS_ACCESS_KEY_ID = x\n", &[(Flaw::Capitals, 2)]),
            (b"[DEFAULT]\nregion = x\n", &[(Flaw::Spread, 1)]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(flaw, line)| (*flaw, Some(*line))).collect();
            assert_eq!(flaws(text, Naming::Plain), expected, "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(
            flaws(b"[profile a]\n[profile \"a\"]\n", Naming::Profile),
            [(Flaw::ProfileTwice, Some(2)), (Flaw::Quoted, Some(2))]
        );
    }

    #[test]
    fn no_secret_is_kept() {
        let mut file = AwsFile::read(Path::new("/nonexistent/file"), Naming::Plain);
        file.take(
            b"[a]\naws_secret_access_key = canary\naws_session_token = canary\nx_secret = canary\n",
            Naming::Plain,
        );
        assert!(!format!("{file:?}").contains("canary"), "{file:?}");
    }
}
