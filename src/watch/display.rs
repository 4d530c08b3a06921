//! Owns what a watch shows: a table that stays at the bottom of a terminal, a line an event elsewhere, JSON for scripts.
//! It refuses seconds: they would be wrong until the next time it is drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use colored::Color;
use jiff::Timestamp;

use super::Ready;
use super::profile::{Next, Profile};
use crate::app::App;
use crate::clock::{LocalTime, rfc3339, short_duration, time_left};
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

/// The display.
pub(super) struct Display {
    app: &'static App,
    local: LocalTime,
    json: bool,
}

/// What a script learns.
#[derive(serde::Serialize)]
struct Event<'a> {
    time: String,
    profile: &'a str,
    status: &'static str,
    expiration: Option<String>,
    account_id: Option<&'a str>,
    arn: Option<&'a str>,
    error: Option<&'a str>,
}

impl Display {
    pub(super) fn new(app: &'static App, json: bool) -> Self {
        Self { app, local: LocalTime::new(app.env.text("TZ")), json }
    }

    /// Tells whether there is a table that shows the time left.
    pub(super) fn is_live(&self) -> bool {
        self.app.ui.is_live()
    }

    /// Says that a profile's credentials in the files are fresh, `again` after failures.
    pub(super) fn fresh(&self, name: &str, ready: &Ready, again: bool, now: Timestamp) {
        let Some(end) = ready.session.expiration() else { return };
        if !self.is_live() || again {
            let again = if again { " again" } else { "" };
            let (until, left) = (self.local.write(end, now), time_left(end, now));
            self.app.ui.say(&format!("{}: fresh{again} until {until} ({left})", shown(name)));
        }
        self.print(&Event {
            time: rfc3339(now),
            profile: name,
            status: if ready.reused { "reused" } else { "fetched" },
            expiration: Some(rfc3339(end)),
            account_id: ready.account_id.as_deref(),
            arn: ready.session.arn.as_deref(),
            error: None,
        });
    }

    /// Tells scripts of a failure.
    pub(super) fn failed(&self, name: &str, words: &str, now: Timestamp) {
        self.print(&Event {
            time: rfc3339(now),
            profile: name,
            status: "failed",
            expiration: None,
            account_id: None,
            arn: None,
            error: Some(words),
        });
    }

    fn print(&self, event: &Event<'_>) {
        if self.json
            && let Ok(mut line) = serde_json::to_string(event)
        {
            line.push('\n');
            // who doesn't listen any more is no reason to let the credentials expire
            let _ = self.app.ui.print(line);
        }
    }

    /// Draws the table, where there is a terminal.
    pub(super) fn draw(&self, profiles: &BTreeMap<String, Profile>, now: Timestamp) {
        if !self.is_live() {
            return;
        }
        let mut table = Table::new(["PROFILE", "ACCOUNT", "UNTIL", "LEFT", ""]);
        for (name, profile) in profiles {
            let end = profile.end();
            let (state, color) = match profile.next {
                Next::Coming => ("renewing".to_owned(), Color::Cyan),
                Next::Never if end.is_none() => ("not watched".to_owned(), Color::Yellow),
                _ if profile.is_failing() => (next_try(profile, now), Color::Yellow),
                _ => (String::new(), Color::Green),
            };
            table.row([
                Cell::from(shown(name)),
                Cell::from(profile.account_id.as_deref().map(shown).unwrap_or_default()),
                Cell::from(end.map(|end| self.local.write(end, now)).unwrap_or_default()),
                Cell::from(end.map(|end| minutes_left(end, now)).unwrap_or_default()),
                Cell::from(state).color(color),
            ]);
        }
        let width = console::Term::stderr().size_checked().map(|(_, columns)| columns.into());
        self.app.ui.show(table.render(width).trim_end());
    }
}

/// Says when a failing profile is tried again.
fn next_try(profile: &Profile, now: Timestamp) -> String {
    let pause = profile.pause(now).and_then(|pause| Duration::try_from(pause).ok()).unwrap_or_default();
    format!("failed, next try in {}", short_duration(Duration::from_secs(pause.as_secs().max(1))))
}

/// Writes the time left, in whole minutes where there is more than one.
fn minutes_left(end: Timestamp, now: Timestamp) -> String {
    match Duration::try_from(end.duration_since(now)) {
        Ok(left) if left.is_zero() => "expired".into(),
        Ok(left) if left.as_secs() < 60 => "under 1m".into(),
        Ok(left) => short_duration(Duration::from_secs(left.as_secs() / 60 * 60)),
        Err(_) => "expired".into(),
    }
}
