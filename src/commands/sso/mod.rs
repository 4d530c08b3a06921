//! `awstok sso`: sign-ins to IAM Identity Center. One file a subcommand.
//! It refuses tokens as arguments and in what it prints.

pub mod accounts;
pub mod login;
pub mod logout;
pub mod populate;
pub mod status;
pub mod which;

use crate::app::App;
use crate::error::Result;

/// Sign in to IAM Identity Center, and see to its sign-ins
///
/// A sign-in serves all profiles with the same `sso_session` or `sso_start_url`, and the AWS CLI
/// and SDKs as well: they share its files in ~/.aws/sso/cache. It is renewed in silence for as
/// long as IAM Identity Center allows.
///
/// Examples:
///   awstok sso login prod
///   awstok sso login --session corp --use-device-code
///   awstok sso status
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, subcommand_required = true, disable_help_subcommand = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Login(login::Args),
    Status(status::Args),
    Logout(logout::Args),
    Accounts(accounts::Args),
    Populate(populate::Args),
}

impl Args {
    /// Runs the subcommand.
    pub fn run(&self, app: &App) -> Result<()> {
        match &self.what {
            What::Login(args) => args.run(app),
            What::Status(args) => args.run(app),
            What::Logout(args) => args.run(app),
            What::Accounts(args) => args.run(app),
            What::Populate(args) => args.run(app),
        }
    }
}
