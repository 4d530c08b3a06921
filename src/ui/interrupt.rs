//! Owns what Ctrl-C means: the end with exit code 130, with the terminal as it was before.
//! It refuses to leave a choice on the screen without an end: there, the keys are read raw, and the cursor is hidden.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::error::Kind;

/// Whether Ctrl-C ends the process at once; else someone else decides when it ends.
static END_AT_ONCE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Makes Ctrl-C end the process with exit code 130.
pub fn end_on_interrupt() -> &'static AtomicBool {
    END_AT_ONCE.get_or_init(|| {
        let at_once = Arc::new(AtomicBool::new(true));
        // Where it can't be registered the default holds: the signal ends the process, which shells report as 130 too.
        let _ = signal_hook::flag::register_conditional_shutdown(
            signal_hook::consts::SIGINT,
            Kind::Interrupted.exit_code().into(),
            at_once.clone(),
        );
        at_once
    })
}

/// Lets a child decide what Ctrl-C means: this process goes on until the child ends.
pub fn leave_interrupts_to_the_child() {
    end_on_interrupt().store(false, Ordering::SeqCst);
}

/// Ends this process as Ctrl-C ends one that doesn't catch it: loops in shells end with it.
pub fn end_as_interrupted() {
    // Where that can't be, the caller's exit code says the same.
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
}

/// Watches over a choice on the screen: an interrupt that comes between two keys ends the process too, the terminal restored.
#[cfg(unix)]
pub(super) struct Watch {
    signals: Option<signal_hook::iterator::Handle>,
    done: Option<std::sync::mpsc::Sender<()>>,
    /// Whether Ctrl-C ended the process at once before.
    at_once: bool,
}

#[cfg(unix)]
impl Watch {
    /// Starts watching; where that can't be, Ctrl-C ends the process at once as elsewhere.
    pub(super) fn start() -> Self {
        let at_once = end_on_interrupt().load(Ordering::SeqCst);
        let Ok((mut signals, terminal, before)) = prepare() else {
            return Self { signals: None, done: None, at_once };
        };
        let handle = signals.handle();
        let (done, end) = std::sync::mpsc::channel::<()>();
        end_on_interrupt().store(false, Ordering::SeqCst);
        std::thread::spawn(move || {
            if signals.forever().next().is_none() {
                return;
            }
            // A key that was read ends the choice by itself, a moment later; a signal from elsewhere doesn't.
            if end.recv_timeout(A_MOMENT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                use std::io::Write as _;
                let _ = rustix::termios::tcsetattr(&terminal, rustix::termios::OptionalActions::Now, &before);
                let _ = (&terminal).write_all(SHOW_CURSOR);
                signal_hook::low_level::exit(Kind::Interrupted.exit_code().into());
            }
        });
        Self { signals: Some(handle), done: Some(done), at_once }
    }
}

#[cfg(unix)]
const A_MOMENT: std::time::Duration = std::time::Duration::from_millis(200);

/// DECTCEM, and on to the next line.
#[cfg(unix)]
const SHOW_CURSOR: &[u8] = b"\x1b[?25h\n";

#[cfg(unix)]
fn prepare() -> std::io::Result<(signal_hook::iterator::Signals, std::fs::File, rustix::termios::Termios)> {
    let (_, terminal) = super::terminal::open()?;
    let before = rustix::termios::tcgetattr(&terminal)?;
    Ok((signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT])?, terminal, before))
}

#[cfg(unix)]
impl Drop for Watch {
    fn drop(&mut self) {
        end_on_interrupt().store(self.at_once, Ordering::SeqCst);
        self.done.take();
        if let Some(signals) = self.signals.take() {
            signals.close();
        }
    }
}

/// Watches over a choice on the screen; on Windows, Ctrl-C is a key like others there.
#[cfg(not(unix))]
pub(super) struct Watch {
    at_once: bool,
}

#[cfg(not(unix))]
impl Watch {
    /// Starts watching.
    pub(super) fn start() -> Self {
        Self { at_once: end_on_interrupt().swap(false, Ordering::SeqCst) }
    }
}

#[cfg(not(unix))]
impl Drop for Watch {
    fn drop(&mut self) {
        end_on_interrupt().store(self.at_once, Ordering::SeqCst);
    }
}
