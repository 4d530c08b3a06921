//! `awstok sso status`: which sign-ins there are, and how long each lasts, as their files say it.
//! It refuses to call AWS or to ask.

use colored::Color;
use jiff::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::clock::{LocalTime, rfc3339, time_left};
use crate::error::Result;
use crate::login::{self, Known};
use crate::tokens::TokenFiles;
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

use super::which::Which;

/// Show the sign-ins to IAM Identity Center, and how long each lasts
///
/// Examples:
///   awstok sso status
///   awstok sso status --session corp --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("name", |arg| arg.help("A profile that uses the sign-in [default: all sign-ins]")))]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Print JSON: [{"session","start_url","region","expires_at","seconds_left","refreshable"}]
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    session: Option<String>,
    start_url: String,
    region: String,
    expires_at: Option<String>,
    seconds_left: Option<i64>,
    refreshable: bool,
    #[serde(skip)]
    end: Option<Timestamp>,
    #[serde(skip)]
    name: String,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let settings = app.settings()?;
        let known = match self.which.named(app, &settings)? {
            Some(named) => vec![named],
            None => login::known(app, &settings)?,
        };
        let now = app.clock.now();
        let files = TokenFiles::new(&app.paths);
        let rows: Vec<Row> = known.into_iter().map(|known| Row::of(app, &files, known, now)).collect();
        app.ui.report(self.json, &rows, "there are no sign-ins to IAM Identity Center yet", || {
            let local = LocalTime::new(app.env.text("TZ"));
            let mut table = Table::new(["SIGN-IN", "STATUS", "REGION", "UNTIL", "LEFT"]);
            rows.iter().for_each(|row| table.row(row.cells(now, &local)));
            table
        })
    }
}

impl Row {
    fn of(app: &App, files: &TokenFiles, known: Known, now: Timestamp) -> Self {
        let token = files.read(known.sign_in.name(), &known.sign_in.start_url).unwrap_or_else(|error| {
            app.ui.warn(&shown(&format!("{error:#}")));
            None
        });
        let end = token.as_ref().map(|token| token.expires_at);
        Self {
            name: known.sign_in.name().to_owned(),
            session: known.sign_in.session,
            start_url: known.sign_in.start_url,
            region: known.sign_in.region,
            expires_at: end.map(rfc3339),
            seconds_left: end.map(|end| end.duration_since(now).as_secs().max(0)),
            refreshable: token.is_some_and(|token| token.renewable(now).is_some()),
            end,
        }
    }

    fn cells(&self, now: Timestamp, local: &LocalTime) -> [Cell<'_>; 5] {
        let status = match self.end {
            Some(end) if end > now => Cell::from("valid").color(Color::Green),
            Some(_) if self.refreshable => Cell::from("renewable").color(Color::Green),
            Some(_) => Cell::from("expired").color(Color::Red),
            None => Cell::from("none"),
        };
        [
            Cell::from(shown(&self.name)),
            status,
            Cell::from(shown(&self.region)),
            Cell::from(self.end.map(|end| local.write(end, now)).unwrap_or_default()),
            Cell::from(self.end.map(|end| time_left(end, now)).unwrap_or_default()),
        ]
    }
}
