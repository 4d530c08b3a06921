//! `awstok clear`: forgets sessions and takes awstok's own keys out of the credentials file.
//! It refuses to touch what can't be had again: long-term keys in profile files stay.

use crate::app::App;
use crate::arguments::ManyProfiles;
use crate::awsfiles::AwsFiles;
use crate::credentials::Cache;
use crate::delivery;
use crate::error::{Result, usage};
use crate::profile;
use crate::ui::shown;
use crate::vault;

/// Forget sessions and take their keys out of the credentials file
///
/// Profile files stay, and so does everything in the credentials file that isn't awstok's own.
/// `awstok undo` puts the keys back into the file. With `--all` the key of sessions that are cached
/// under a passphrase goes too: the next one asks for a new passphrase.
///
/// Examples:
///   awstok clear prod
///   awstok clear --all
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profiles: ManyProfiles,
    /// Every profile
    #[arg(long, conflicts_with_all = ["names", "flags"])]
    all: bool,
    /// Print JSON: {"cleared":["PROFILE"],"sessions":N}
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let known = profile::names(&app.paths.profiles)?;
        let given = self.profiles.given();
        let names = match (self.all, given.is_empty()) {
            (true, _) => known,
            (false, false) => given,
            (false, true) => {
                return Err(usage("nothing was named to clear").hint("name profiles, or use `--all`").into());
            }
        };
        let settings = app.settings()?;
        if !self.all {
            // An unknown name is more likely mistyped than meant.
            names.iter().try_for_each(|name| profile::load(&app.paths.profiles, name, &settings).map(drop))?;
        }
        let sessions = Cache::new(&app.paths).forget_profiles(&names)?;
        if self.all {
            // whoever forgot its passphrase begins anew
            vault::forget_session_key(&app.paths)?;
        }
        let outcome = AwsFiles::new(&app.paths)
            .change("clear", |drafts| names.iter().try_for_each(|name| delivery::remove(drafts, name)))?;
        app.mention_outcome(&outcome);
        if self.json {
            return app.ui.print_json(&serde_json::json!({ "cleared": names, "sessions": sessions }));
        }
        let shown: Vec<String> = names.iter().map(|name| shown(name)).collect();
        app.ui.say(&match (outcome.changed.is_empty() && sessions == 0, shown.as_slice()) {
            (_, []) => "there was nothing to clear".to_owned(),
            (true, _) => format!("there was nothing to clear of {}", shown.join(", ")),
            (false, _) => format!("cleared {}", shown.join(", ")),
        });
        Ok(())
    }
}
