//! A command and what it started where there are no process groups: the system's own program ends the tree.

use std::io;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use super::Change;
use crate::alarm::Nudge;
use crate::process::{End, exit_code};

/// What asks a command to end.
pub const TERMINATE: i32 = 15;
/// What Ctrl-C sends.
pub const INTERRUPT: i32 = 2;
/// What Ctrl-Z sends.
pub const STOP: i32 = 20;
/// What a shell sends to a stopped job.
pub const CONTINUE: i32 = 18;
/// What can't be refused.
pub const KILL: i32 = 9;

/// A command and what it started.
#[derive(Debug)]
pub struct Group {
    leader: u32,
    end: Receiver<End>,
    ended: bool,
}

impl Group {
    /// Starts a command; `nudge` tells of its end.
    ///
    /// # Errors
    /// Where it can't be started.
    pub fn start(command: &mut Command, nudge: &Nudge) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let (send, end) = channel();
        let (leader, nudge) = (child.id(), nudge.clone());
        std::thread::Builder::new().name("command".into()).spawn(move || {
            let code = child.wait().map_or(1, exit_code);
            // nobody asks any more when this one is gone
            let _ = send.send(End { code, by_ctrl_c: false });
            nudge.now();
        })?;
        Ok(Self { leader, end, ended: false })
    }

    /// Gives the number of the command's process.
    pub fn number(&self) -> i32 {
        self.leader.cast_signed()
    }

    /// Asks the command to end, or ends it; other signals don't exist here.
    pub fn signal(&mut self, number: i32) {
        let number_of_it = self.leader.to_string();
        let mut taskkill = Command::new("taskkill");
        taskkill.args(["/T", "/PID", &number_of_it]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if number == KILL {
            taskkill.arg("/F");
        }
        // one that has ended needs no signal
        let _ = taskkill.status();
    }

    /// Nothing is ever stopped here.
    pub fn go_on(&mut self) {}

    /// Gives what happened to the command since the last look.
    pub fn change(&mut self) -> Option<Change> {
        let end = self.end.try_recv().ok()?;
        self.ended = true;
        Some(Change::Ended(end))
    }

    /// Tells whether the command has ended.
    pub fn is_gone(&self) -> bool {
        self.ended
    }
}

/// Gives the signals that are passed on: none; the system ends the processes of a console together.
pub fn passed_on() -> Vec<i32> {
    Vec::new()
}
