//! Owns who has the terminal: a command in a group of its own gets it as from a shell, and gives it back.
//! It refuses to take the terminal from anyone else, and to leave it in another mode than it was found in.

#[cfg(unix)]
pub use unix::Foreground;

#[cfg(unix)]
mod unix {
    use nix::sys::signal::{SigSet, SigmaskHow, Signal as Blocked};
    use rustix::process::{Pid, Signal, getpgrp, getsid, kill_current_process_group};
    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};

    use crate::process::group::{Group, is_alive};

    /// The terminal on standard input, where that controls this process.
    #[derive(Debug)]
    pub struct Foreground {
        own: Pid,
        given: Option<Pid>,
        modes: Option<Termios>,
    }

    impl Foreground {
        /// Looks at standard input; none where it is no terminal, or another session's.
        pub fn of_stdin() -> Option<Self> {
            tcgetpgrp(std::io::stdin()).ok()?;
            Some(Self { own: getpgrp(), given: None, modes: None })
        }

        /// Gives the terminal to a group where it is this process's to give; tells whether the group has it now.
        pub fn give(&mut self, group: &Group) -> bool {
            let stdin = std::io::stdin();
            let Ok(holder) = tcgetpgrp(&stdin) else { return false };
            if holder == group.leader() {
                return true;
            }
            let ours = holder == self.own || self.given == Some(holder) && !is_alive(holder);
            if !ours {
                return false;
            }
            if self.modes.is_none() {
                self.modes = tcgetattr(&stdin).ok();
            }
            let given = unstopped(|| tcsetpgrp(&stdin, group.leader())).is_ok();
            self.given = given.then(|| group.leader());
            given
        }

        /// Takes the terminal back from the group that it was given to.
        pub fn take(&mut self) {
            let stdin = std::io::stdin();
            let Ok(holder) = tcgetpgrp(&stdin) else { return };
            if self.given.take() == Some(holder) {
                // a terminal that has hung up is nobody's
                let _ = unstopped(|| tcsetpgrp(&stdin, self.own));
            }
        }

        /// Takes the terminal back, and puts its modes back to what they were when it was given away; tells whether it was.
        pub fn take_at_the_end(&mut self) -> bool {
            let was_given = self.given.is_some();
            self.take();
            if let Some(modes) = self.modes.take() {
                let stdin = std::io::stdin();
                if tcgetpgrp(&stdin) == Ok(self.own) {
                    let _ = unstopped(|| tcsetattr(&stdin, OptionalActions::Drain, &modes));
                }
            }
            was_given
        }

        /// Stops this process and those beside it, as a shell's job stops; tells whether that was begun.
        ///
        /// Another thread may be the one that sees it first: this one goes on for a moment, and SIGCONT tells when it may.
        ///
        /// Without a shell that controls jobs nobody would let it go on: then nothing stops.
        pub fn stop_with_the_job() -> bool {
            let is_job = getsid(None).is_ok_and(|session| session != getpgrp());
            is_job && kill_current_process_group(Signal::STOP).is_ok()
        }
    }

    /// Does something to the terminal that stops a process in the background unless it blocks SIGTTOU (tcsetpgrp(3)).
    fn unstopped<T>(act: impl FnOnce() -> T) -> T {
        let stop: SigSet = [Blocked::SIGTTOU].into_iter().collect();
        let before = stop.thread_swap_mask(SigmaskHow::SIG_BLOCK);
        let result = act();
        if let Ok(before) = before {
            let _ = before.thread_set_mask();
        }
        result
    }
}

/// Elsewhere every process of a console has it.
#[cfg(not(unix))]
#[derive(Debug)]
pub enum Foreground {}

#[cfg(not(unix))]
impl Foreground {
    /// Nothing is ever given away here.
    pub fn of_stdin() -> Option<Self> {
        None
    }

    /// Never called.
    pub fn give(&mut self, _: &super::group::Group) -> bool {
        match *self {}
    }

    /// Never called.
    pub fn take(&mut self) {}

    /// Never called.
    pub fn take_at_the_end(&mut self) -> bool {
        match *self {}
    }

    /// Never stops anything.
    pub fn stop_with_the_job() -> bool {
        false
    }
}
