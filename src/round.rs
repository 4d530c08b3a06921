//! Owns one run over several profiles: plans, sessions side by side, one change of the files, one report.
//! It refuses to let one profile's failure keep the others from their credentials.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::broker::{Broker, Wish};
use crate::clock::{LocalTime, rfc3339, time_left};
use crate::credentials::{Resolved, Want};
use crate::delivery::Delivery;
use crate::error::{Result, hint_of, usage, visible};
use crate::guard::Permission;
use crate::handout::Recipient;
use crate::house::House;
use crate::profile::plan::{Base, Plan};
use crate::profile::{self, Profile};
use crate::session::Session;
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
    planned: Result<Plan>,
    outcome: OnceLock<Result<Resolved>>,
}

impl Job {
    /// Plans a profile, and asks what its guard wants asked where there is a `permission` to give; what is wrong is kept
    /// for the report.
    pub fn new(app: &App, broker: &Broker<'_>, name: &str, wish: Wish, permission: Option<&Permission>) -> Self {
        let planned = broker.plan(name, wish).and_then(|plan| {
            permission.map_or(Ok(()), |permission| permission.admit(app, &plan))?;
            Ok(plan)
        });
        Self { name: name.to_owned(), planned, outcome: OnceLock::new() }
    }

    /// The profile.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether its credentials have no end.
    pub fn is_endless(&self) -> bool {
        let is_endless = |plan: &Plan| plan.steps.is_empty() && matches!(plan.base, Base::LongTerm { .. });
        self.planned.as_ref().is_ok_and(is_endless)
    }

    fn has_session(&self) -> bool {
        self.outcome.get().is_some_and(Result::is_ok)
    }

    /// Gives what came of it.
    fn end(self) -> Result<(Plan, Resolved)> {
        let plan = self.planned?;
        let outcome = self.outcome.into_inner().unwrap_or_else(|| Err(anyhow::anyhow!("not tried")));
        outcome.map(|resolved| (plan, resolved))
    }
}

/// A run.
#[derive(Debug)]
pub struct Round<'a> {
    app: &'a App,
    broker: &'a Broker<'a>,
    jobs: Vec<Job>,
    want: Want,
    began: Timestamp,
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
        Self { app, broker, jobs, want, began: app.clock.now() }
    }

    /// Gets all sessions, side by side.
    ///
    /// # Errors
    /// Exit 2 for a code argument that can't be a code; what goes wrong with a profile is kept for the report.
    pub fn resolve(&self) -> Result<()> {
        let display = Display::new(&self.app.ui);
        let mut plans = self.jobs.iter().filter_map(|job| job.planned.as_ref().ok());
        let first_device = plans.find_map(|plan| self.broker.device_needed(plan, &self.want));
        let codes = Codes::new(&self.app.ui, &display)?.reserved_for(first_device);
        let work = |job: &Job| {
            let Ok(plan) = &job.planned else { return };
            let line = display.line(&job.name);
            job.outcome.get_or_init(|| self.broker.resolve(plan, &self.want, &codes, &line));
        };
        if let [only] = self.jobs.as_slice() {
            work(only);
            return Ok(());
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
        Ok(())
    }

    /// Writes all sessions that were got, in one change of both files; without any, nothing is touched. A profile whose file
    /// has become unusable meanwhile has failed.
    ///
    /// # Errors
    /// When the files can't be changed.
    pub fn deliver(&mut self, command: &'static str) -> Result<()> {
        if !self.jobs.iter().any(Job::has_session) {
            return Ok(());
        }
        let house = House::read(self.app, self.broker.settings())?;
        house.mention_unusable(false);
        for job in self.jobs.iter_mut().filter(|job| job.has_session()) {
            if let Err(error) = house.profile(&job.name) {
                job.outcome = OnceLock::from(Err(error));
            }
        }
        let given: Vec<_> = self
            .jobs
            .iter()
            .filter_map(|job| {
                let resolved = job.outcome.get()?.as_ref().ok()?;
                Some((job.planned.as_ref().ok()?, house.profile(&job.name).ok()?, resolved))
            })
            .collect();
        if given.is_empty() {
            return Ok(());
        }
        let deliveries: Vec<_> =
            given.iter().map(|(_, profile, resolved)| (*profile, delivery(profile, Some(&resolved.session)))).collect();
        house.change(command, None, &deliveries)?.mention(self.app);
        let recipient = Recipient::file(command);
        // the others' sessions went into the cache: whoever takes them from there gets them
        for (plan, profile, resolved) in given.iter().filter(|(_, profile, _)| !profile.auto_refresh) {
            let (session, reused) = (&resolved.session, is_reused(resolved, self.began));
            recipient.gets_session(self.app, &profile.name, plan.account_id(), session, reused);
        }
        Ok(())
    }

    /// Prints the plans and the diff of both files instead; asks, calls and changes nothing.
    ///
    /// # Errors
    /// When a profile can't be planned or a file can't be read.
    pub fn rehearse(self, json: bool) -> Result<u8> {
        let plans = self.jobs.into_iter().map(|job| job.planned).collect::<Result<Vec<_>>>()?;
        let house = House::read(self.app, self.broker.settings())?;
        let cached = |plan| self.broker.cached(plan, &self.want).filter(|_| !self.want.force);
        let sessions: Vec<_> = plans.iter().map(cached).collect();
        let deliveries = plans.iter().zip(&sessions).map(|(plan, session)| {
            house.profile(&plan.profile).map(|profile| (profile, delivery(profile, session.as_ref())))
        });
        let diff = house.rehearse(&deliveries.collect::<Result<Vec<_>>>()?)?;
        let outlines: Vec<_> = plans.iter().map(|plan| self.broker.outline(plan, &self.want)).collect();
        if json {
            let diff = console::strip_ansi_codes(&diff).into_owned();
            return self.app.ui.print_json(&serde_json::json!({ "plans": outlines, "diff": diff })).map(|()| 0);
        }
        let now = self.app.clock.now();
        let mut text: String = outlines.iter().map(|outline| outline.text(now)).collect();
        text.push('\n');
        text.push_str(if diff.is_empty() { "no file would change\n" } else { &diff });
        self.app.ui.print(text).map(|()| 0)
    }

    /// Gives the first failure, where nothing is to be said of the rest.
    ///
    /// # Errors
    /// That of the first profile that has one.
    pub fn checked(self) -> Result<()> {
        self.jobs.into_iter().try_for_each(|job| job.end().map(drop))
    }

    /// Says how each profile fared; the exit code is 1 where one of several failed.
    ///
    /// # Errors
    /// The failure of the only profile; when the result can't be printed.
    pub fn report(self, json: bool) -> Result<u8> {
        let (now, local) = (self.app.clock.now(), LocalTime::new(self.app.env.text("TZ")));
        let count = self.jobs.len();
        let mut reports = Vec::new();
        let mut failures = Vec::new();
        let mut table = Table::new(["PROFILE", "ACCOUNT", "UNTIL", "LEFT", ""]);
        for job in self.jobs {
            let name = job.name.clone();
            match job.end() {
                Ok((plan, mut resolved)) => {
                    resolved.reused = is_reused(&resolved, self.began);
                    table.row(done(&plan, &resolved, now, &local));
                    reports.push(Report::done(&name, &plan, &resolved));
                }
                Err(error) => {
                    reports.push(Report::failed(&name, format!("{error:#}")));
                    failures.push((name, error));
                }
            }
        }
        if failures.len() < count {
            self.app.ui.say(table.render(None).trim_end());
        }
        if json {
            self.app.ui.print_json(&reports)?;
        }
        if count == 1 {
            return failures.pop().map_or(Ok(0), |(_, error)| Err(error));
        }
        for (name, error) in &failures {
            warn_of(self.app, name, error);
        }
        if !failures.is_empty() {
            self.app.ui.warn(&format!("{} of {count} profiles failed", failures.len()));
        }
        Ok(u8::from(!failures.is_empty()))
    }
}

/// Gives the names of the profiles that a run is for: those given, with `all` every one that has credentials, else the one
/// that is chosen.
///
/// # Errors
/// As `Broker::choose`; exit 2 where `all` are none.
pub fn names(app: &App, broker: &Broker<'_>, given: Vec<String>, all: bool) -> Result<Vec<String>> {
    match given {
        _ if all => names_with_credentials(app, broker),
        given if given.is_empty() => Ok(vec![broker.choose(None)?]),
        given => Ok(given),
    }
}

fn names_with_credentials(app: &App, broker: &Broker<'_>) -> Result<Vec<String>> {
    let names = profile::names(&app.paths.profiles)?;
    let names: Vec<String> = names.into_iter().filter(|name| !broker.feeds_config_only(name)).collect();
    if names.is_empty() {
        let folder = app.paths.profiles.display();
        return Err(usage(format!("there are no profiles with credentials in `{folder}`"))
            .hint("`awstok profile add` makes one, `awstok profile import` takes over those of the AWS files")
            .into());
    }
    Ok(names)
}

/// Tells whether a session was there before the run: what another of its profiles needed on its way is as new as what this
/// one needed itself.
fn is_reused(resolved: &Resolved, began: Timestamp) -> bool {
    resolved.reused && resolved.session.issued_at < began
}

/// Decides how a profile gets its credentials; without a session they aren't known yet.
pub fn delivery<'a>(profile: &Profile, session: Option<&'a Session>) -> Delivery<'a> {
    match session {
        _ if profile.auto_refresh => Delivery::Process,
        Some(session) => Delivery::Static(session),
        None => Delivery::Unknown,
    }
}

/// Warns of a failure among several profiles.
fn warn_of(app: &App, name: &str, error: &anyhow::Error) {
    let hint = hint_of(error).map(|hint| format!(" ({hint})")).unwrap_or_default();
    app.ui.warn(&format!("{}: {}", shown(name), visible(&format!("{error:#}{hint}"))));
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

fn done(plan: &Plan, resolved: &Resolved, now: Timestamp, local: &LocalTime) -> [Cell<'static>; 5] {
    let end = resolved.session.expiration();
    [
        Cell::from(shown(&plan.profile)),
        Cell::from(plan.account_id().or_else(|| resolved.session.account_id()).map(shown).unwrap_or_default()),
        Cell::from(end.map(|end| local.write(end, now)).unwrap_or_else(|| "no end".into())),
        Cell::from(end.map(|end| time_left(end, now)).unwrap_or_default()),
        Cell::from(match (&plan.base, resolved.reused) {
            (Base::LongTerm { .. }, _) if plan.steps.is_empty() => "long-term",
            (Base::Environment { .. }, _) if plan.steps.is_empty() => "environment",
            (_, true) => "reused",
            _ => "fetched",
        }),
    ]
}
