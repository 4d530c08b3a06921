//! Owns the profiles of the AWS files as botocore merges them: the config file's keys, then the credentials file's over them.
//! It refuses to interpret them, but remembers what readers would not agree on.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::awsfiles::{Document, Drafts, Entry, Naming, Section};
use crate::error::Result;
use crate::locked_file;
use crate::paths::Paths;
use crate::profile::keys::{Key, is_secret};
use crate::profile::sso_sessions;

/// The bytes of both files.
pub(super) struct Files {
    credentials: Zeroizing<Vec<u8>>,
    config: Zeroizing<Vec<u8>>,
    paths: Paths,
}

/// A profile of the AWS files.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) keys: Vec<FoundKey>,
    /// Why it can't be said what it is.
    pub(super) trouble: Option<String>,
}

/// One of its keys.
#[derive(Clone)]
pub(super) struct FoundKey {
    /// In small letters.
    pub(super) key: String,
    pub(super) value: Zeroizing<String>,
    pub(super) nested: Vec<String>,
    pub(super) in_credentials: bool,
}

impl Files {
    pub(super) fn read(paths: &Paths) -> Result<Self> {
        let read =
            |path| -> Result<_> { Ok(Zeroizing::new(locked_file::read(path)?.map_or(Vec::new(), |read| read.bytes))) };
        Ok(Self { credentials: read(&paths.credentials)?, config: read(&paths.config)?, paths: paths.clone() })
    }

    /// Tells whether the files are still what was read.
    pub(super) fn are(&self, drafts: &mut Drafts) -> Result<bool> {
        Ok(drafts.credentials()?.bytes() == self.credentials.as_slice()
            && drafts.config()?.bytes() == self.config.as_slice())
    }

    /// Gives the names of the `[sso-session]` sections.
    pub(super) fn sign_ins(&self) -> Result<Vec<String>> {
        let sections = sso_sessions(&self.paths.config, &self.config)?;
        Ok(sections.into_iter().filter(|section| section.sign_in.is_ok()).map(|section| section.name).collect())
    }

    /// Gives the profiles, sorted by name.
    pub(super) fn profiles(&self) -> Result<Vec<Found>> {
        let mut all: Vec<Found> = Vec::new();
        let files = [
            (&self.config, &self.paths.config, Naming::Profile),
            (&self.credentials, &self.paths.credentials, Naming::Plain),
        ];
        for (bytes, path, naming) in files {
            let document = Document::parse(bytes).map_err(|unreadable| unreadable.in_file(path))?;
            let shown = path.display();
            let mut seen: Vec<(String, usize)> = Vec::new();
            for section in document.sections() {
                let Some(name) = naming.name_of(&section) else { continue };
                let first = seen.iter().find(|(known, _)| *known == name).map(|(_, line)| *line);
                seen.push((name.clone().into_owned(), section.line()));
                let at = all.iter().position(|found| found.name == name).unwrap_or_else(|| {
                    all.push(Found { name: name.into_owned(), keys: Vec::new(), trouble: None });
                    all.len() - 1
                });
                let Some(found) = all.get_mut(at) else { continue };
                if let Some(first) = first {
                    found.trouble = Some(format!(
                        "`{shown}:{}`: the section stands there again, first in line {first}",
                        section.line()
                    ));
                }
                if let Err((line, what)) = found.take(section, naming == Naming::Plain) {
                    found.trouble.get_or_insert(format!("`{shown}:{line}`: {what}"));
                }
            }
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }
}

impl Found {
    /// Finds a key that has a value.
    pub(super) fn get(&self, key: &str) -> Option<&FoundKey> {
        self.keys.iter().find(|found| found.key == key && !(found.value.is_empty() && found.nested.is_empty()))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Tells whether its keys belong to a session, which nothing can fetch anew.
    pub(super) fn has_temporary_keys(&self) -> bool {
        let is_session = self.get("aws_access_key_id").is_some_and(|id| id.value.starts_with("ASIA"));
        is_session || ["aws_session_token", "aws_security_token"].iter().any(|key| self.has(key))
    }

    /// Adds a section's keys; those of the credentials file replace the config file's.
    fn take(&mut self, section: Section<'_>, in_credentials: bool) -> Result<(), (usize, String)> {
        let mut own: Vec<String> = Vec::new();
        for entry in section.entries() {
            let key = entry.key().to_ascii_lowercase();
            if own.contains(&key) {
                return Err((entry.line(), format!("`{key}` stands there twice")));
            }
            own.push(key.clone());
            let value = Zeroizing::new(value(&key, &entry).into_owned());
            let nested = entry.nested().map(|(_, line)| line.into_owned()).collect();
            self.keys.retain(|known| known.key != key);
            self.keys.push(FoundKey { key, value, nested, in_credentials });
        }
        match section.stray_lines().next() {
            Some(line) => Err((line, "neither a key with its value nor a comment".into())),
            None => Ok(()),
        }
    }
}

/// Gives a value. What stands behind ` #` in one that is a single word is a comment to most SDKs, and no use to botocore.
fn value<'d>(key: &str, entry: &Entry<'d>) -> Cow<'d, str> {
    let without = entry.value_without_comment();
    let is_text = matches!(Key::of_name(key), None | Some(Key::Description | Key::CredentialProcess | Key::MfaCommand));
    let is_one_word = !without.is_empty() && !without.contains(char::is_whitespace);
    if is_one_word && (!is_text || is_secret(key)) { without } else { entry.value() }
}
