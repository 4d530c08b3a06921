//! Owns talk: messages on stderr, results on stdout, colour, and whether anyone may be asked.
//! It refuses decisions: what to say or ask, the commands know.

mod board;
pub mod codes;
pub mod consent;
pub mod diff;
pub mod interrupt;
mod passphrase;
mod picture;
pub mod progress;
#[cfg(unix)]
pub mod screen;
pub mod table;
pub mod terminal;

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};

use colored::Colorize as _;

use crate::arguments::Global;
use crate::environment::Environment;
use crate::error::{Failure, Kind, Result, is_hidden, visible};
use crate::secret::Secret;
use table::Table;

/// The person's side of a run.
#[derive(Debug)]
pub struct Ui {
    talk: Talk,
    no_input: bool,
    code_argument: Option<Secret<String>>,
    passphrase: Option<Secret<String>>,
    colour_out: bool,
    colour_err: bool,
    board: board::Board,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Talk {
    /// Warnings and errors.
    Quiet,
    /// What changed.
    Normal,
    /// Also why (`-v`).
    Verbose,
    /// Also every call and file (`-vv`).
    Detailed,
}

impl Ui {
    /// Reads flags and environment, `--color` only `with_color`.
    ///
    /// # Errors
    /// Where `--mfa-code` can't be a code.
    pub fn new(env: &Environment, global: &Global, with_color: bool) -> Result<Self> {
        let colour = |terminal: bool| match global.color.as_deref().filter(|_| with_color) {
            Some("always") => true,
            Some("never") => false,
            _ => terminal && env.get("NO_COLOR").is_none() && env.text("TERM") != Some("dumb"),
        };
        let colour_out = colour(std::io::stdout().is_terminal());
        let colour_err = colour(std::io::stderr().is_terminal());
        colored::control::set_override(colour_out || colour_err);
        Ok(Self {
            talk: match (global.quiet, global.verbose) {
                (true, _) => Talk::Quiet,
                (_, 0) => Talk::Normal,
                (_, 1) => Talk::Verbose,
                _ => Talk::Detailed,
            },
            no_input: global.no_input || env.is_on("AWSTOK_NO_INPUT"),
            code_argument: codes::argument(env, global)?,
            passphrase: env.text(crate::vault::PASSPHRASE_VARIABLE).map(Secret::from),
            colour_out,
            colour_err,
            board: board::Board::default(),
        })
    }

    /// How much is said.
    pub fn talk(&self) -> Talk {
        self.talk
    }

    /// Tells whether a person may be asked: nobody forbade it, and there is a terminal.
    pub fn can_ask(&self) -> bool {
        !self.no_input && terminal::is_there()
    }

    /// Tells whether `--no-input` or its variable was given.
    pub fn no_input(&self) -> bool {
        self.no_input
    }

    /// The width of the terminal on stdout; none for a file or pipe, which take any width.
    pub fn width(&self) -> Option<usize> {
        let term = console::Term::stdout();
        term.is_term().then(|| term.size_checked().map(|(_, columns)| columns.into())).flatten()
    }

    /// Tells whether stderr is a terminal that a live display may use.
    pub fn is_live(&self) -> bool {
        self.talk > Talk::Quiet && std::io::stderr().is_terminal()
    }

    /// Draws a text as a QR code on stderr, unless `--quiet`.
    ///
    /// # Errors
    /// For a text that is too long.
    pub fn draw(&self, text: &str) -> Result<()> {
        self.say(&picture::draw(text, self.colour_err)?);
        Ok(())
    }

    /// Replaces the lines at the bottom of the terminal on stderr, which must be one (`is_live`).
    pub fn show(&self, lines: &str) {
        let lines = if self.colour_err { lines.to_owned() } else { console::strip_ansi_codes(lines).into_owned() };
        self.board.show(lines);
    }

    /// Says what happened.
    pub fn say(&self, text: &str) {
        self.speak(Talk::Normal, text);
    }

    /// Says why (`-v`).
    pub fn explain(&self, text: &str) {
        self.speak(Talk::Verbose, text);
    }

    /// Says a detail (`-vv`).
    pub fn detail(&self, text: &str) {
        self.speak(Talk::Detailed, text);
    }

    /// Says what a person has to know to go on, whatever the level.
    pub fn instruct(&self, text: &str) {
        self.speak(Talk::Quiet, text);
    }

    /// Warns, whatever the level; what stands in a file or an answer can't drive the terminal from here.
    pub fn warn(&self, text: &str) {
        self.speak(Talk::Quiet, &format!("{} {}", "warning:".yellow().bold(), visible(text)));
    }

    /// Writes an error as `error::render` words it, its first word in red.
    pub fn complain(&self, error: &anyhow::Error) {
        let text = crate::error::render(error);
        let coloured = text.replacen("error:", &"error:".red().bold().to_string(), 1).replacen(
            "\nhint:",
            &format!("\n{}", "hint:".cyan().bold()),
            1,
        );
        self.write_err(coloured.trim_end());
    }

    /// Writes a result to stdout, whole, at once; nothing else ever goes there.
    ///
    /// # Errors
    /// Where stdout is closed or full: a script must notice.
    pub fn print(&self, text: impl AsRef<[u8]>) -> Result<()> {
        let bytes = text.as_ref();
        let shown = match std::str::from_utf8(bytes) {
            Ok(text) if !self.colour_out && text.contains('\u{1b}') => {
                Cow::Owned(console::strip_ansi_codes(text).into_owned().into_bytes())
            }
            _ => Cow::Borrowed(bytes),
        };
        let mut out = std::io::stdout().lock();
        out.write_all(&shown).and_then(|()| out.flush()).map_err(|error| {
            Failure::new(Kind::Other, "could not write the result to standard output").because(error).into()
        })
    }

    /// Prints credentials, which must reach someone: as `print`, but a stdout that was closed is an error too.
    ///
    /// # Errors
    /// As `print`.
    pub fn hand_over(&self, text: impl AsRef<[u8]>) -> Result<()> {
        if !terminal::stdout_is_open() {
            return Err(Failure::new(Kind::Other, "standard output is closed")
                .hint("credentials that nobody reads aren't handed out")
                .into());
        }
        self.print(text)
    }

    /// Prints a value as pretty JSON; characters that could drive a terminal are escaped, which means the same.
    ///
    /// # Errors
    /// As `print`.
    pub fn print_json(&self, value: &impl serde::Serialize) -> Result<()> {
        let mut text = harmless_json(serde_json::to_string_pretty(value)?);
        text.push('\n');
        self.print(text)
    }

    /// Reports a list: as JSON, else as a table; where there is nothing, the words `none` are said.
    ///
    /// # Errors
    /// As `print`.
    pub fn report<'a, R: serde::Serialize>(
        &self,
        as_json: bool,
        rows: &[R],
        none: &str,
        table: impl FnOnce() -> Table<'a>,
    ) -> Result<()> {
        if as_json {
            return self.print_json(&rows);
        }
        if rows.is_empty() {
            self.say(none);
            return Ok(());
        }
        self.print(table().render(self.width()))
    }

    fn speak(&self, level: Talk, text: &str) {
        if self.talk >= level {
            self.write_err(text);
        }
    }

    fn write_err(&self, text: &str) {
        let plain;
        let text = if self.colour_err {
            text
        } else {
            plain = console::strip_ansi_codes(text);
            &plain
        };
        // Nobody is left to tell when stderr is gone.
        self.board.above(|| drop(writeln!(std::io::stderr().lock(), "{text}")));
    }
}

/// Writes an error where there is no `Ui` yet.
pub fn complain_plainly(error: &anyhow::Error) {
    // Nobody is left to tell when stderr is gone.
    let _ = write!(std::io::stderr().lock(), "{}", crate::error::render(error));
}

/// Writes what clap says about wrong usage; its last line becomes a hint as that of any other error.
pub fn complain_of_usage(error: &clap::Error) {
    let text = visible(&error.render().to_string());
    let text = text.replace("For more information, try '--help'.", "hint: `--help` says more");
    // Nobody is left to tell when stderr is gone.
    let _ = write!(std::io::stderr().lock(), "{text}");
}

/// Escapes what JSON lets stand and a terminal obeys or hides: such characters stand in strings only.
fn harmless_json(text: String) -> String {
    if text.bytes().all(|byte| byte < 0x7f) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hidden(c) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}

/// Makes a name or value from a file or from AWS safe to show on one line.
pub fn shown(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}
