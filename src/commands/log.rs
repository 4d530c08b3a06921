//! `awstok log`: what was handed out, when, for how long, and to which program.
//! It refuses to change the record, and shows nothing that could be used.

use std::time::Duration;

use clap_complete::engine::ArgValueCandidates;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::arguments::{duration, profile_names};
use crate::clock::LocalTime;
use crate::error::Result;
use crate::ledger::{self, Entry};
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

/// Show what was handed out, when, and to which program
///
/// Every command that hands out credentials writes down the time, the profile, itself, the
/// program that got them (without its arguments), account, role, and the end of their life: `env`
/// and `credential-process` name the program that ran them, `token` and `watch` the credentials
/// file, `serve` and `exec --server` each session that their endpoint begins to hand out; programs
/// that use awstok as a library stand there as `provider`. Secrets, tokens, codes and URLs are never
/// written; of an access key id, the last four characters are.
///
/// The log is `~/.aws/awstok/log`, for you alone (0600). Entries are kept for a year, as long as
/// there are no more than some 15,000 of them. Where it can't be written, credentials are handed out
/// all the same.
///
/// Examples:
///   awstok log                       all of it, oldest first
///   awstok log prod --since 8h       one profile, today
///   awstok log --limit 20 --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only what was handed out of this profile [default: of all]
    #[arg(value_name = "PROFILE", add = ArgValueCandidates::new(profile_names))]
    name: Option<String>,
    /// The same, as in the AWS CLI
    #[arg(short = 'p', long = "profile", value_name = "NAME", conflicts_with = "name", add = ArgValueCandidates::new(profile_names))]
    flag: Option<String>,
    /// Only what was handed out so long ago or later, such as `8h` or `7d`
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// Only the newest N entries
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print JSON: [{"time","profile","command","to","account_id","arn","expiration","status":"fetched|reused","key_id_end"}]
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let now = app.clock.now();
        let mut book = ledger::read(&app.paths, now)?;
        if book.odd > 0 {
            let lines = if book.odd == 1 { "1 line is".to_owned() } else { format!("{} lines are", book.odd) };
            app.ui.explain(&format!("{lines} passed over in `{}`: no entries", app.paths.log().display()));
        }
        let profile = self.name.as_deref().or(self.flag.as_deref()).map(shown);
        let since = self.since.map(|since| beginning(now, since));
        book.entries.retain(|entry| {
            profile.as_ref().is_none_or(|name| entry.profile == *name) && since.is_none_or(|since| entry.time >= since)
        });
        let skipped = self.limit.map_or(0, |limit| book.entries.len().saturating_sub(limit));
        let entries = book.entries.get(skipped..).unwrap_or_default();
        if self.json {
            return app.ui.print_json(&entries);
        }
        if entries.is_empty() {
            app.ui.say("nothing was handed out");
            return Ok(());
        }
        app.ui.print(table(entries, now, &LocalTime::new(app.env.text("TZ"))).render(app.ui.width()))
    }
}

fn beginning(now: Timestamp, since: Duration) -> Timestamp {
    SignedDuration::try_from(since).ok().and_then(|since| now.checked_sub(since).ok()).unwrap_or(Timestamp::MIN)
}

fn table<'a>(entries: &'a [Entry], now: Timestamp, local: &LocalTime) -> Table<'a> {
    let mut table = Table::new(["TIME", "PROFILE", "COMMAND", "TO", "ACCOUNT", "UNTIL", ""]);
    for entry in entries {
        table.row([
            Cell::from(local.write(entry.time, now)),
            Cell::from(entry.profile.as_str()),
            Cell::from(entry.command.as_str()),
            Cell::from(entry.to.as_deref().unwrap_or_default()),
            Cell::from(entry.account_id.as_deref().unwrap_or_default()),
            Cell::from(entry.expiration.map(|end| local.write(end, now)).unwrap_or_default()),
            Cell::from(entry.status.word()),
        ]);
    }
    table
}
