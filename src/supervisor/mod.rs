//! Owns a command that is started again with each later session: the one place where it waits, and what follows from what comes.
//! It refuses to do anything here that can take time: calls to AWS and questions are the keeper's.

mod expiry;
mod orders;
mod run;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

pub use self::expiry::ExpiryFile;
use self::orders::launch;
pub use self::orders::{Orders, Restart};
use self::run::{Finish, Run};
use crate::alarm::{Alarm, Woken};
use crate::app::App;
use crate::broker::Broker;
use crate::clock::{rfc3339, short_duration, time_left};
use crate::credentials::{Resolved, renewal};
use crate::error::Result;
use crate::handout::Recipient;
use crate::keeper::{Care, Keeper, Pace};
use crate::process::End;
use crate::process::foreground::Foreground;
use crate::process::group::{CONTINUE, INTERRUPT, TERMINATE, passed_on};
use crate::process::notify::Manager;
use crate::profile::plan::Plan;
use crate::session::Session;
use crate::ui::codes::Person;
use crate::ui::{interrupt, shown};

/// What a command leaves behind when it ends by itself gets this long to end.
const FOR_THE_REST: Duration = Duration::from_secs(3);
/// A command that ran for so long doesn't crash at its start.
const STEADY: Duration = Duration::from_secs(60);
/// How long a person is waited for who is asked for a code.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command now.
enum Phase {
    /// It runs, or is being ended.
    Running(Run),
    /// It ended, and is started again then.
    Pausing { until: Instant, end: End },
}

/// Why a run is being ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// A later session is there.
    Later,
    /// Awstok was asked to end.
    Asked,
    /// The command ended by itself, and left others behind.
    Itself,
}

/// A command under supervision.
pub struct Supervisor {
    app: &'static App,
    plan: Plan,
    orders: Orders,
    alarm: Alarm,
    keeper: Option<Keeper>,
    manager: Manager,
    foreground: Option<Foreground>,
    session: Session,
    /// A later session, which the next run gets.
    later: Option<Session>,
    phase: Phase,
    why: Option<Why>,
    /// Ends in a row, each soon after its start.
    crashes: u32,
    beat: Option<Instant>,
    has_said_expired: bool,
    /// To what `--restart-before` is cut, as it was said last.
    said_cut: Option<Duration>,
}

/// Who gets the credentials.
fn recipient(app: &App, orders: &Orders) -> Recipient {
    Recipient::program("supervise", &orders.command, app)
}

impl Supervisor {
    /// Starts the command with a session; gives the status instead where it can't be started.
    ///
    /// # Errors
    /// Where the system refuses a thread, a pipe or a process; where the expiry file can't be written.
    pub fn start(
        app: &'static App,
        broker: Broker<'static>,
        plan: Plan,
        resolved: Resolved,
        orders: Orders,
    ) -> Result<Result<Self, u8>> {
        interrupt::leave_interrupts_to_the_child();
        let alarm = Alarm::new(&passed_on())?;
        let mut foreground = Foreground::of_stdin();
        recipient(app, &orders).gets(app, &plan, &resolved);
        let session = resolved.session;
        if let Some(file) = &orders.expiry_file {
            file.write(app, session.expiration())?;
        }
        let run = match launch(app, &plan, &session, &orders, &alarm, &mut foreground)? {
            Ok(run) => run,
            Err(status) => return Ok(Err(status)),
        };
        let person = if foreground.is_some() { Person::Busy } else { Person::PerhapsAway(PATIENCE) };
        let pace = Pace::Before { margin: orders.margin, checked: orders.checked };
        let care = Care { broker: Arc::new(broker), plan: plan.clone(), pace, person, nudge: alarm.nudge() };
        let keeper = session.expiration().map(|_| Keeper::start(app, care, session.clone())).transpose()?;
        let manager = Manager::from_environment(&app.env, std::process::id());
        let beat = manager.beat().map(|beat| Instant::now() + beat);
        let phase = Phase::Running(run);
        let (later, why, crashes, has_said_expired, said_cut) = (None, None, 0, false, None);
        let mut new = Self {
            app,
            plan,
            orders,
            alarm,
            keeper,
            manager,
            foreground,
            session,
            later,
            phase,
            why,
            crashes,
            beat,
            has_said_expired,
            said_cut,
        };
        new.mention_margin();
        new.manager.ready(&new.prospect());
        new.say(&format!("{} runs; {}", new.program(), new.prospect()));
        Ok(Ok(new))
    }

    /// Stays until the end; gives the status.
    ///
    /// # Errors
    /// Where the system can't wait.
    pub fn stay(mut self) -> Result<u8> {
        loop {
            let until = self.next_instant();
            if let Woken::Signal(caught) = self.alarm.wait(until)? {
                self.signal(caught.number);
            }
            if self.beat.is_some_and(|at| at <= Instant::now()) {
                self.manager.alive();
                self.beat = self.manager.beat().map(|beat| Instant::now() + beat);
            }
            if let Some(status) = self.advance()? {
                return Ok(status);
            }
        }
    }

    /// Gives the next instant at which something is due.
    fn next_instant(&self) -> Option<Timestamp> {
        let phase = match &self.phase {
            Phase::Running(run) => run.next_look(),
            Phase::Pausing { until, .. } => Some(*until),
        };
        let left =
            [phase, self.beat].into_iter().flatten().min().map(|at| at.saturating_duration_since(Instant::now()));
        let due = left.and_then(|left| self.app.clock.now().saturating_add(SignedDuration::try_from(left).ok()?).ok());
        let end = self.newest().expiration().filter(|_| !self.has_said_expired);
        [due, end].into_iter().flatten().min()
    }

    fn signal(&mut self, number: i32) {
        let ends = [TERMINATE, INTERRUPT].contains(&number);
        match &mut self.phase {
            Phase::Running(run) if ends => {
                if self.why != Some(Why::Asked) {
                    self.manager.stopping("ending the command");
                    self.why = Some(Why::Asked);
                }
                run.stop(number, self.orders.grace);
            }
            Phase::Running(run) if number == CONTINUE => run.go_on(&mut self.foreground),
            Phase::Running(run) => run.pass_on(number),
            Phase::Pausing { until, .. } if ends => {
                self.why = Some(Why::Asked);
                *until = Instant::now();
            }
            Phase::Pausing { .. } => {}
        }
    }

    /// Does all that is due; gives the status at the end.
    fn advance(&mut self) -> Result<Option<u8>> {
        self.take_news();
        self.note_expiry();
        loop {
            match &mut self.phase {
                Phase::Pausing { end, .. } if self.why == Some(Why::Asked) => {
                    let status = end.code;
                    self.manager.stopping("the command has ended");
                    return Ok(Some(status));
                }
                Phase::Pausing { until, .. } if *until > Instant::now() => return Ok(None),
                Phase::Pausing { .. } => {
                    if let Some(status) = self.launch_again()? {
                        return Ok(Some(status));
                    }
                }
                Phase::Running(run) => {
                    if run.look(&mut self.foreground) && self.why.is_none() {
                        self.why = Some(Why::Itself);
                    }
                    match self.why {
                        None if self.later.is_some() => {
                            self.why = Some(Why::Later);
                            run.stop(TERMINATE, self.orders.grace);
                        }
                        None => return Ok(None),
                        Some(Why::Itself) if !run.is_gone() => run.stop(TERMINATE, self.orders.grace.min(FOR_THE_REST)),
                        Some(_) => {}
                    }
                    match run.finish() {
                        Finish::Waiting => return Ok(None),
                        Finish::Killed => {
                            let what = format!("{} didn't end in time and was killed", self.program());
                            self.app.ui.warn(&format!("{}: {what}", shown(&self.plan.profile)));
                        }
                        Finish::Gone(end) => {
                            run.dismiss();
                            let ran = run.age();
                            if let Some(status) = self.ended(end, ran)? {
                                return Ok(Some(status));
                            }
                        }
                    }
                }
            }
        }
    }

    /// Goes on after the end of a run, of which nothing is left; gives the status where that is awstok's end.
    fn ended(&mut self, end: End, ran: Duration) -> Result<Option<u8>> {
        let had_terminal = self.foreground.as_mut().is_some_and(Foreground::take_at_the_end);
        match self.why.take() {
            Some(Why::Asked) => return Ok(Some(end.code)),
            Some(Why::Later) => return self.launch_again(),
            Some(Why::Itself) | None => {}
        }
        // whoever pressed Ctrl-C at the command's terminal doesn't want it again
        let by_hand = had_terminal && end.by_ctrl_c;
        if self.orders.restart == Restart::OnExpiry || by_hand {
            self.manager.stopping(&format!("the command ended with status {}", end.code));
            return Ok(Some(end.code));
        }
        self.crashes = if ran >= STEADY { 1 } else { self.crashes.saturating_add(1) };
        let pause = crash_pause(self.crashes);
        let what = format!(
            "{} ended with status {}; it is started again in {}",
            self.program(),
            end.code,
            short_duration(pause)
        );
        self.say(&what);
        self.manager.status(&what);
        self.phase = Phase::Pausing { until: Instant::now() + pause, end };
        Ok(None)
    }

    fn launch_again(&mut self) -> Result<Option<u8>> {
        if let Some(later) = self.later.take() {
            self.session = later;
        }
        let (app, plan) = (self.app, &self.plan);
        match launch(app, plan, &self.session, &self.orders, &self.alarm, &mut self.foreground)? {
            Ok(run) => {
                self.phase = Phase::Running(run);
                self.mention_margin();
                self.manager.status(&self.prospect());
                self.say(&format!("{} runs again; {}", self.program(), self.prospect()));
                Ok(None)
            }
            Err(status) => self.ended(End { code: status, by_ctrl_c: false }, Duration::ZERO),
        }
    }

    /// Takes the keeper's newest session; its expiration is written before the command hears of it.
    fn take_news(&mut self) {
        let Some(resolved) = self.keeper.as_ref().and_then(Keeper::newest) else { return };
        recipient(self.app, &self.orders).gets(self.app, &self.plan, &resolved);
        let session = resolved.session;
        if let Some(Err(error)) =
            self.orders.expiry_file.as_ref().map(|file| file.write(self.app, session.expiration()))
        {
            self.app.ui.warn(&format!("{}: {error:#}", shown(&self.plan.profile)));
        }
        let until =
            session.expiration().map_or_else(|| "without an end".to_owned(), |end| format!("until {}", rfc3339(end)));
        self.say(&format!("there are later credentials, {until}; {} is restarted with them", self.program()));
        self.manager.status(&format!("restarting the command with credentials {until}"));
        (self.later, self.has_said_expired) = (Some(session), false);
        if let Phase::Pausing { until, .. } = &mut self.phase {
            *until = Instant::now(); // it may have ended for want of them
        }
    }

    /// Says once that the credentials which the command has are dead. It isn't ended for it: it may have work that needs none.
    fn note_expiry(&mut self) {
        if self.has_said_expired || self.newest().expiration().is_none_or(|end| end > self.app.clock.now()) {
            return;
        }
        self.has_said_expired = true;
        let what = "the credentials have expired; the command is restarted as soon as there are new ones";
        self.app.ui.warn(&format!("{}: {what}", shown(&self.plan.profile)));
        self.manager.status(what);
    }

    /// The session whose end counts: the later one, while the command is ended to get it.
    fn newest(&self) -> &Session {
        self.later.as_ref().unwrap_or(&self.session)
    }

    fn mention_margin(&mut self) {
        let margin = renewal::margin(&self.session, self.orders.margin);
        let is_cut = self.session.expiration().is_some() && margin < self.orders.margin;
        if is_cut && self.said_cut.replace(margin) != Some(margin) {
            let (asked, cut) = (short_duration(self.orders.margin), short_duration(margin));
            let why = "the credentials don't live longer than that";
            self.app
                .ui
                .warn(&format!("{}: `--restart-before {asked}` is cut to {cut}: {why}", shown(&self.plan.profile)));
        }
    }

    /// Words how long the credentials last and what comes next.
    fn prospect(&self) -> String {
        let Some(end) = self.session.expiration() else {
            return "its credentials have no end, so nothing will be renewed".into();
        };
        let now = self.app.clock.now();
        let margin = SignedDuration::try_from(renewal::margin(&self.session, self.orders.margin)).unwrap_or_default();
        let next = end.saturating_sub(margin).unwrap_or(end).max(now);
        format!(
            "credentials until {} ({} left), later ones are looked for from {}",
            rfc3339(end),
            time_left(end, now),
            rfc3339(next)
        )
    }

    fn program(&self) -> String {
        let name = self.orders.command.first().map(|name| name.to_string_lossy().into_owned());
        format!("`{}`", shown(&name.unwrap_or_default()))
    }

    fn say(&self, what: &str) {
        self.app.ui.say(&format!("{}: {what}", shown(&self.plan.profile)));
    }
}

/// Gives the pause before a command that crashes is started again: 1 s, doubling to a minute.
fn crash_pause(crashes: u32) -> Duration {
    let doubled = 2_u64.checked_pow(crashes.saturating_sub(1)).unwrap_or(u64::MAX);
    Duration::from_secs(doubled.min(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_crashes_is_started_less_and_less_often() {
        assert_eq!([1, 2, 3, 6, 7, 80].map(|crashes| crash_pause(crashes).as_secs()), [1, 2, 4, 32, 60, 60]);
    }
}
