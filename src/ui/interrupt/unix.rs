//! Interrupts on Unix: one thread, started where it is first needed, that clears up before a signal ends the process.
//! It refuses to touch the terminal from the background, where the system would stop it.

use std::fs::File;
use std::io::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use crate::error::Kind;
use crate::process::is_ignored;
use crate::ui::terminal;

/// The thread, once it attends.
static ATTENDANT: OnceLock<Option<Handle>> = OnceLock::new();

/// How long a choice has to end by itself.
const A_MOMENT: Duration = Duration::from_millis(200);

/// DECTCEM, and on to the next line.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h\n";

/// A terminal as it is before a choice.
pub(super) struct Screen {
    terminal: File,
    before: Termios,
}

impl Screen {
    /// Notes how the terminal is.
    pub(super) fn now() -> std::io::Result<Self> {
        let (_, terminal) = terminal::open()?;
        let before = tcgetattr(&terminal)?;
        Ok(Self { terminal, before })
    }

    /// Makes it so again.
    pub(super) fn restore(self) {
        if terminal::is_in_foreground() {
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
            let _ = (&self.terminal).write_all(SHOW_CURSOR);
        }
    }
}

/// Has the thread look at interrupts; tells whether it does.
pub(super) fn attend() -> bool {
    attendant().is_some()
}

/// Has the thread look at all that end a process, but for what the parent had ignored.
pub(super) fn attend_to_all() -> bool {
    let Some(attendant) = attendant() else { return false };
    for signal in [SIGTERM, SIGHUP] {
        if !is_ignored(signal) {
            // Where it can't be caught the default holds: the next run clears up.
            let _ = attendant.add_signal(signal);
        }
    }
    true
}

fn attendant() -> Option<&'static Handle> {
    let begin = || {
        let mut signals = Signals::new([SIGINT]).ok()?;
        let handle = signals.handle();
        let look = move || signals.forever().for_each(look);
        std::thread::Builder::new().spawn(look).ok().map(|_| handle)
    };
    ATTENDANT.get_or_init(begin).as_ref()
}

/// Ends the process by a signal, unless somebody else sees to that.
fn look(signal: i32) {
    let mut standing = super::standing();
    if signal == SIGINT {
        // A key that was read ends the choice by itself, a moment later; a signal from elsewhere doesn't.
        if standing.others == 0 && !standing.screens.is_empty() {
            drop(standing);
            std::thread::sleep(A_MOMENT);
            standing = super::standing();
        }
        if standing.others > 0 || standing.given_up {
            return;
        }
    }
    standing.clear();
    if signal != SIGINT {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
    signal_hook::low_level::exit(Kind::Interrupted.exit_code().into());
}
