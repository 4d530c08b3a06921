//! Owns the live display of work that takes time: a line a profile on a terminal, nothing where stderr is a file or pipe.
//! It refuses to decide what is said; it makes room for questions.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;

/// A display on stderr, or none.
#[derive(Debug)]
pub struct Display {
    bars: Option<MultiProgress>,
    noted: Mutex<Option<ProgressBar>>,
}

/// One line of the display; it goes with the value.
#[derive(Debug)]
pub struct Line(Option<ProgressBar>);

impl Display {
    /// Makes the display: live on a terminal unless `--quiet`.
    pub fn new(ui: &Ui) -> Self {
        let bars = ui.is_live().then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { bars, noted: Mutex::new(None) }
    }

    /// Makes a display that shows nothing: work in the background makes room for whatever else is on the screen.
    pub fn hidden() -> Self {
        Self { bars: None, noted: Mutex::new(None) }
    }

    /// Adds a line with a spinner.
    pub fn line(&self, name: &str) -> Line {
        Line(self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        }))
    }

    /// Takes the display off the screen while `ask` has the terminal.
    ///
    /// `MultiProgress::suspend` would hold up every other line, and the work behind it, until the person has answered.
    pub fn pause<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.end_note();
        let Some(bars) = &self.bars else { return ask() };
        // Where it can't be cleared there is no terminal any more.
        let _ = bars.clear();
        bars.set_draw_target(ProgressDrawTarget::hidden());
        let answer = ask();
        bars.set_draw_target(ProgressDrawTarget::stderr());
        answer
    }

    /// Shows a passing note, such as a countdown: in place on a terminal, once elsewhere.
    pub fn note(&self, ui: &Ui, text: &str) {
        let mut noted = self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (&self.bars, &*noted) {
            (_, Some(bar)) => bar.set_message(text.to_owned()),
            (Some(bars), None) => {
                let bar = bars.add(ProgressBar::new_spinner());
                bar.set_message(text.to_owned());
                bar.enable_steady_tick(Duration::from_millis(100));
                *noted = Some(bar);
            }
            (None, None) => {
                ui.say(text);
                *noted = Some(ProgressBar::hidden());
            }
        }
    }

    fn end_note(&self) {
        let mut noted = self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bar) = noted.take() {
            bar.finish_and_clear();
        }
    }
}

impl Line {
    /// Says what is going on now.
    pub fn tell(&self, text: impl Into<String>) {
        if let Some(bar) = &self.0 {
            bar.set_message(text.into());
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
