//! Owns one run of the command: its signals, its stops on a terminal, and its end within the grace.
//! It refuses to leave anyone of the command's group behind.

use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::alarm::Nudge;
use crate::process::foreground::Foreground;
use crate::process::group::{Change, Group, KILL, STOP};
use crate::process::{End, Guardian};

/// How often those are looked at whom the command left behind: nobody tells of their end.
const LOOK: Duration = Duration::from_millis(50);
/// How long a group that was killed may take to be gone: what the system itself holds up isn't waited for.
const FOR_THE_SYSTEM: Duration = Duration::from_secs(2);

/// A run of the command.
pub(super) struct Run {
    group: Group,
    guardian: Option<Guardian>,
    since: Instant,
    end: Option<End>,
    /// The signals that ask for the end, each sent once.
    sent: Vec<i32>,
    /// Whether Ctrl-Z was passed on to a command that hasn't the terminal.
    told_to_stop: bool,
    kill_at: Option<Instant>,
    killed_at: Option<Instant>,
}

/// How far the end of a run is.
pub(super) enum Finish {
    /// The grace isn't over.
    Waiting,
    /// It is over; the group was killed now.
    Killed,
    /// Nobody is left.
    Gone(End),
}

impl Run {
    /// Starts the command, with the terminal where it is this process's to give.
    pub(super) fn start(
        command: &mut Command,
        nudge: &Nudge,
        terminal: &mut Option<Foreground>,
        mut guardian: Option<Guardian>,
    ) -> io::Result<Self> {
        let group = match Group::start(command, nudge) {
            Ok(group) => group,
            Err(error) => {
                // one that is merely dropped is a dead process until awstok ends
                if let Some(guardian) = guardian {
                    guardian.dismiss();
                }
                return Err(error);
            }
        };
        if let Some(guardian) = &mut guardian {
            guardian.watch(group.number());
        }
        if let Some(terminal) = terminal {
            // one that was quicker to ask for it was stopped, and goes on once that is seen
            terminal.give(&group);
        }
        let (since, sent) = (Instant::now(), Vec::new());
        Ok(Self { group, guardian, since, end: None, sent, told_to_stop: false, kill_at: None, killed_at: None })
    }

    /// Says good-bye to who would end the group had awstok been killed.
    pub(super) fn dismiss(&mut self) {
        if let Some(guardian) = self.guardian.take() {
            guardian.dismiss();
        }
    }

    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Sends a signal to the group.
    pub(super) fn pass_on(&mut self, number: i32) {
        if self.end.is_none() {
            self.told_to_stop |= number == STOP;
            self.group.signal(number);
        }
    }

    /// Asks the group to end, with each signal once, and sets the end of the grace; a shorter one counts.
    pub(super) fn stop(&mut self, number: i32, grace: Duration) {
        if !self.sent.contains(&number) {
            self.sent.push(number);
            self.group.signal(number);
        }
        let end = Instant::now() + grace;
        self.kill_at = Some(self.kill_at.map_or(end, |before| before.min(end)));
    }

    /// Sees what happened to the command; tells whether it has ended.
    pub(super) fn look(&mut self, terminal: &mut Option<Foreground>) -> bool {
        while let Some(change) = self.group.change() {
            match change {
                Change::Ended(end) => self.end = Some(end),
                Change::Stopped { for_terminal } => self.stopped(for_terminal, terminal),
            }
        }
        self.end.is_some()
    }

    /// Stops awstok with the command, as one job of the shell. A command that someone else stopped, away
    /// from any terminal, stays so.
    fn stopped(&mut self, for_terminal: bool, terminal: &mut Option<Foreground>) {
        let give = |terminal: &mut Option<Foreground>, group: &Group| {
            terminal.as_mut().is_some_and(|terminal| terminal.give(group))
        };
        // it asked for the terminal before it had it, or the shell has brought the job to the front since; but a Ctrl-Z
        // that came before it had it stands
        let told_to_stop = std::mem::take(&mut self.told_to_stop);
        if for_terminal && !told_to_stop && give(terminal, &self.group) {
            return self.group.go_on();
        }
        let with_us = terminal.is_some() || told_to_stop;
        if !with_us {
            return;
        }
        if let Some(terminal) = terminal {
            terminal.take();
        }
        // the shell's SIGCONT lets both go on
        if !Foreground::stop_with_the_job() && !for_terminal {
            self.go_on(terminal);
        }
    }

    /// Lets a stopped command go on, with the terminal where it is awstok's to give.
    pub(super) fn go_on(&mut self, terminal: &mut Option<Foreground>) {
        self.told_to_stop = false;
        if self.end.is_none() {
            if let Some(terminal) = terminal {
                terminal.give(&self.group);
            }
            self.group.go_on();
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.group.is_gone()
    }

    /// Gives the instant at which `finish` is to be called again; none while the run isn't being ended.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let kill_at = self.kill_at?;
        let soon = Instant::now() + LOOK;
        match (self.killed_at, self.end) {
            (Some(_), _) => Some(soon),
            (None, Some(_)) => Some(soon.min(kill_at)),
            (None, None) => Some(kill_at),
        }
    }

    /// Goes on with the end of the run.
    pub(super) fn finish(&mut self) -> Finish {
        let now = Instant::now();
        if let Some(end) = self.end.filter(|_| self.group.is_gone()) {
            return Finish::Gone(end);
        }
        match (self.killed_at, self.kill_at) {
            (None, Some(at)) if at <= now => {
                self.group.signal(KILL);
                self.killed_at = Some(now);
                Finish::Killed
            }
            (Some(at), _) if now >= at + FOR_THE_SYSTEM => {
                Finish::Gone(self.end.unwrap_or(End { code: 137, by_ctrl_c: false }))
            }
            _ => Finish::Waiting,
        }
    }
}
