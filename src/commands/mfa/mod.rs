//! `awstok mfa`: codes that nobody types, and the devices behind them. One file a subcommand.
//! It refuses seeds and codes of a seed as arguments.

pub mod add;
pub mod code;
pub mod enroll;
pub mod list;
pub mod remove;
pub mod resync;

use crate::app::App;
use crate::error::Result;

/// Let codes come by themselves; enroll, list and remove MFA devices
///
/// With the seed of a virtual device stored, no code is typed any more.
///
/// Examples:
///   awstok mfa add mainuser             store the seed of a device one has
///   awstok mfa enroll mainuser          a new device, on this machine and on the phone
///   awstok mfa code mainuser
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, subcommand_required = true, disable_help_subcommand = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Add(add::Args),
    Code(code::Args),
    List(list::Args),
    Enroll(enroll::Args),
    Resync(resync::Args),
    Remove(remove::Args),
}

impl Args {
    /// Runs the subcommand.
    pub fn run(&self, app: &App) -> Result<()> {
        match &self.what {
            What::Add(args) => args.run(app),
            What::Code(args) => args.run(app),
            What::List(args) => args.run(app),
            What::Enroll(args) => args.run(app),
            What::Resync(args) => args.run(app),
            What::Remove(args) => args.run(app),
        }
    }
}
