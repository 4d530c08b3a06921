//! `awstok profile remove`: takes profiles away, with all that awstok keeps under their names.
//! It refuses while other profiles need one as their master.

use clap_complete::engine::ArgValueCandidates;

use crate::app::App;
use crate::arguments::profile_names;
use crate::cabinet::Cabinet;
use crate::error::Result;
use crate::ui::consent::Consent;
use crate::ui::shown;

/// Remove profiles
///
/// Their files, awstok's own keys in the credentials file, what was generated in the config file,
/// cached sessions, and secrets in the keyring or under a passphrase, which `awstok undo` can't
/// bring back. What you added by hand stays.
///
/// Examples:
///   awstok profile remove old
///   awstok profile remove old older --yes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The profiles
    #[arg(value_name = "NAME", required = true, add = ArgValueCandidates::new(profile_names))]
    names: Vec<String>,
    /// Don't ask
    #[arg(short = 'y', long)]
    yes: bool,
    /// Remove them even where other profiles name them as master
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let cabinet = Cabinet::open(app)?;
        let mut names = self.names.clone();
        names.sort();
        names.dedup();
        cabinet.removable(&names, self.force)?;
        let listed: Vec<String> = names.iter().map(|name| format!("`{}`", shown(name))).collect();
        let listed = listed.join(", ");
        let consent = Consent {
            question: &format!("remove {listed}?"),
            would: &format!("{listed} would be removed"),
            declined: "nothing was removed",
            hint: "pass `--yes`",
        };
        app.ui.agree(self.yes, consent)?;
        let removed = cabinet.remove(&names, self.force)?;
        for warning in &removed.warnings {
            app.ui.warn(warning);
        }
        app.ui.say(&format!("removed {listed}; `awstok undo` brings the files back"));
        Ok(())
    }
}
