//! Owns what an error carries beyond its words: the exit code and the remedy.
//! It refuses to print; `lib::run` renders, and it alone ends the process.

use std::error::Error as StdError;
use std::fmt;

/// The result of everything that can fail.
pub type Result<T, E = anyhow::Error> = anyhow::Result<T, E>;

/// What a failure means to a script: each kind has its exit code (the README's table).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Failed otherwise.
    Other,
    /// Wrong usage of the command line.
    Usage,
    /// A profile or a file is missing or invalid.
    Invalid,
    /// AWS refused: wrong or reused code, denied, expired, unknown key.
    Refused,
    /// Input was needed and not allowed or not possible.
    InputNeeded,
    /// AWS could not be reached, or gave no usable answer.
    Unreachable,
    /// A program that was to be run can't be, as shells say it.
    NotExecutable,
    /// A program that was to be run isn't there, as shells say it.
    NotFound,
    /// Interrupted by the person at the terminal.
    Interrupted,
}

impl Kind {
    /// Gives the exit status of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Other => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::Refused => 4,
            Self::InputNeeded => 5,
            Self::Unreachable => 6,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
            Self::Interrupted => 130,
        }
    }
}

/// An error whose kind and remedy are known.
///
/// It is always the base of an `anyhow` chain, or the source of another `Failure`, never a context:
/// so `find` sees it wherever it stands.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
    source: Option<anyhow::Error>,
}

impl Failure {
    /// Makes a failure; `message` is lower case, without a final full stop and without secrets.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the error that caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Makes it a failure of the command line (exit 2): what is wrong was typed there.
    #[must_use]
    pub fn of_usage(mut self) -> Self {
        self.kind = Kind::Usage;
        self
    }

    /// Gives the kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// Makes a failure of a profile or a file (exit 3).
pub fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(Kind::Invalid, message)
}

/// Makes a failure of the command line (exit 2).
pub fn usage(message: impl Into<String>) -> Failure {
    Failure::new(Kind::Usage, message)
}

/// Makes an error one of the command line (exit 2), its words and its remedy unchanged.
pub fn blame_usage(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<Failure>() {
        Ok(failure) => failure.of_usage().into(),
        Err(error) => usage(error.to_string()).because(error).into(),
    }
}

/// Finds the kind that decides the exit code: the outermost one in the chain.
pub fn kind_of(error: &anyhow::Error) -> Kind {
    failures(error).next().map_or(Kind::Other, Failure::kind)
}

/// Finds the outermost remedy in the chain.
pub fn hint_of(error: &anyhow::Error) -> Option<&str> {
    failures(error).find_map(|failure| failure.hint.as_deref())
}

/// Renders an error as the user sees it: `error: …`, its causes, a blank line and the hint.
/// Control characters in it, which may come from a file or an answer, are made visible.
pub fn render(error: &anyhow::Error) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for (depth, cause) in error.chain().enumerate() {
        let words = visible(&cause.to_string());
        if words == last {
            continue;
        }
        text.push_str(if depth == 0 { "error: " } else { "  caused by: " });
        text.push_str(&words);
        text.push('\n');
        last = words;
    }
    if let Some(hint) = hint_of(error) {
        text.push_str("\nhint: ");
        text.push_str(&visible(hint));
        text.push('\n');
    }
    text
}

/// Makes control, bidirectional and other unprintable characters visible, so that no text drives the terminal.
/// Line breaks and tabs stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Tells whether a character could drive a terminal or hides in text; line breaks and tabs don't.
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn failures(error: &anyhow::Error) -> impl Iterator<Item = &Failure> {
    error.chain().filter_map(|cause| cause.downcast_ref::<Failure>())
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn kind_and_hint_survive_contexts_and_nesting() {
        let inner = Failure::new(Kind::Refused, "denied").hint("ask for access");
        let outer: anyhow::Error = Failure::new(Kind::Unreachable, "no session").because(inner).into();
        let error = Err::<(), _>(outer).context("profile `prod`").unwrap_err();
        assert_eq!(kind_of(&error), Kind::Unreachable);
        assert_eq!(
            render(&error),
            "error: profile `prod`\n  caused by: no session\n  caused by: denied\n\nhint: ask for access\n"
        );
    }

    #[test]
    fn plain_errors_exit_with_one() {
        assert_eq!(kind_of(&anyhow::anyhow!("x")).exit_code(), 1);
    }

    #[test]
    fn escapes_cannot_drive_the_terminal() {
        assert_eq!(visible("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\n");
    }
}
