//! Owns one run over several profiles: plans, sessions side by side, one change of the files, one report.
//! It refuses to let one profile's failure keep the others from their credentials.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::app::App;
use crate::broker::{Broker, Wish};
use crate::clock::{rfc3339, time_left};
use crate::credentials::{Resolved, Want};
use crate::delivery::Delivery;
use crate::error::{Result, hint_of, visible};
use crate::guard::Permission;
use crate::house::House;
use crate::profile::Profile;
use crate::profile::plan::Plan;
use crate::ui::codes::Codes;
use crate::ui::progress::Display;
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

/// How many profiles are worked on at a time; most of it is waiting for AWS.
const SIDE_BY_SIDE: usize = 16;

/// One profile's part of the run.
#[derive(Debug)]
pub struct Job {
    name: String,
    planned: Result<(Profile, Plan)>,
    outcome: Mutex<Option<Result<Resolved>>>,
}

impl Job {
    /// Loads and plans a profile, and asks what its guard wants asked where there is a `permission` to give; what is wrong with it is kept for the report.
    pub fn new(app: &App, broker: &Broker<'_>, name: &str, wish: Wish, permission: Option<&Permission>) -> Self {
        let planned = broker.load(name).and_then(|profile| {
            let plan = broker.plan(name, wish)?;
            permission.map_or(Ok(()), |permission| permission.admit(app, &plan))?;
            Ok((profile, plan))
        });
        Self { name: name.to_owned(), planned, outcome: Mutex::new(None) }
    }
}

/// A run.
#[derive(Debug)]
pub struct Round<'a> {
    app: &'a App,
    broker: &'a Broker<'a>,
    jobs: Vec<Job>,
    want: Want,
}

/// What a script learns of a profile.
#[derive(Debug, Serialize)]
struct Report {
    profile: String,
    status: &'static str,
    expiration: Option<String>,
    account_id: Option<String>,
    arn: Option<String>,
    error: Option<String>,
}

impl<'a> Round<'a> {
    /// Makes a run of `jobs`.
    pub fn new(app: &'a App, broker: &'a Broker<'a>, jobs: Vec<Job>, want: Want) -> Self {
        Self { app, broker, jobs, want }
    }

    /// Ends the run with the first failure: for one profile, there is nothing else to go on with.
    ///
    /// # Errors
    /// That failure.
    pub fn fail_early(&mut self) -> Result<()> {
        for job in &mut self.jobs {
            if job.planned.is_err() {
                let failed = std::mem::replace(&mut job.planned, Err(anyhow::anyhow!("reported")));
                failed.map(drop)?;
            }
            let outcome = job.outcome.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(Err(_)) = outcome {
                outcome.take().transpose().map(drop)?;
            }
        }
        Ok(())
    }

    /// Gets all sessions, side by side.
    pub fn resolve(&self) {
        let display = Display::new(&self.app.ui);
        let codes = Codes::new(&self.app.ui, &display);
        let work = |job: &Job| {
            let Ok((_, plan)) = &job.planned else { return };
            let line = display.line(&job.name);
            let outcome = self.broker.resolve(plan, &self.want, &codes, &line);
            *job.outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(outcome);
        };
        if let [only] = self.jobs.as_slice() {
            return work(only);
        }
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.len().min(SIDE_BY_SIDE) {
                scope.spawn(|| {
                    while let Some(job) = self.jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                        work(job);
                    }
                });
            }
        });
    }

    /// Writes all sessions that were got, in one change of both files.
    ///
    /// # Errors
    /// When the files can't be changed.
    pub fn deliver(&mut self, command: &str) -> Result<()> {
        let house = House::read(self.app, self.broker.settings())?;
        house.mention_unusable(false);
        let mut deliveries = Vec::new();
        for job in &mut self.jobs {
            let outcome = job.outcome.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let (Ok((profile, _)), Some(Ok(resolved))) = (&job.planned, outcome) {
                let kept_in_cache = profile.auto_refresh;
                deliveries.push((
                    profile,
                    if kept_in_cache { Delivery::Process } else { Delivery::Static(&resolved.session) },
                ));
            }
        }
        if !deliveries.is_empty() {
            house.change(command, &deliveries)?;
        }
        Ok(())
    }

    /// Prints the plans and the diff of both files instead; asks, calls and changes nothing.
    ///
    /// # Errors
    /// When a profile can't be planned or a file can't be read.
    pub fn rehearse(&mut self, json: bool) -> Result<u8> {
        self.fail_early()?;
        let now = self.app.clock.now();
        let mut deliveries = Vec::new();
        let mut outlines = Vec::new();
        let mut sessions = Vec::new();
        for (profile, plan) in self.jobs.iter().filter_map(|job| job.planned.as_ref().ok()) {
            outlines.push(self.broker.outline(plan));
            let session = self.broker.cached(plan, &self.want).filter(|_| !self.want.force);
            sessions.push((profile, session));
        }
        for (profile, session) in &sessions {
            let delivery = match session {
                _ if profile.auto_refresh => Delivery::Process,
                Some(session) => Delivery::Static(session),
                None => Delivery::Unknown,
            };
            deliveries.push((*profile, delivery));
        }
        let diff = House::read(self.app, self.broker.settings())?.rehearse(&deliveries)?;
        if json {
            let diff = console::strip_ansi_codes(&diff).into_owned();
            self.app.ui.print_json(&serde_json::json!({ "plans": outlines, "diff": diff }))?;
            return Ok(0);
        }
        let mut text: String = outlines.iter().map(|outline| outline.text(now)).collect();
        text.push('\n');
        text.push_str(if diff.is_empty() { "no file would change\n" } else { &diff });
        self.app.ui.print(text).map(|()| 0)
    }

    /// Says how each profile fared; the exit code is 1 where one failed.
    ///
    /// # Errors
    /// When the result can't be printed.
    pub fn report(&mut self, json: bool) -> Result<u8> {
        let now = self.app.clock.now();
        let mut reports = Vec::new();
        let mut table = Table::new(["PROFILE", "ACCOUNT", "UNTIL", "LEFT", ""]);
        for job in &mut self.jobs {
            let outcome = job.outcome.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            let report = match (&job.planned, outcome) {
                (Ok((profile, plan)), Some(Ok(resolved))) => {
                    table.row(done(profile, plan, &resolved, now));
                    Report::done(&job.name, plan, &resolved)
                }
                (Err(error), _) => failed(self.app, &job.name, error),
                (_, Some(Err(error))) => failed(self.app, &job.name, &error),
                (Ok(_), None) => Report::failed(&job.name, "not tried".into()),
            };
            reports.push(report);
        }
        let failed = reports.iter().filter(|report| report.error.is_some()).count();
        if failed < reports.len() {
            self.app.ui.say(table.render(None).trim_end());
        }
        if json {
            self.app.ui.print_json(&reports)?;
        }
        if failed > 0 && reports.len() > 1 {
            self.app.ui.warn(&format!("{failed} of {} profiles failed", reports.len()));
        }
        Ok(u8::from(failed > 0))
    }
}

/// Warns of a failure among several profiles.
fn failed(app: &App, name: &str, error: &anyhow::Error) -> Report {
    let text = format!("{error:#}");
    let hint = hint_of(error).map(|hint| format!(" ({hint})")).unwrap_or_default();
    app.ui.warn(&format!("{}: {}", shown(name), visible(&format!("{text}{hint}"))));
    Report::failed(name, text)
}

impl Report {
    fn done(name: &str, plan: &Plan, resolved: &Resolved) -> Self {
        let session = &resolved.session;
        Self {
            profile: name.to_owned(),
            status: if resolved.reused { "reused" } else { "fetched" },
            expiration: session.expiration().map(rfc3339),
            account_id: plan.account_id().or_else(|| session.account_id()).map(str::to_owned),
            arn: session.arn.clone(),
            error: None,
        }
    }

    fn failed(name: &str, error: String) -> Self {
        let (profile, status) = (name.to_owned(), "failed");
        Self { profile, status, expiration: None, account_id: None, arn: None, error: Some(error) }
    }
}

fn done(profile: &Profile, plan: &Plan, resolved: &Resolved, now: Timestamp) -> [Cell; 5] {
    let end = resolved.session.expiration();
    [
        Cell::from(shown(&profile.name)),
        Cell::from(plan.account_id().or_else(|| resolved.session.account_id()).map(shown).unwrap_or_default()),
        Cell::from(end.map(|end| local(end, now)).unwrap_or_else(|| "no end".into())),
        Cell::from(end.map(|end| time_left(end, now)).unwrap_or_default()),
        Cell::from(match (plan.steps.is_empty(), resolved.reused) {
            (true, _) => "long-term",
            (_, true) => "reused",
            _ => "fetched",
        }),
    ]
}

/// Writes an instant in local time; the day only where it isn't today.
pub fn local(instant: Timestamp, now: Timestamp) -> String {
    let zone = TimeZone::system();
    let (then, today) = (instant.to_zoned(zone.clone()), now.to_zoned(zone));
    let format = if then.date() == today.date() { "%H:%M:%S" } else { "%b %d %H:%M" };
    then.strftime(format).to_string()
}
