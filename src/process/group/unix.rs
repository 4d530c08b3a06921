//! A process group on Unix.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpid};

use super::Change;
use crate::alarm::Nudge;
use crate::process::{End, is_ignored};

/// What asks a command to end.
pub const TERMINATE: i32 = Signal::TERM.as_raw();
/// What Ctrl-C sends.
pub const INTERRUPT: i32 = Signal::INT.as_raw();
/// What Ctrl-Z sends.
pub const STOP: i32 = Signal::TSTP.as_raw();
/// What a shell sends to a stopped job.
pub const CONTINUE: i32 = Signal::CONT.as_raw();
/// What can't be refused.
pub const KILL: i32 = Signal::KILL.as_raw();

/// A command and what it started, as far as that stayed in its group.
#[derive(Debug)]
pub struct Group {
    leader: Pid,
    ended: bool,
    stopped: bool,
}

impl Group {
    /// Starts a command as the leader of a group of its own. SIGCHLD tells of changes; nobody needs to be called.
    ///
    /// # Errors
    /// Where it can't be started.
    pub fn start(command: &mut Command, _: &Nudge) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        Ok(Self { leader: Pid::from_child(&child), ended: false, stopped: false })
    }

    /// Gives the group's number, which is its leader's.
    pub fn number(&self) -> i32 {
        self.leader.as_raw_nonzero().get()
    }

    /// Gives the leader as the system calls name it.
    pub fn leader(&self) -> Pid {
        self.leader
    }

    /// Sends a signal to everyone in the group; one that is stopped goes on, so that it sees it.
    pub fn signal(&mut self, number: i32) {
        if let Some(signal) = Signal::from_named_raw(number) {
            // a group that has ended needs no signal
            let _ = kill_process_group(self.leader, signal);
            if self.stopped && number != STOP {
                self.go_on();
            }
        }
    }

    /// Lets a stopped group go on.
    pub fn go_on(&mut self) {
        self.stopped = false;
        let _ = kill_process_group(self.leader, Signal::CONT);
    }

    /// Gives what happened to the leader since the last look.
    pub fn change(&mut self) -> Option<Change> {
        if self.ended {
            return None;
        }
        let status = match waitpid(Some(self.leader), WaitOptions::NOHANG | WaitOptions::UNTRACED) {
            Ok(found) => found?.1,
            Err(rustix::io::Errno::INTR) => return None,
            Err(_) => {
                self.ended = true;
                return Some(Change::Ended(end(None, None))); // nobody else waits for it
            }
        };
        if let Some(signal) = status.stopping_signal() {
            self.stopped = true;
            let for_terminal = [Signal::TTIN.as_raw(), Signal::TTOU.as_raw()].contains(&signal);
            return Some(Change::Stopped { for_terminal });
        }
        self.ended = true;
        Some(Change::Ended(end(status.exit_status(), status.terminating_signal())))
    }

    /// Tells whether the leader and everyone else in the group has ended.
    pub fn is_gone(&self) -> bool {
        self.ended && !is_alive(self.leader)
    }
}

/// Words an end as shells do. What has the terminal alone is interrupted by the person who sits there.
fn end(code: Option<i32>, signal: Option<i32>) -> End {
    let code = signal.map(|signal| 128 + signal).or(code).and_then(|code| u8::try_from(code).ok());
    End { code: code.unwrap_or(1), by_ctrl_c: signal == Some(INTERRUPT) }
}

/// Tells whether anyone of a group lives: the dead count where nobody has asked for them yet, so their state is looked at.
pub(in super::super) fn is_alive(group: Pid) -> bool {
    if test_kill_process_group(group) == Err(rustix::io::Errno::SRCH) {
        return false;
    }
    #[cfg(target_os = "linux")]
    return super::super::tree::all().iter().any(|process| process.group == group.as_raw_nonzero().get());
    #[cfg(not(target_os = "linux"))]
    true
}

/// Gives the signals that are passed on to the command, and that of its end; what was ignored from the start stays so.
pub fn passed_on() -> Vec<i32> {
    use Signal as S;
    let passed = [S::TERM, S::INT, S::HUP, S::QUIT, S::USR1, S::USR2, S::WINCH, S::TSTP, S::CONT].map(S::as_raw);
    let passed = passed.into_iter().filter(|number| !is_ignored(*number));
    passed.chain([S::CHILD.as_raw()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::Alarm;

    #[test]
    fn a_group_is_gone_when_its_last_member_is() {
        let nudge = Alarm::new(&[]).unwrap().nudge();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "trap '' TERM; sleep 60 & exit 7"]);
        let mut group = Group::start(&mut command, &nudge).unwrap();
        let end = loop {
            if let Some(change) = group.change() {
                break change;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        assert_eq!(end, Change::Ended(End { code: 7, by_ctrl_c: false }));
        group.signal(TERMINATE);
        assert!(!group.is_gone());
        group.signal(KILL);
        while !group.is_gone() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
