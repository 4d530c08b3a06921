//! Owns the end of what long use leaves behind: sessions that were over long ago, and lock files that nobody takes any more.
//! It refuses to look more often than once a day, and to touch what anyone holds.

use std::path::Path;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::Cache;
use crate::flight::Flight;
use crate::locked_file::{retire, try_lock};

/// How long a session stays after its end, and a lock file after its last use: longer than a session can live.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often is looked.
const PAUSE: SignedDuration = SignedDuration::from_hours(24);

impl Cache {
    /// Removes what is of no use any more, for whoever has just fetched a session. What can't be removed waits for another day.
    pub(super) fn prune(&self, now: Timestamp, with_keyring: bool) {
        let turn = self.locks.join("prune");
        let (Ok(last), Ok(before)) = (now.checked_sub(PAUSE), now.checked_sub(KEPT)) else { return };
        if was_taken(&turn, last.into(), now.into()) {
            return;
        }
        let Ok(Some(_turn)) = try_lock(&turn) else { return };
        for entry in std::fs::read_dir(&self.locks).into_iter().flatten().flatten() {
            let file = entry.path();
            let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_suffix(".lock")).map(str::to_owned)
            else {
                continue;
            };
            retire(&file, before.into(), |lock| {
                Flight::clear(&file, lock);
                name.strip_prefix("session-").is_none_or(|name| self.retire(name, before, with_keyring, lock))
            });
        }
    }
}

/// Tells whether a lock file was taken between two instants.
fn was_taken(file: &Path, from: SystemTime, to: SystemTime) -> bool {
    std::fs::metadata(file).and_then(|found| found.modified()).is_ok_and(|taken| (from..=to).contains(&taken))
}
