//! `awstok rotate`: a new access key for an IAM user, in the place of the old one.
//! It refuses to begin without a yes, and to show a secret.

use std::time::Duration;

use crate::app::App;
use crate::arguments::{OneProfile, duration};
use crate::broker::Broker;
use crate::error::Result;
use crate::rotation::{Outcome, Report, Wish, key_of, rotate, sharers};
use crate::ui::consent::Consent;
use crate::ui::shown;

/// Replace the access key of an IAM user
///
/// Creates a key, waits until AWS knows it everywhere, stores it where the old one was, deactivates
/// the old one and deletes it. Asks for an MFA code where the user has a device. At every moment
/// the profile holds a key that works; where it was interrupted or refused, the same command goes on.
///
/// AWS allows a user two keys: where there is a second one already, `--delete-key` names it.
///
/// Examples:
///   awstok rotate mainuser
///   awstok rotate mainuser --keep-old             deactivate the old key, but keep it
///   awstok rotate mainuser --delete-key AKIAI44QH8DHBEXAMPLE
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Leave the old key there, inactive
    #[arg(long)]
    keep_old: bool,
    /// Delete the user's other key first
    #[arg(long, value_name = "ID")]
    delete_key: Option<String>,
    /// How long AWS may take to know the new key
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    wait: Duration,
    /// Don't ask
    #[arg(short = 'y', long)]
    yes: bool,
    /// Print JSON: {"profile","old_key","new_key","steps":{"create":"done|failed|skipped",…},"resumed"}
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let key = key_of(&broker, &name)?;
        let sharers: Vec<String> =
            sharers(app, &broker, &name, &key).iter().map(|name| format!("`{}`", shown(name))).collect();
        match sharers.as_slice() {
            [] => {}
            [one] => app.ui.warn(&format!("{one} holds the same key, and keeps the old one")),
            several => app.ui.warn(&format!("{} hold the same key, and keep the old one", several.join(", "))),
        }
        let what = format!("the access key `{}` of `{}`", shown(&key), shown(&name));
        let consent = Consent {
            question: &format!("replace {what}?"),
            would: &format!("{what} would be replaced"),
            declined: "nothing was replaced",
            hint: "pass `--yes`",
        };
        app.ui.agree(self.yes, consent)?;
        let wish = Wish { keep_old: self.keep_old, delete_key: self.delete_key.as_deref(), wait: self.wait };
        let rotated = rotate(app, &broker, &name, wish, &|text| app.ui.say(text))?;
        if self.json {
            app.ui.print_json(&rotated.report)?;
        } else if rotated.failure.is_none() {
            app.ui.say(&summary(&rotated.report));
        }
        rotated.failure.map_or(Ok(()), Err)
    }
}

fn summary(report: &Report) -> String {
    let (profile, old) = (shown(&report.profile), shown(&report.old_key));
    let new = report.new_key.as_deref().map(shown).unwrap_or_default();
    let fate = if report.steps.delete == Outcome::Done { "deleted" } else { "inactive" };
    format!("`{profile}` has the key `{new}`; `{old}` is {fate}")
}
