//! `awstok explain`: how a profile's credentials come about, step by step.
//! It refuses to call, ask or change anything.

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::error::Result;

/// Show step by step how a profile's credentials come about
///
/// Each call with its role, code and length, what of it is cached, and why this path was
/// chosen. Nothing is called, asked or changed.
///
/// Examples:
///   awstok explain prod
///   awstok explain prod --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Print JSON: {"profile","source":{"kind","profile","access_key_id","detail","cached","expiration"},"steps":[{"call","profile","role_arn","mfa_id","duration_seconds","cached","expiration"}],"region","reasons"}
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let outline = broker.outline(&broker.plan(&name, Wish::default())?, &Want::to_use());
        match self.json {
            true => app.ui.print_json(&outline),
            false => app.ui.print(outline.text(app.clock.now())),
        }
    }
}
