//! `awstok status`: which sessions are valid, and for how long, as the cache knows it.
//! It refuses to call AWS or to ask.

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
/// left.
///
/// Examples:
///   awstok status
///   awstok status prod --min 30m || awstok token prod
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profiles: ManyProfiles,
    /// Exit with 4 when less than this is left
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    min: Option<Duration>,
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

impl Args {
    /// Runs the command; gives the exit code.
    pub fn run(&self, app: &App) -> Result<u8> {
        let broker = Broker::new(app)?;
        let given = self.profiles.given();
        let names = if given.is_empty() { profile::names(&app.paths.profiles)? } else { given.clone() };
        let now = app.clock.now();
        let mut rows = Vec::new();
        for name in &names {
            match Row::of(&broker, name, now) {
                Ok(row) => rows.push(row),
                Err(error) if !given.is_empty() => return Err(error),
                Err(error) => rows.push(Row { error: Some(format!("{error:#}")), ..Row::bare(name, "invalid") }),
            }
        }
        if self.json {
            app.ui.print_json(&rows)?;
        } else if rows.is_empty() {
            app.ui.say("there are no profiles yet");
        } else {
            let local = LocalTime::new(app.env.text("TZ"));
            let mut table = Table::new(["PROFILE", "STATUS", "ACCOUNT", "UNTIL", "LEFT"]);
            for row in &rows {
                table.row(row.cells(now, &local));
            }
            app.ui.print(table.render(app.ui.width()))?;
            for error in rows.iter().filter_map(|row| row.error.as_deref()) {
                app.ui.warn(&shown(error));
            }
        }
        let short = self.min.is_some_and(|min| rows.iter().any(|row| row.is_shorter_than(min)));
        Ok(if short { Kind::Refused.exit_code() } else { 0 })
    }
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
