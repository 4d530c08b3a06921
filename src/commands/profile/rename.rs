//! `awstok profile rename`: gives a profile another name, wherever its name stands.
//! It refuses to take the place of another profile unless told to.

use clap_complete::engine::ArgValueCandidates;

use crate::app::App;
use crate::arguments::profile_names;
use crate::cabinet::Cabinet;
use crate::error::Result;
use crate::handout;
use crate::ui::shown;

/// Give a profile another name
///
/// File, section, other profiles' masters, the settings, the sections of both AWS files, stored
/// secrets and cached sessions follow. If it is interrupted, the same command finishes it.
///
/// Examples:
///   awstok profile rename prod production
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The profile
    #[arg(value_name = "OLD", add = ArgValueCandidates::new(profile_names))]
    old: String,
    /// Its new name
    #[arg(value_name = "NEW")]
    new: String,
    /// Replace a profile of that name
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let renamed = Cabinet::open(app)?.rename(&self.old, &self.new, self.force)?;
        if handout::last(app).is_ok_and(|last| last == self.old) {
            handout::remember(app, &self.new);
        }
        for warning in &renamed.warnings {
            app.ui.warn(warning);
        }
        let masters: Vec<String> = renamed.masters.iter().map(|name| format!("`{}`", shown(name))).collect();
        let also =
            if masters.is_empty() { String::new() } else { format!(", also as the master of {}", masters.join(", ")) };
        app.ui.say(&format!("`{}` is now `{}`{also}", shown(&self.old), shown(&self.new)));
        Ok(())
    }
}
