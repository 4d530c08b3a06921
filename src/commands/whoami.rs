//! `awstok whoami`: asks AWS who a profile's credentials belong to.
//! It refuses to guess from files.

use serde::Serialize;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::error::Result;
use crate::ui::shown;

/// Ask AWS who a profile's credentials belong to (GetCallerIdentity)
///
/// Examples:
///   awstok whoami prod
///   awstok whoami prod --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Print JSON: {"profile","account_id","arn","user_id"}
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    profile: &'a str,
    account_id: &'a str,
    arn: &'a str,
    user_id: &'a str,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let plan = broker.plan(&name, Wish::default())?;
        let resolved = broker.resolve_one(&plan, &Want::to_use())?;
        let identity = broker.identify(&plan, &resolved.session)?;
        if self.json {
            let (account_id, arn, user_id) = (&*identity.account, &*identity.arn, &*identity.user_id);
            return app.ui.print_json(&Report { profile: &name, account_id, arn, user_id });
        }
        app.ui.print(format!(
            "account  {}\narn      {}\nuser id  {}\n",
            shown(&identity.account),
            shown(&identity.arn),
            shown(&identity.user_id)
        ))
    }
}
