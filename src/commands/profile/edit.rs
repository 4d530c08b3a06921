//! `awstok profile edit`: changes single keys of a profile file, or opens a copy of it in an editor.
//! It refuses to take over what isn't valid.

use super::changes::{Changes, secret_from_stdin};
use crate::app::App;
use crate::arguments::profile_names;
use crate::cabinet::{Cabinet, Edits};
use crate::editor::Editor;
use crate::error::Result;
use crate::profile::Profile;
use crate::ui::shown;

/// Change a profile
///
/// Only the lines of the keys that are named change. Without any, `$VISUAL` or `$EDITOR` opens a
/// copy of the file, which is taken over once it is valid.
///
/// Examples:
///   awstok profile edit prod --region eu-west-1 --unset output
///   awstok profile edit prod
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The profile
    #[arg(add = clap_complete::engine::ArgValueCandidates::new(profile_names))]
    name: String,
    #[command(flatten)]
    changes: Changes,
    /// Take a key out
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    /// Read the secret access key from standard input
    #[arg(long)]
    secret_stdin: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let cabinet = Cabinet::open(app)?;
        let mut edits = Edits { set: self.changes.lines()?, unset: self.unset.clone() };
        cabinet.bytes(&self.name)?;
        if self.secret_stdin {
            edits.set.push(secret_from_stdin()?);
        }
        let changed = match edits.is_empty() {
            true => Editor::of(app, &self.name)?.edit(&cabinet, &self.name)?,
            false => {
                let (profile, changed, lasting) = cabinet.edit(&self.name, &edits)?;
                if !lasting.is_empty() {
                    app.ui.say("the stored secret is overwritten: `awstok undo` won't bring the old one back");
                }
                changed.then_some(profile)
            }
        };
        self.say(app, &cabinet, changed.as_ref());
        Ok(())
    }

    fn say(&self, app: &App, cabinet: &Cabinet<'_>, changed: Option<&Profile>) {
        let Some(profile) = changed else {
            app.ui.say(&format!("`{}` is as it was", shown(&self.name)));
            return;
        };
        app.mention(profile);
        if let Some(master) = cabinet.missing_master(profile) {
            app.ui.warn(&format!("its master, `{}`, is no profile yet", shown(&master)));
        }
        app.ui.say(&format!("changed `{}`", shown(&self.name)));
    }
}
