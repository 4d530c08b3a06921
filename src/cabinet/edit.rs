//! Owns the change of single lines of a profile file: a key keeps its place, its spelling and the comment behind it.
//! It refuses a change after which the profile can't be used, unless it couldn't before.

use std::path::Path;

use super::Cabinet;
use super::lines::{Line, once_each, same_key};
use crate::awsfiles::{AwsFiles, Document, Draft, Drafts};
use crate::error::{Result, blame_usage, usage};
use crate::locked_file::Mode;
use crate::profile::Profile;
use crate::profile::keys::Key;
use crate::vault::Item;

/// What shall change in one profile file.
#[derive(Clone, Default)]
pub struct Edits {
    /// The keys with their new values.
    pub set: Vec<Line>,
    /// The keys to be taken out.
    pub unset: Vec<String>,
}

impl Edits {
    /// Tells whether nothing shall change.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.unset.is_empty()
    }

    /// Refuses contradictions, and what a file can't hold.
    ///
    /// # Errors
    /// Exit 2.
    pub fn check(&self) -> Result<()> {
        once_each(&self.set)?;
        for line in &self.set {
            line.check()?;
            if self.unset.iter().any(|key| line.is_of(key)) {
                return Err(usage(format!("`{}` is both set and taken out", line.key))
                    .hint("keep one of the two")
                    .into());
            }
        }
        Ok(())
    }

    /// Makes the changes in the section `name` of a profile file.
    ///
    /// # Errors
    /// Where the file can't be read, or can't hold a value.
    pub fn apply(&self, draft: &mut Draft, name: &str) -> Result<()> {
        let mut there: Vec<Found> = Vec::new();
        {
            let document = draft.document()?;
            for entry in document.section(name).iter().flat_map(|section| section.entries()) {
                let value = entry.value_without_comment().into_owned();
                let is_color = same_key(&entry.key(), "color") && value.is_empty();
                let comment = if is_color { String::new() } else { entry.comment().into_owned() };
                let is_nested = entry.nested().next().is_some();
                there.push(Found { key: entry.key().into_owned(), value, comment, is_nested });
            }
        }
        let section = draft.section(name)?;
        for found in there.iter().filter(|found| self.unset.iter().any(|key| same_key(key, &found.key))) {
            section.remove(&found.key);
        }
        for line in &self.set {
            match there.iter().find(|found| line.is_of(&found.key)) {
                Some(found) if found.value == *line.value && !found.is_nested => {}
                Some(found) if found.takes(line) => {
                    section.set_before(&found.key, &line.value, &found.comment)?;
                }
                found => {
                    if let Some(found) = found {
                        section.remove(&found.key);
                    }
                    section.set(&line.key, line.value.as_str())?;
                }
            }
        }
        Ok(())
    }
}

/// A line that stands there.
struct Found {
    key: String,
    value: String,
    comment: String,
    is_nested: bool,
}

impl Found {
    /// Tells whether the line can have the new value under the name that it has.
    fn takes(&self, line: &Line) -> bool {
        let is_role = Key::of_name(&self.key) == Some(Key::Role);
        !is_role || self.key.eq_ignore_ascii_case(&line.key) || line.value.starts_with("arn:")
    }
}

impl Cabinet<'_> {
    /// Changes lines of a profile file; gives the profile as it is then, whether anything changed, and what an undo won't
    /// take back.
    ///
    /// # Errors
    /// Exit 2 where the changes make no usable profile of a usable one, 3 where it wasn't one and still isn't.
    pub fn edit(&self, name: &str, edits: &Edits) -> Result<(Profile, bool, Vec<String>)> {
        edits.check()?;
        self.bytes(name)?;
        let has_secret = edits.set.iter().any(|line| Key::of_name(&line.key) == Some(Key::SecretAccessKey));
        // one that is on its way elsewhere would take the new one's place
        let _still = has_secret.then(|| self.hold_still(&[name])).transpose()?;
        let before = self.read(name, &self.bytes(name)?);
        let (edits, secret) = match &before {
            Ok(profile) => self.split_edits(profile, edits)?,
            Err(_) => (edits.clone(), None),
        };
        let mut lasting = Vec::new();
        if let (Ok(profile), Some(secret)) = (&before, &secret) {
            lasting = self.overwritten_by(&[(Item::SecretAccessKey, profile.secret_store)], name);
            // what is refused must not cost the old secret
            let file = self.file(name);
            let files = AwsFiles::new(&self.app.paths).with(&file, Mode::Secret);
            files.preview(|drafts| self.changed(drafts, &file, name, &edits).map(drop))?;
            self.keep(name, profile.secret_store, secret)?;
        }
        let (profile, changed) = self.rewrite(&format!("profile edit {name}"), name, &edits, &lasting)?;
        Ok((profile, secret.is_some() || changed, lasting))
    }

    /// Changes lines in the draft of a profile file; gives the profile as it is then.
    fn changed(&self, drafts: &mut Drafts, file: &Path, name: &str, edits: &Edits) -> Result<Profile> {
        let draft = drafts.file(file)?;
        if !draft.existed() {
            return Err(self.changed_meanwhile(name).into());
        }
        let was_usable = self.whole(name, draft.bytes()).is_ok();
        edits.apply(draft, name)?;
        let mut text = draft.edited()?.into_owned();
        if was_usable && is_sectionless(&text) {
            text = format!("[{name}]\n").into_bytes();
            draft.replace_all(text.clone());
        }
        self.whole(name, &text).map_err(|error| if was_usable { blame_usage(error) } else { error })
    }

    /// Changes lines of a profile file for `command`, whatever keys they are; gives the profile as it is then, and whether
    /// anything changed. `lasting` is what an undo won't take back, a sentence each.
    ///
    /// # Errors
    /// As `edit`.
    pub fn rewrite(&self, command: &str, name: &str, edits: &Edits, lasting: &[String]) -> Result<(Profile, bool)> {
        let file = self.file(name);
        let mut after = None;
        let files = AwsFiles::new(&self.app.paths).lasting(lasting.to_vec());
        let outcome = files.with(&file, Mode::Secret).change(command, |drafts| {
            after = Some(self.changed(drafts, &file, name, edits)?);
            Ok(())
        })?;
        let profile = after.ok_or_else(|| self.changed_meanwhile(name))?;
        Ok((profile, !outcome.changed.is_empty()))
    }
}

/// Tells whether the last key has gone, and the section with it.
fn is_sectionless(text: &[u8]) -> bool {
    Document::parse(text).is_ok_and(|document| document.sections().next().is_none())
}
