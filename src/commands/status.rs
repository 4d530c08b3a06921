//! `awstok status`: which sessions are valid, and for how long, as the cache knows it.
//! It refuses to call AWS or to ask.

mod live;

#[cfg(unix)]
use std::io::IsTerminal as _;
use std::time::Duration;

use colored::Color;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::app::App;
use crate::arguments::{ManyProfiles, duration};
use crate::broker::{Broker, Wish};
use crate::clock::{LocalTime, rfc3339, time_left};
use crate::error::{Kind, Result};
use crate::profile;
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

/// What is left when a session shows as coming to its end.
const SOON: SignedDuration = SignedDuration::from_mins(15);

/// Show which sessions are valid, and for how long
///
/// Reads the cache only. With `--min`, the exit code is 4 where a session has less than that
/// left. With `--watch` it stays: on a terminal as a table that is drawn anew in place, until `q` or
/// Ctrl-C; elsewhere, and with `--json`, it prints again whenever a session comes, changes or ends.
///
/// Examples:
///   awstok status
///   awstok status --watch
///   awstok status prod --min 30m || awstok token prod
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("names", |arg| arg.help("The profiles [default: all]")))]
pub struct Args {
    #[command(flatten)]
    profiles: ManyProfiles,
    /// Exit with 4 when less than this is left
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    min: Option<Duration>,
    /// Stay, and show what changes
    #[arg(short, long, conflicts_with = "min")]
    watch: bool,
    /// Print JSON: [{"profile","status":"valid|expired|none|long-term|config|invalid","expiration","seconds_left","account_id","arn","error"}]
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    profile: String,
    status: &'static str,
    expiration: Option<String>,
    seconds_left: Option<i64>,
    account_id: Option<String>,
    arn: Option<String>,
    error: Option<String>,
    #[serde(skip)]
    end: Option<Timestamp>,
}

impl From<ManyProfiles> for Args {
    fn from(profiles: ManyProfiles) -> Self {
        Self { profiles, ..Self::default() }
    }
}

impl Args {
    /// Runs the command; gives the exit code.
    pub fn run(&self, app: &App) -> Result<u8> {
        let broker = Broker::new(app)?;
        if self.watch {
            return self.watch(app, &broker);
        }
        let now = app.clock.now();
        let rows = self.rows(app, &broker, now, false)?;
        self.print(app, &rows, now)?;
        let short = self.min.is_some_and(|min| rows.iter().any(|row| row.is_shorter_than(min)));
        Ok(if short { Kind::Refused.exit_code() } else { 0 })
    }

    #[cfg(unix)]
    fn watch(&self, app: &App, broker: &Broker<'_>) -> Result<u8> {
        let live = !self.json && std::io::stdout().is_terminal();
        if live { live::show(self, app, broker) } else { live::print_changes(self, app, broker) }
    }

    #[cfg(not(unix))]
    fn watch(&self, app: &App, broker: &Broker<'_>) -> Result<u8> {
        live::print_changes(self, app, broker)
    }

    /// Gives a row a profile; what is wrong with one that was named is an error, unless `later`.
    fn rows(&self, app: &App, broker: &Broker<'_>, now: Timestamp, later: bool) -> Result<Vec<Row>> {
        let given = self.profiles.given();
        let names = if given.is_empty() { profile::names(&app.paths.profiles)? } else { given.clone() };
        let mut rows = Vec::new();
        for name in &names {
            match Row::of(broker, name, now) {
                Ok(row) => rows.push(row),
                Err(error) if !given.is_empty() && !later => return Err(error),
                Err(error) => rows.push(Row { error: Some(format!("{error:#}")), ..Row::bare(name, "invalid") }),
            }
        }
        Ok(rows)
    }

    fn print(&self, app: &App, rows: &[Row], now: Timestamp) -> Result<()> {
        if self.json {
            return app.ui.print_json(&rows);
        }
        if rows.is_empty() {
            app.ui.say("there are no profiles yet");
            return Ok(());
        }
        let local = LocalTime::new(app.env.text("TZ"));
        app.ui.print(table(rows, now, &local).render(app.ui.width()))?;
        for error in rows.iter().filter_map(|row| row.error.as_deref()) {
            app.ui.warn(&shown(error));
        }
        Ok(())
    }
}

fn table<'a>(rows: &'a [Row], now: Timestamp, local: &LocalTime) -> Table<'a> {
    let mut table = Table::new(["PROFILE", "STATUS", "ACCOUNT", "UNTIL", "LEFT"]);
    for row in rows {
        table.row(row.cells(now, local));
    }
    table
}

/// What bare `awstok` shows: the status of all profiles, or how to begin.
///
/// # Errors
/// As `status`.
pub fn first_look(app: &App) -> Result<u8> {
    if !profile::names(&app.paths.profiles)?.is_empty() {
        return Args::default().run(app);
    }
    app.ui.print(
        "Make the first profile:              awstok profile add\n\
         Take over those of the AWS files:    awstok profile import\n\
         See it work without an AWS account:  awstok sandbox -- awstok token prod\n",
    )?;
    Ok(0)
}

impl Row {
    fn of(broker: &Broker<'_>, name: &str, now: Timestamp) -> Result<Self> {
        let plan = match broker.plan(name, Wish::default()) {
            Ok(plan) => plan,
            Err(_) if broker.feeds_config_only(name) => return Ok(Self::bare(name, "config")),
            Err(error) => return Err(error),
        };
        let bare = Self { account_id: plan.account_id().map(str::to_owned), ..Self::bare(name, "none") };
        if plan.is_long_term() {
            return Ok(Self { status: "long-term", ..bare });
        }
        let Some(session) = broker.last_session(&plan) else { return Ok(bare) };
        let bare = Self { account_id: plan.account_id().map(str::to_owned).or(session.account_id), ..bare };
        let Some(end) = session.span.expiration else {
            return Ok(Self { status: if session.is_temporary { "valid" } else { "long-term" }, ..bare });
        };
        let left = end.duration_since(now).as_secs().max(0);
        Ok(Self {
            status: if left > 0 { "valid" } else { "expired" },
            expiration: Some(rfc3339(end)),
            seconds_left: Some(left),
            arn: session.arn,
            end: Some(end),
            ..bare
        })
    }

    fn bare(name: &str, status: &'static str) -> Self {
        Self {
            profile: name.to_owned(),
            status,
            expiration: None,
            seconds_left: None,
            account_id: None,
            arn: None,
            error: None,
            end: None,
        }
    }

    /// Tells whether nothing changed but the time left.
    fn is_as(&self, other: &Self) -> bool {
        let gist = |row: &Self| (row.profile.clone(), row.status, row.end, row.arn.clone(), row.error.clone());
        gist(self) == gist(other)
    }

    fn is_shorter_than(&self, min: Duration) -> bool {
        let has_end = !matches!(self.status, "long-term" | "config") && (self.status != "valid" || self.end.is_some());
        has_end && self.seconds_left.unwrap_or(0) < i64::try_from(min.as_secs()).unwrap_or(i64::MAX)
    }

    fn cells(&self, now: Timestamp, local: &LocalTime) -> [Cell<'_>; 5] {
        let color = match (self.status, self.end) {
            ("valid", Some(end)) if end.duration_since(now) < SOON => Some(Color::Yellow),
            ("valid", _) => Some(Color::Green),
            ("expired" | "invalid", _) => Some(Color::Red),
            _ => None,
        };
        let status = Cell::from(self.status);
        [
            Cell::from(shown(&self.profile)),
            match color {
                Some(color) => status.color(color),
                None => status,
            },
            Cell::from(self.account_id.as_deref().map(shown).unwrap_or_default()),
            Cell::from(self.end.map(|end| local.write(end, now)).unwrap_or_default()),
            Cell::from(self.end.map(|end| time_left(end, now)).unwrap_or_default()),
        ]
    }
}
