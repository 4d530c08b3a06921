//! `awstok doctor`: which source an SDK takes for a profile, and what is wrong.
//! It refuses to ask, and to change anything without `--fix`.

use std::path::PathBuf;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::doctor::{Mending, Patient, mode_of};
use crate::error::Result;
use crate::paths::{Paths, tilde};
use crate::ui::{diff, shown};

/// Say where SDKs get a profile's credentials from, and what is wrong
///
/// All nine sources in the order in which Python walks them, the one that wins, and where
/// JavaScript, Java, Go and Rust go other ways. Then what is wrong in the environment, the AWS
/// files and the profiles, each with what mends it. Works with broken files and without a
/// network; exits with 1 where something is an error.
///
/// `--fix` shows the diff and mends what is safe to mend; `awstok undo` takes it back.
///
/// Examples:
///   awstok doctor
///   awstok doctor prod --offline
///   awstok doctor --fix
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("name", |arg| arg.help("The profile [default: AWS_PROFILE, AWS_DEFAULT_PROFILE, else `default`]")))]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Mend what is safe to mend, after showing the diff
    #[arg(long)]
    fix: bool,
    /// Ask neither AWS for its time nor the instance metadata service
    #[arg(long)]
    offline: bool,
    /// Print JSON: {"profile","winner","chain":[{"source","present","wins","refreshes","detail"}],"findings":[{"id","severity","profile","file","line","message","fix","fixable","fixed"}]}
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command; gives the exit code.
    pub fn run(&self, app: &App) -> Result<u8> {
        let patient = Patient {
            env: &app.env,
            paths: &app.paths,
            clock: app.clock,
            profile: self.profile.given(),
            offline: self.offline,
        };
        let mut report = patient.diagnose()?;
        let mends = report.mends();
        let refusal = if self.fix && !mends.is_empty() { why_not_mended(app) } else { None };
        if let Some(why) = refusal {
            app.ui.warn(why);
        } else if self.fix && !mends.is_empty() {
            let mending = Mending::plan(&app.paths, mends.iter());
            for preview in mending.preview()? {
                let (before, after) = (preview.before.unwrap_or_default(), preview.after.unwrap_or_default());
                app.ui.say(diff::unified(&tilde(&preview.path, &app.env), &before, &after).trim_end());
            }
            for (path, mode) in mends.iter().filter_map(mode_of) {
                app.ui.say(&shown(&format!("`{}` becomes {mode}", tilde(path, &app.env))));
            }
            for refused in mending.refused.iter().chain(&mending.carry_out()) {
                app.ui.warn(&shown(refused));
            }
            report = patient.diagnose_again(report);
        }
        match self.json {
            true => app.ui.print_json(&report)?,
            false => app.ui.print(report.text(|path: &PathBuf| tilde(path, &app.env), app.ui.width()))?,
        }
        Ok(u8::from(report.has_errors()))
    }
}

/// Says why nothing may be mended here, where that is so.
fn why_not_mended(app: &App) -> Option<&'static str> {
    match Paths::from_environment(&app.env) {
        Err(_) => Some("nothing is mended without a home folder"),
        Ok(own) if (&own.credentials, &own.config) != (&app.paths.credentials, &app.paths.config) => {
            Some("nothing is mended inside of `awstok exec --server`, whose AWS files are not yours")
        }
        Ok(_) => None,
    }
}
