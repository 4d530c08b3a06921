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
    let _ = locked_file::replace_unsynced(&file, text.as_bytes(), Mode::Secret, &seen, &lock)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // a test sets the scene
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::error::{Kind, kind_of};

    #[test]
    fn the_last_profile_is_remembered_and_nothing_written_where_it_is_no_news() {
        let home = tempfile::tempdir().unwrap();
        let env = [("HOME", home.path())].into_iter().collect();
        let app = App::new(env, &Cli::try_parse_from(["awstok", "-q"]).unwrap().global, true).unwrap();
        assert_eq!(kind_of(&last(&app).unwrap_err()), Kind::Usage);
        remember(&app, "prod");
        let file = app.paths.own.join("last");
        let written = || std::fs::metadata(&file).unwrap().modified().unwrap();
        let before = written();
        remember(&app, "prod");
        assert_eq!((last(&app).unwrap(), written()), ("prod".to_owned(), before));
        remember(&app, "stage");
        assert_eq!(last(&app).unwrap(), "stage");
    }

    #[test]
    fn a_memory_that_cant_be_kept_is_no_failure() {
        let file = std::env::current_exe().unwrap(); // where a folder should be
        let env = [("HOME", &file), ("AWSTOK_HOME", &file)].into_iter().collect();
        let app = App::new(env, &Cli::try_parse_from(["awstok", "-q"]).unwrap().global, true).unwrap();
        remember(&app, "prod");
        assert!(last(&app).is_err());
    }
}
