//! Owns what ends this process from outside: Ctrl-C means exit code 130, with the terminal as it was before, and without
//! what was not to stay.
//! It refuses to leave a choice on the screen without an end: there, the keys are read raw, and the cursor is hidden.

#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(not(unix))]
#[path = "elsewhere.rs"]
mod platform;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::Kind;

/// Whether Ctrl-C ends the process at once: nothing stands in the way.
static END_AT_ONCE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// What stands in the way. Who ends the process keeps it locked to the last, so that nobody goes on meanwhile.
static STANDING: Mutex<Standing> =
    Mutex::new(Standing { others: 0, screens: Vec::new(), given_up: false, leftovers: Vec::new() });

struct Standing {
    /// How many children, or loops of this process, decide for themselves what Ctrl-C means.
    others: usize,
    /// The terminal as it was before each choice that is on the screen.
    screens: Vec<platform::Screen>,
    /// Whether the last choice was left by Ctrl-C: whoever offered it ends the process, or does without.
    given_up: bool,
    /// What is to be done before the end.
    leftovers: Vec<Remove>,
}

type Remove = Arc<dyn Fn() + Send + Sync>;

/// Makes Ctrl-C end the process with exit code 130.
pub fn end_on_interrupt() {
    at_once();
}

fn at_once() -> &'static AtomicBool {
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

fn standing() -> MutexGuard<'static, Standing> {
    STANDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Changes what stands in the way, and with it what Ctrl-C means from now on.
fn change(change: impl FnOnce(&mut Standing)) {
    let mut standing = standing();
    change(&mut standing);
    let is_free = standing.others == 0 && standing.screens.is_empty() && standing.leftovers.is_empty();
    at_once().store(is_free, Ordering::SeqCst);
}

impl Standing {
    /// Does what is to be done before the end.
    #[cfg(unix)]
    fn clear(&mut self) {
        self.leftovers.iter().for_each(|remove| remove());
        self.restore();
    }

    fn restore(&mut self) {
        if let Some(before) = self.screens.drain(..).next() {
            before.restore();
        }
    }
}

/// Lets a child, or a loop of this process, decide what Ctrl-C means: this process goes on until that ends.
pub fn leave_interrupts_to_the_child() {
    change(|standing| standing.others += 1);
}

/// Lets a child decide what Ctrl-C means as long as `run` takes.
pub fn while_a_child_decides<T>(run: impl FnOnce() -> T) -> T {
    leave_interrupts_to_the_child();
    let result = run();
    change(|standing| standing.others -= 1);
    result
}

/// Ends this process as Ctrl-C ends one that doesn't catch it: loops in shells end with it.
pub fn end_as_interrupted() {
    // Where that can't be, the caller's exit code says the same.
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
}

/// Gives the terminal back as it was, where this process ends beside a question that nobody answered.
pub fn leave_the_screen() {
    standing().restore();
}

/// What is done when this is dropped, and before SIGINT, SIGTERM or SIGHUP end the process (on Windows such an end is put off).
#[must_use]
pub struct BeforeTheEnd(Remove);

impl BeforeTheEnd {
    /// Has `remove` done in the end, at least once; before what it removes is there.
    pub fn new(remove: impl Fn() + Send + Sync + 'static) -> Self {
        let remove: Remove = Arc::new(remove);
        if platform::attend_to_all() {
            change(|standing| standing.leftovers.push(remove.clone()));
        }
        Self(remove)
    }
}

impl std::fmt::Debug for BeforeTheEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BeforeTheEnd").finish_non_exhaustive()
    }
}

impl Drop for BeforeTheEnd {
    fn drop(&mut self) {
        (self.0)();
        change(|standing| standing.leftovers.retain(|other| !Arc::ptr_eq(other, &self.0)));
    }
}

/// Watches over a choice on the screen: an interrupt that comes between two keys ends the process too, the terminal restored.
pub(super) struct Watch {
    is_on: bool,
}

impl Watch {
    /// Starts watching; where that can't be, Ctrl-C ends the process at once as elsewhere.
    pub(super) fn start() -> Self {
        let screen = platform::Screen::now().ok().filter(|_| platform::attend());
        let is_on = screen.is_some();
        if is_on {
            change(|standing| {
                standing.given_up = false;
                standing.screens.extend(screen);
            });
        }
        Self { is_on }
    }

    /// Ends watching, as Ctrl-C was read and ended the choice.
    pub(super) fn give_up(self) {
        standing().given_up = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.is_on {
            change(|standing| {
                standing.screens.pop();
            });
        }
    }
}
