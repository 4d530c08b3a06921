//! `awstok profile`: makes and changes profile files. One file a subcommand; what they share is in `changes`.
//! It refuses secrets as arguments.

pub mod add;
mod changes;
pub mod copy;
pub mod edit;
pub mod import;
pub mod remove;
pub mod rename;
pub mod show;

use crate::app::App;
use crate::error::Result;

/// Make, change, show and remove profiles
///
/// What is missing is asked for on the terminal; each question has a flag. `awstok undo` takes
/// each of these commands back.
///
/// Examples:
///   awstok profile add                  asks for everything
///   awstok profile import --all --dry-run
///   awstok profile edit prod --region eu-west-1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, subcommand_required = true, disable_help_subcommand = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Add(add::Args),
    Edit(edit::Args),
    Show(show::Args),
    Rename(rename::Args),
    Copy(copy::Args),
    Remove(remove::Args),
    Import(import::Args),
}

impl Args {
    /// Runs the subcommand.
    pub fn run(&self, app: &App) -> Result<()> {
        match &self.what {
            What::Add(args) => args.run(app),
            What::Edit(args) => args.run(app),
            What::Show(args) => args.run(app),
            What::Rename(args) => args.run(app),
            What::Copy(args) => args.run(app),
            What::Remove(args) => args.run(app),
            What::Import(args) => args.run(app),
        }
    }
}
