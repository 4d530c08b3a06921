//! `awstok sso accounts`: what a person may enter through an access portal.
//! It refuses to guess from files; it asks the portal.

use serde::Serialize;

use crate::app::App;
use crate::broker::Broker;
use crate::error::Result;
use crate::roster::{self, Assigned};
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

use super::which::Which;

/// List the accounts and roles that are yours
///
/// Examples:
///   awstok sso accounts
///   awstok sso accounts --session corp --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Print JSON: [{"account_id","account_name","email","roles":["…"]}]
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    account_id: String,
    account_name: Option<String>,
    email: Option<String>,
    roles: Vec<String>,
}

impl From<Assigned> for Row {
    fn from(one: Assigned) -> Self {
        Self { account_id: one.account.id, account_name: one.account.name, email: one.account.email, roles: one.roles }
    }
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let known = self.which.choose(app, broker.settings())?;
        let rows: Vec<Row> = roster::assigned(app, &broker, &known)?.into_iter().map(Row::from).collect();
        let none = format!("no account is assigned to you at `{}`", shown(&known.sign_in.start_url));
        app.ui.report(self.json, &rows, &none, || table(&rows))
    }
}

fn table(rows: &[Row]) -> Table<'_> {
    let mut table = Table::new(["ACCOUNT", "NAME", "ROLES", "EMAIL"]);
    for row in rows {
        table.row([
            Cell::from(shown(&row.account_id)),
            Cell::from(shown(row.account_name.as_deref().unwrap_or_default())),
            Cell::from(shown(&row.roles.join(", "))),
            Cell::from(shown(row.email.as_deref().unwrap_or_default())),
        ]);
    }
    table
}
