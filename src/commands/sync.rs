//! `awstok sync`: regenerates the config file from the profile files.
//! It refuses to touch the credentials file.

use crate::app::App;
use crate::error::Result;
use crate::house::House;

/// Regenerate the config file from the profile files
///
/// Each profile gets its section, each section of the credentials file that the config file
/// lacks gets one, and what was generated for profiles that are gone is taken away. Keys and
/// sections added by hand stay.
///
/// Examples:
///   awstok sync
///   awstok sync --dry-run
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Show the diff and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON: {"changed":["FILE"]}, or {"diff":"DIFF"} of a dry run
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let house = House::read(app, &app.settings()?)?;
        house.mention_unusable(true);
        if self.dry_run {
            let diff = house.rehearse(&[])?;
            if self.json {
                return app.ui.print_json(&serde_json::json!({ "diff": console::strip_ansi_codes(&diff) }));
            }
            return app.ui.print(if diff.is_empty() { "nothing would change\n".to_owned() } else { diff });
        }
        let changed = house.change("sync", None, &[])?.mention(app).changed;
        if self.json {
            let changed: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
            return app.ui.print_json(&serde_json::json!({ "changed": changed }));
        }
        if changed.is_empty() {
            app.ui.say("the config file is up to date");
        }
        Ok(())
    }
}
