//! Owns the user's keys beside the profile's: the second one that stands in the way, and the orphan of a lost answer.
//! It refuses to delete the key that the profile uses, and a key that anybody may use unless it was named.

use jiff::Timestamp;

use super::begun::Begun;
use super::{CLOCKS_APART, Run};
use crate::clock::{rfc3339, short_duration};
use crate::error::{Failure, Kind, Result, invalid, usage};
use crate::iam::AccessKey;
use crate::ui::shown;

impl Run<'_> {
    /// Sees to it that there is room for a second key: a user has two at most.
    pub(super) fn make_room(&self) -> Result<()> {
        let current = &self.report.old_key;
        let keys = self.owner.iam().list_access_keys(self.owner.caller())?;
        let others: Vec<&AccessKey> = keys.iter().filter(|key| key.id != *current).collect();
        match self.wish.delete_key {
            Some(id) if id == current => {
                Err(usage(format!("`{}` is the key that `{}` uses", shown(id), shown(&self.report.profile)))
                    .hint("`--delete-key` is for the user's other key")
                    .into())
            }
            Some(id) if others.iter().any(|key| key.id == id) => self.delete(id),
            Some(id) => Err(usage(format!("the user has no key `{}`", shown(id))).into()),
            None if keys.len() >= 2 => Err(self.two_keys(&keys)),
            None => Ok(()),
        }
    }

    /// Refuses to delete the key of an interrupted rotation where the profile holds none of the user's that works: the file was
    /// put back or changed by hand meanwhile.
    pub(super) fn refuse_dead_key(&self, begun: &Begun) -> Result<()> {
        let current = &self.report.old_key;
        let keys = self.owner.iam().list_access_keys(self.owner.caller())?;
        if keys.iter().any(|key| key.id == *current && key.active) {
            return Ok(());
        }
        let new = begun.new_key.as_deref().map_or("a key".to_owned(), |id| format!("`{}`", shown(id)));
        let note = self.app.paths.rotating(&self.report.profile);
        Err(invalid(format!("`{}` is no active key of the user whose rotation to {new} was interrupted", shown(current)))
            .hint(format!(
                "put the file of `{}` back as that rotation left it (`awstok undo --list`), or look at the user's keys in IAM and remove `{}`",
                shown(&self.report.profile),
                shown(&note.display().to_string())
            ))
            .into())
    }

    fn two_keys(&self, keys: &[AccessKey]) -> anyhow::Error {
        let now = self.app.clock.now();
        let ago = |then: Timestamp| {
            let time = now.duration_since(then).unsigned_abs();
            format!("{} ({} ago)", rfc3339(then), short_duration(time))
        };
        let line = |key: &AccessKey| {
            let used = match self.owner.iam().get_access_key_last_used(self.owner.caller(), &key.id) {
                Ok(Some(then)) => format!("last used {}", ago(then)),
                Ok(None) => "never used".into(),
                Err(_) => "last use unknown".into(),
            };
            let created = key.created.map_or_else(|| "at an unknown time".into(), ago);
            let state = if key.active { "active" } else { "inactive" };
            let ours = if key.id == self.report.old_key { ", the one that awstok uses" } else { "" };
            format!("`{}`{ours}: {state}, created {created}, {used}", shown(&key.id))
        };
        let lines: Vec<String> = keys.iter().map(line).collect();
        let other = keys.iter().find(|key| key.id != self.report.old_key).map_or("ID", |key| key.id.as_str());
        Failure::new(Kind::Refused, "the user has two access keys, and AWS allows no third")
            .because(anyhow::anyhow!(lines.join("; ")))
            .hint(format!(
                "if nothing uses the other one: `awstok rotate {} --delete-key {}`",
                shown(&self.report.profile),
                shown(other)
            ))
            .into()
    }

    /// Deletes the key that a lost answer left: younger than the beginning and never used. Tells whether there was one.
    pub(super) fn delete_orphan(&self, begun: &Begun) -> Result<bool> {
        let since = begun.since.saturating_sub(CLOCKS_APART).unwrap_or(begun.since);
        let keys = self.owner.iam().list_access_keys(self.owner.caller())?;
        let mut found = false;
        for key in keys {
            let is_young = key.created.is_some_and(|created| created >= since);
            if key.id != self.report.old_key
                && key.id != begun.old_key
                && is_young
                && self.owner.iam().get_access_key_last_used(self.owner.caller(), &key.id)?.is_none()
            {
                self.delete(&key.id)?;
                found = true;
            }
        }
        Ok(found)
    }
}
