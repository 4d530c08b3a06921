//! Owns a command in a process group of its own: its start, its signals, its end, and the end of all that it started there.
//! It refuses to wait: whoever asks is told what has happened until now.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use elsewhere::{Group, INTERRUPT, KILL, STOP, TERMINATE, passed_on};
#[cfg(unix)]
pub(super) use unix::is_alive;
#[cfg(unix)]
pub use unix::{Group, INTERRUPT, KILL, STOP, TERMINATE, passed_on};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl End {
    /// Gives the status that shells would show: N, or 128 and the signal.
    pub fn status(self) -> u8 {
        let status = match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        };
        u8::try_from(status).unwrap_or(1)
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "ended with status {code}"),
            Self::Signal(signal) => write!(f, "was ended by signal {signal}"),
        }
    }
}

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
