//! Owns the memory of what was handed out last: one profile name, for a second terminal's `awstok env --last`.
//! It refuses to fail a command over it: a memory that can't be kept is only mentioned.

use std::time::Duration;

use crate::app::App;
use crate::error::{Result, usage};
use crate::locked_file::{self, Fingerprint, Mode};

const PATIENCE: Duration = Duration::from_secs(5);

/// Gives the profile that was handed out last.
///
/// # Errors
/// Exit 2 where none was yet.
pub fn last(app: &App) -> Result<String> {
    let found = locked_file::read(&app.paths.own.join("last"))?;
    let name = found.and_then(|found| String::from_utf8(found.bytes).ok()).map(|text| text.trim().to_owned());
    name.filter(|name| !name.is_empty())
        .ok_or_else(|| usage("no profile was handed out yet").hint("name one: `awstok env PROFILE`").into())
}

/// Remembers that `profile` was handed out; writes only where that is news.
pub fn remember(app: &App, profile: &str) {
    if let Err(error) = try_remember(app, profile) {
        app.ui.detail(&format!("could not remember the profile for `--last`: {error:#}"));
    }
}

fn try_remember(app: &App, profile: &str) -> Result<()> {
    let file = app.paths.own.join("last");
    let text = format!("{profile}\n");
    let found = locked_file::read(&file)?;
    if found.as_ref().is_some_and(|found| found.bytes == text.as_bytes()) {
        return Ok(());
    }
    locked_file::private_folder(&app.paths.own)?;
    let lock = locked_file::lock(&app.paths.locks().join("last"), PATIENCE)?;
    let seen = found.map_or(Fingerprint::ABSENT, |found| found.seen);
    // Another shell that was quicker is as good an answer.
    let _ = locked_file::replace(&file, text.as_bytes(), Mode::Secret, &seen, &lock)?;
    Ok(())
}
