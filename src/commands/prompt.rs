//! `awstok prompt`: one short line for a shell prompt, from the environment alone.
//! It refuses to slow a prompt down: no file is read.

use colored::Colorize as _;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::clock::time_left;
use crate::error::Result;
use crate::ui::shown;

/// What is left when a prompt begins to warn.
const SOON: SignedDuration = SignedDuration::from_mins(10);

/// Print one short line for a shell prompt: the profile in this shell and the time it has left
///
/// Prints nothing where the shell holds no credentials of awstok. Reads the environment only,
/// so it is instant.
///
/// Examples:
///   PS1='$(awstok prompt) \$ '
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let Some(profile) = app.env.text("AWSTOK_PROFILE") else { return Ok(()) };
        let end = app.env.text("AWS_CREDENTIAL_EXPIRATION").and_then(|text| text.parse::<Timestamp>().ok());
        let profile = shown(profile);
        let Some(end) = end else { return app.ui.print(format!("{profile}\n")) };
        let now = app.clock.now();
        let left = time_left(end, now);
        let soon = end.duration_since(now) < SOON;
        app.ui.print(format!("{profile} {}\n", if soon { left.red() } else { left.normal() }))
    }
}
