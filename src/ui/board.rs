//! Owns the lines at the bottom of the terminal that are replaced in place while a command goes on.
//! It refuses to mix: what is said goes above them, and they are gone while a question has the terminal.

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::Term;

/// The lines; none at first.
#[derive(Debug, Default)]
pub(super) struct Board(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    text: String,
    /// How many of them stand on the screen.
    drawn: usize,
    /// How many questions have the terminal.
    away: usize,
}

/// The time for which the lines are gone.
pub(super) struct Aside<'a>(&'a Board);

impl Board {
    /// Replaces the lines.
    pub(super) fn show(&self, text: String) {
        let mut lines = self.lock();
        if lines.text != text {
            lines.erase();
            lines.text = text;
            lines.draw();
        }
    }

    /// Writes something above the lines.
    pub(super) fn above(&self, write: impl FnOnce()) {
        let mut lines = self.lock();
        lines.erase();
        write();
        lines.draw();
    }

    /// Takes the lines away until the result is dropped.
    pub(super) fn aside(&self) -> Aside<'_> {
        let mut lines = self.lock();
        lines.erase();
        lines.away += 1;
        Aside(self)
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        let mut lines = self.0.lock();
        lines.away -= 1;
        lines.draw();
    }
}

impl Lines {
    fn erase(&mut self) {
        if self.drawn > 0 {
            // where it can't be written to there is no terminal any more
            let _ = Term::stderr().clear_last_lines(std::mem::take(&mut self.drawn));
        }
    }

    fn draw(&mut self) {
        if self.away > 0 || self.text.is_empty() {
            return;
        }
        let room = usize::from(Term::stderr().size().0).saturating_sub(2).max(1);
        let count = self.text.lines().count();
        let mut text: String = self.text.lines().take(room).map(|line| format!("{line}\n")).collect();
        self.drawn = count.min(room);
        if count > room {
            text.push_str(&format!("… and {} more\n", count - room));
            self.drawn += 1;
        }
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}
