//! `awstok profile copy`: a second profile like another, perhaps with some keys changed.
//! It refuses to take the place of another profile unless told to.

use clap_complete::engine::ArgValueCandidates;

use super::changes::Changes;
use crate::app::App;
use crate::arguments::profile_names;
use crate::cabinet::{Cabinet, Edits};
use crate::error::Result;
use crate::paths::tilde;

/// Copy a profile under another name
///
/// Comments and stored secrets come along; keys that are named are changed in the copy.
///
/// Examples:
///   awstok profile copy prod prod-us --region us-east-1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The profile
    #[arg(value_name = "OLD", add = ArgValueCandidates::new(profile_names))]
    old: String,
    /// The copy's name
    #[arg(value_name = "NEW")]
    new: String,
    #[command(flatten)]
    changes: Changes,
    /// Replace a profile of that name
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let edits = Edits { set: self.changes.lines()?, unset: Vec::new() };
        let profile = Cabinet::open(app)?.copy(&self.old, &self.new, &edits, self.force)?;
        app.mention(&profile);
        app.ui.say(&format!("wrote `{}`", tilde(&profile.file, &app.env)));
        Ok(())
    }
}
