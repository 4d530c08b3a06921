//! Owns the memory of what was handed out: each time an entry of the log, and the last profile for a second terminal's
//! `awstok env --last`. It refuses to fail a command over it: a memory that can't be kept is only mentioned.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::app::App;
use crate::credentials::Resolved;
use crate::error::{Result, usage};
use crate::export::parent_program_at_once;
use crate::ledger::{self, Added, HandedOut};
use crate::locked_file::{self, Fingerprint, Mode};
use crate::process::shell;
use crate::profile::plan::Plan;
use crate::session::Session;

const PATIENCE: Duration = Duration::from_secs(5);

/// Who gets credentials, and through which command.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Awstok's command.
    command: &'static str,
    /// The program, or the place; none where the system didn't tell.
    to: Option<String>,
}

impl Recipient {
    /// The program that started this one and reads its output.
    pub fn parent(command: &'static str) -> Self {
        Self { command, to: parent_program_at_once() }
    }

    /// The program that `words` run; none: the person's shell.
    pub fn program(command: &'static str, words: &[OsString], app: &App) -> Self {
        let named = words.first().map_or_else(|| shell(&app.env), Into::into);
        let name = named.file_name().unwrap_or(named.as_os_str());
        Self { command, to: Some(name.to_string_lossy().into_owned()) }
    }

    /// The credentials file, from which any program of the person's may take them.
    pub fn file(command: &'static str) -> Self {
        Self { command, to: Some("credentials file".into()) }
    }

    /// The person's browser.
    pub fn browser(command: &'static str) -> Self {
        Self { command, to: Some("browser".into()) }
    }

    /// Writes down that a plan's session is handed to it.
    pub fn gets(&self, app: &App, plan: &Plan, resolved: &Resolved) {
        self.gets_session(app, &plan.profile, plan.account_id(), &resolved.session, resolved.reused);
    }

    /// The same where there is no plan any more: `account_id` is what it knew of the account.
    pub fn gets_session(&self, app: &App, profile: &str, account_id: Option<&str>, session: &Session, reused: bool) {
        let (command, to) = (self.command, self.to.as_deref());
        let handed = HandedOut { profile, command, to, account_id, session, reused };
        match ledger::add(&app.paths, &handed, app.clock.now()) {
            Ok(Added::Quietly) => {}
            Ok(Added::ToWideFile) => tighten(app, &app.paths.log()),
            Err(error) => app.ui.detail(&format!("could not write the log: {error:#}")),
        }
    }
}

fn tighten(app: &App, file: &Path) {
    if locked_file::tighten(file).is_ok() {
        app.ui.warn(&format!("`{}` could be read by others; it is 0600 now", file.display()));
    }
}

/// Gives the profile that was handed out last.
///
/// # Errors
/// Exit 2 where none was yet.
pub fn last(app: &App) -> Result<String> {
    let found = locked_file::read(&app.paths.own.join("last"))?;
    let name = found.and_then(|found| String::from_utf8(found.bytes).ok()).map(|text| text.trim().to_owned());
    // a power cut may have left zeros
    name.filter(|name| !name.is_empty() && !name.contains(char::is_control))
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
