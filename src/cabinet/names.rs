//! Owns where a profile's name stands in other files: as the master of other profiles, and in the settings.
//! It refuses to judge those files: one that can't be used names its master all the same.

use super::lines::Line;
use super::{Cabinet, Edits};
use crate::awsfiles::{Document, Draft};
use crate::error::Result;
use crate::profile::keys::Key;
use crate::profile::{self};

/// The section of the settings that awstok reads.
pub(super) const DEFAULTS: &str = "defaults";

impl Cabinet<'_> {
    /// Lists the other profiles whose own files name `master` as their master, sorted.
    pub(super) fn naming(&self, master: &str) -> Result<Vec<String>> {
        let mut found = profile::names(&self.app.paths.profiles)?;
        found.retain(|name| {
            let bytes = profile::bytes(&self.app.paths.profiles, name).unwrap_or_default();
            name != master && keys_that_name(&bytes, name, &[Key::MasterProfile], master).next().is_some()
        });
        Ok(found)
    }

    /// Lists the other profiles whose credentials come from `master`, by their own word or by default, sorted.
    pub(super) fn depending(&self, master: &str) -> Result<Vec<String>> {
        let mut found = self.naming(master)?;
        for name in profile::names(&self.app.paths.profiles)? {
            let loaded = profile::load(&self.app.paths.profiles, &name, &self.settings);
            let depends = loaded.is_ok_and(|profile| profile.master.is_some_and(|named| named.value == master));
            if name != master && depends && !found.contains(&name) {
                found.push(name);
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Lets every line of a section that names `from` in one of these keys name `to`.
pub(super) fn rename_in(draft: &mut Draft, section: &str, keys: &[Key], from: &str, to: &str) -> Result<()> {
    let lines: Vec<Line> = keys_that_name(draft.bytes(), section, keys, from).map(|key| Line::new(&key, to)).collect();
    if lines.is_empty() {
        return Ok(());
    }
    Edits { set: lines, unset: Vec::new() }.apply(draft, section)
}

/// Gives the keys, as they are spelled, by which a section names a profile.
pub(super) fn keys_that_name(bytes: &[u8], section: &str, keys: &[Key], name: &str) -> impl Iterator<Item = String> {
    let document = Document::parse(bytes).ok();
    let section = document.as_ref().and_then(|document| document.section(section));
    let found: Vec<String> = section
        .iter()
        .flat_map(|section| section.entries())
        .filter(|entry| Key::of_name(&entry.key()).is_some_and(|key| keys.contains(&key)))
        .filter(|entry| entry.value_without_comment() == name)
        .map(|entry| entry.key().into_owned())
        .collect();
    found.into_iter()
}
