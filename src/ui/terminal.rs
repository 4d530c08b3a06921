//! Owns the terminal itself: questions go to it and answers come from it, whatever stdin and stdout are tied to.
//! It refuses to be used where nobody sits: `is_there` tells.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::time::Instant;

use console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{FuzzySelect, Input};
use zeroize::Zeroizing;

use super::{Ui, interrupt};
use crate::error::{Failure, Kind, Result, visible};
use crate::secret::Secret;

#[cfg(unix)]
const INPUT: &str = "/dev/tty";
#[cfg(unix)]
const OUTPUT: &str = "/dev/tty";
#[cfg(windows)]
const INPUT: &str = "CONIN$";
#[cfg(windows)]
const OUTPUT: &str = "CONOUT$";

/// Tells whether this process has a terminal.
pub fn is_there() -> bool {
    open().is_ok()
}

/// Tells whether stdout was open when the process began.
///
/// A closed one is opened on `/dev/null` by the runtime, for reading and writing; a person's own `>/dev/null` is for writing only.
#[cfg(target_os = "linux")]
pub fn stdout_is_open() -> bool {
    // pipes and files, the most, tell it at once
    let mode = rustix::fs::fcntl_getfl(std::io::stdout()).map(|flags| flags & rustix::fs::OFlags::ACCMODE);
    mode != Ok(rustix::fs::OFlags::RDWR)
        || !std::fs::read_link("/proc/self/fd/1").is_ok_and(|path| path == std::path::Path::new("/dev/null"))
}

/// Tells whether stdout was open when the process began; elsewhere than on Linux it is taken to be.
#[cfg(not(target_os = "linux"))]
pub fn stdout_is_open() -> bool {
    true
}

/// Ends standard output for whoever reads it, though this process goes on: `$(…)` and pipes see the end of the result.
#[cfg(unix)]
#[allow(clippy::disallowed_methods)] // nothing is stored there
pub fn end_stdout() {
    use std::io::IsTerminal as _;
    if std::io::stdout().is_terminal() {
        return;
    }
    // where it can't be, a reader waits for the end of this process
    let _ = OpenOptions::new().write(true).open("/dev/null").map(rustix::stdio::dup2_stdout);
}

/// Ends standard output for whoever reads it; elsewhere than on Unix it ends with the process.
#[cfg(not(unix))]
pub fn end_stdout() {}

/// Tells whether this process is in the foreground of its terminal: in the background, the system would stop it for reading.
#[cfg(unix)]
pub(super) fn is_in_foreground() -> bool {
    let group = |(input, _): (File, File)| rustix::termios::tcgetpgrp(input);
    open().ok().and_then(|terminal| group(terminal).ok()) == Some(rustix::process::getpgrp())
}

/// Tells whether this process is in the foreground of its terminal; elsewhere than on Unix there is no background.
#[cfg(not(unix))]
pub(super) fn is_in_foreground() -> bool {
    true
}

impl Ui {
    /// Asks for one line, seen as it is typed.
    ///
    /// # Errors
    /// Exit 5 without a terminal or when it ends.
    pub fn ask_line(&self, question: &str) -> Result<String> {
        self.ask_line_until(question, |_| Ok(true))
    }

    /// Asks for one line, seen as it is typed, of a person who may be away.
    ///
    /// # Errors
    /// As `ask_line`; exit 5 too where nobody typed a line for so long.
    pub fn ask_line_within(&self, question: &str, patience: Duration) -> Result<String> {
        self.ask_line_until(question, |input| is_readable(input, patience))
    }

    fn ask_line_until(&self, question: &str, comes: impl Fn(&File) -> std::io::Result<bool>) -> Result<String> {
        let (input, mut output) = open().map_err(no_terminal)?;
        keep_to_oneself();
        let _aside = self.board.aside();
        let mut line = String::new();
        write!(output, "{question}: ").and_then(|()| output.flush()).map_err(no_terminal)?;
        if !comes(&input).map_err(no_terminal)? {
            let _ = writeln!(output);
            return Err(Failure::new(Kind::InputNeeded, "nobody answered").into());
        }
        let read = BufReader::new(input).read_line(&mut line).map_err(no_terminal)?;
        if read == 0 {
            return Err(Failure::new(Kind::InputNeeded, "the terminal ended before an answer").into());
        }
        Ok(line.trim().to_owned())
    }

    /// Asks a question that is answered with yes or no; no is the default.
    ///
    /// # Errors
    /// Exit 5 without a terminal.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        let answer = self.ask_line(&format!("{question} [y/N]"))?;
        Ok(answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"))
    }

    /// Lets the person choose one of `names` by typing a part of it.
    ///
    /// # Errors
    /// Exit 5 without a terminal, 130 when given up.
    pub fn choose(&self, what: &str, names: &[String]) -> Result<String> {
        let shown: Vec<String> = names.iter().map(|name| visible(name)).collect();
        let choice = self.interact(|term, theme| {
            FuzzySelect::with_theme(theme)
                .with_prompt(what)
                .items(&shown)
                .default(0)
                .max_length(12)
                .interact_on_opt(term)
        })?;
        let Some(index) = choice else {
            return Err(Failure::new(Kind::Interrupted, "nothing was chosen").into());
        };
        let chosen = names.get(index).cloned();
        chosen.ok_or_else(|| Failure::new(Kind::Other, "that choice is not in the list").into())
    }

    /// Asks for a text that can be edited as it is typed; what `check` refuses is explained and asked for again. An empty
    /// answer is `default`; without one it is given to `check` as well.
    ///
    /// # Errors
    /// Exit 5 without a terminal, 130 when interrupted.
    pub fn ask_text(
        &self,
        question: &str,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String> {
        let answer: String = self.interact(|term, theme| {
            let input = Input::with_theme(theme)
                .with_prompt(question)
                .allow_empty(true)
                .validate_with(|text: &String| check(text.trim()));
            match default {
                Some(default) => input.default(default.to_owned()).interact_text_on(term),
                None => input.interact_text_on(term),
            }
        })?;
        Ok(answer.trim().to_owned())
    }

    /// Asks for a secret, which isn't shown as it is typed; what `check` refuses is explained and asked for again.
    ///
    /// # Errors
    /// As `ask_text`.
    pub fn ask_secret(&self, question: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<Secret<String>> {
        self.ask_secret_within(question, None, check)
    }

    /// Asks for a secret as `ask_secret` does; with `patience`, of a person who may be away.
    ///
    /// # Errors
    /// As `ask_text`; exit 5 too where nobody typed a line for so long.
    pub(super) fn ask_secret_within(
        &self,
        question: &str,
        patience: Option<Duration>,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Secret<String>> {
        keep_to_oneself();
        let _aside = self.board.aside();
        let watch = interrupt::Watch::start();
        let answer = loop {
            let answer = read_hidden(question, patience).map_err(no_terminal)?;
            let Some(answer) = answer else {
                return Err(Failure::new(Kind::InputNeeded, "nobody answered").into());
            };
            match check(answer.trim()) {
                Ok(()) => break Secret::from(answer.trim()),
                Err(why) => self.warn(&why),
            }
        };
        drop(watch);
        Ok(answer)
    }

    /// Lets `ask` have the screen; an interrupt leaves it as it was.
    fn interact<T>(&self, ask: impl FnOnce(&Term, &dyn Theme) -> dialoguer::Result<T>) -> Result<T> {
        let term = term().map_err(no_terminal)?;
        let colourful = ColorfulTheme::default();
        let theme: &dyn Theme = if self.colour_err { &colourful } else { &SimpleTheme };
        let watch = interrupt::Watch::start();
        let answer = ask(&term, theme);
        let _ = term.show_cursor();
        answer.map_err(|error| match error {
            dialoguer::Error::IO(error) if error.kind() == std::io::ErrorKind::Interrupted => {
                watch.give_up();
                Failure::new(Kind::Interrupted, "interrupted").into()
            }
            error => no_terminal(error),
        })
    }
}

/// Reads a line that isn't shown, or none where nobody typed one for so long: the echo ends before the question appears, so
/// that nobody can type too early.
#[cfg(unix)]
fn read_hidden(question: &str, patience: Option<Duration>) -> std::io::Result<Option<Zeroizing<String>>> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let (input, mut output) = open()?;
    let before = tcgetattr(&input)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Now, &hidden)?;
    // the terminal gives one line at a time; the buffer has room for the longest, and leaves no copies behind
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_LINE));
    let asked = write!(output, "{question}: ").and_then(|()| output.flush());
    let comes = asked.and_then(|()| patience.map_or(Ok(true), |patience| is_readable(&input, patience)));
    let read = comes.and_then(|comes| match comes {
        true => BufReader::with_capacity(1, &input).read_line(&mut line).map(Some),
        false => Ok(None),
    });
    tcsetattr(&input, OptionalActions::Now, &before)?;
    let _ = writeln!(output);
    match read? {
        Some(0) => Err(std::io::ErrorKind::UnexpectedEof.into()),
        Some(_) => Ok(Some(line)),
        None => Ok(None),
    }
}

/// Reads a line that isn't shown; whoever is asked is waited for, as in `is_readable`.
#[cfg(windows)]
fn read_hidden(question: &str, _: Option<Duration>) -> std::io::Result<Option<Zeroizing<String>>> {
    let term = term()?;
    term.write_str(&format!("{question}: "))?;
    term.read_secure_line().map(Zeroizing::new).map(Some)
}

/// A terminal's line has no more (N_TTY in Linux).
#[cfg(unix)]
const LONGEST_LINE: usize = 4096;

/// Waits for a line that is typed; on a terminal in line mode nothing can be read before its end.
#[cfg(target_os = "linux")]
fn is_readable(input: &File, patience: Duration) -> std::io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, poll};
    let end = Instant::now() + patience;
    loop {
        let left = end.saturating_duration_since(Instant::now()).try_into().ok();
        match poll(&mut [PollFd::new(input, PollFlags::IN)], left.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(ready) => return Ok(ready > 0),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Elsewhere whoever is asked is waited for: macOS's `poll` knows no terminals.
#[cfg(not(target_os = "linux"))]
fn is_readable(_: &File, _: Duration) -> std::io::Result<bool> {
    Ok(true)
}

/// Keeps debuggers out while a person is waited for: that may take long, and secrets are at hand.
fn keep_to_oneself() {
    // where the system refuses, the question is no worse than before
    let _ = crate::process::refuse_dumps();
}

fn no_terminal(error: impl Into<anyhow::Error>) -> anyhow::Error {
    Failure::new(Kind::InputNeeded, "there is no terminal to ask on").because(error).into()
}

/// The terminal for choices.
#[cfg(unix)]
fn term() -> std::io::Result<Term> {
    open().map(|(input, output)| Term::read_write_pair(input, output))
}

/// The terminal for choices: on Windows, keys come from the console itself.
#[cfg(windows)]
fn term() -> std::io::Result<Term> {
    open().map(|_| Term::stderr())
}

/// Opens the terminal for reading and for writing.
#[allow(clippy::disallowed_methods)] // a terminal is no file: nothing is stored
pub(super) fn open() -> std::io::Result<(File, File)> {
    Ok((File::open(INPUT)?, OpenOptions::new().write(true).open(OUTPUT)?))
}
