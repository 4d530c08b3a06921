//! Owns the whole screen of a terminal while something is shown there that changes: drawn in place, keys read one by one.
//! It refuses to leave it otherwise than it was: cursor, echo and what stood there come back.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::mpsc::{Receiver, channel};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::Ui;
use crate::alarm::Nudge;
use crate::error::Result;

/// The other screen, without a cursor and without wrapping.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// The screen; it is given back when this is dropped.
pub struct Screen {
    input: File,
    before: Termios,
    in_colour: bool,
    keys: Receiver<u8>,
}

impl Ui {
    /// Takes the screen, where standard output is a terminal's; `nudge` tells of keys.
    ///
    /// # Errors
    /// Where the terminal can't be opened or set.
    pub fn screen(&self, nudge: Nudge) -> Result<Screen> {
        let (input, _) = super::terminal::open().context("could not open the terminal")?;
        let before = tcgetattr(&input).context("could not look at the terminal")?;
        let (send, keys) = channel();
        let mut reader = input.try_clone().context("could not open the terminal")?;
        let screen = Screen { input, before, in_colour: self.colour_out, keys };
        screen.enter()?;
        std::thread::Builder::new()
            .name("keys".into())
            .spawn(move || {
                let mut key = [0];
                // at the end of the terminal nobody is left to press any
                while reader.read(&mut key).is_ok_and(|read| read == 1) && send.send(key[0]).is_ok() {
                    nudge.now();
                }
            })
            .context("could not start a thread")?;
        Ok(screen)
    }
}

impl Screen {
    /// Takes the screen, again after it was left.
    ///
    /// # Errors
    /// Where the terminal can't be set.
    pub fn enter(&self) -> Result<()> {
        let mut raw = self.before.clone();
        // Ctrl-C and Ctrl-Z stay signals
        raw.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&self.input, OptionalActions::Now, &raw).context("could not set the terminal")?;
        write(ENTER)
    }

    /// Gives the screen back.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn leave(&self) -> Result<()> {
        write(LEAVE)?;
        tcsetattr(&self.input, OptionalActions::Now, &self.before).context("could not set the terminal")
    }

    /// Draws a text anew, each line over the old one, as many as there is room for.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn draw(&self, text: &str) -> Result<()> {
        let rows = usize::from(console::Term::stdout().size().0).max(2);
        let count = text.lines().count();
        let mut lines: Vec<String> =
            text.lines().take(if count > rows { rows - 1 } else { rows }).map(String::from).collect();
        if count > rows {
            lines.push(format!("… and {} more", count + 1 - rows));
        }
        let text = lines.join("\n");
        let text = if self.in_colour { text } else { console::strip_ansi_codes(&text).into_owned() };
        write(&format!("\x1b[H{}\x1b[K\x1b[J", text.replace('\n', "\x1b[K\r\n")))
    }

    /// Gives the keys that were pressed since the last time.
    pub fn keys(&self) -> Vec<u8> {
        self.keys.try_iter().collect()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // where it can't be given back it is gone
        let _ = self.leave();
    }
}

fn write(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("could not write to the terminal")
}
