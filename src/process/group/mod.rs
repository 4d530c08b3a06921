//! Owns a command in a process group of its own: its start, its signals, its end, and the end of all that it started there.
//! It refuses to wait: whoever asks is told what has happened until now.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

use super::End;
#[cfg(not(unix))]
pub use elsewhere::{CONTINUE, Group, INTERRUPT, KILL, STOP, TERMINATE, passed_on};
#[cfg(unix)]
pub(super) use unix::is_alive;
#[cfg(unix)]
pub use unix::{CONTINUE, Group, INTERRUPT, KILL, STOP, TERMINATE, passed_on};

/// What happened to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It ended.
    Ended(End),
    /// A signal stopped it; whether it was the terminal's answer to a command in the background (SIGTTIN, SIGTTOU).
    Stopped {
        /// Whether it wanted the terminal.
        for_terminal: bool,
    },
}
