//! `awstok credential-process`: what SDKs run where the config file's section says `credential_process`.
//! It refuses to print anything but the JSON that they expect.

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::error::Result;
use crate::export;
use crate::guard::OneGuarded;
use crate::handout::Recipient;

/// Print a profile's credentials as SDKs expect them of a `credential_process`
///
/// With `auto_refresh = yes` in a profile file, awstok writes the line that calls this into the
/// config file itself. SDKs run it again whenever the credentials come to their end. Where a
/// code is needed, it is asked for on the terminal, if there is one.
///
/// Examples:
///   awstok credential-process prod
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneGuarded,
}

impl From<OneProfile> for Args {
    fn from(profile: OneProfile) -> Self {
        Self { profile: profile.into() }
    }
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let plan = self.profile.plan(app, &broker, Wish::default())?;
        let resolved = broker.resolve_one(&plan, &Want::to_use())?;
        Recipient::parent("credential-process").gets(app, &plan, &resolved);
        app.ui.hand_over(export::process(&resolved.session, plan.account_id()))
    }
}
