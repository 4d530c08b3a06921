//! Owns the question for a code in a dialogue on the desktop, by whichever program is there.
//! It refuses to put what it asks into a script, and to ask again whoever gave up.

use std::time::{Duration, Instant};

use super::run::{Ended, run};
use super::{LIMIT, Programs, lines};
use crate::secret::Secret;

/// The programs that show a dialogue, the best first.
const DIALOGUES: [&str; 8] =
    ["pinentry-gnome3", "pinentry-qt", "pinentry-gtk-2", "pinentry-mac", "zenity", "kdialog", "osascript", "pinentry"];
/// A dialogue that ends sooner than this was never seen.
const NO_PERSON: Duration = Duration::from_secs(1);
/// The seconds after which a dialogue closes by itself: before it would be ended (`LIMIT`).
const PATIENCE: u32 = 55;
/// What `osascript` says of a person who gave up: the number is the same in every language.
const CANCELLED: &str = "(-128)";

impl Programs {
    /// Asks in a dialogue on the desktop; none where there is no desktop, no program for it, or nobody who answers in a minute.
    pub fn dialogue(&self, question: &str) -> Option<Secret<String>> {
        let has = |name: &str| self.environment.iter().any(|(have, value)| have == name && !value.is_empty());
        if !(has("DISPLAY") || has("WAYLAND_DISPLAY") || cfg!(target_os = "macos")) {
            return None;
        }
        DIALOGUES.into_iter().filter(|name| self.is_there(name)).find_map(|program| self.asked(program, question))?
    }

    /// Asks in one program's dialogue; none where it can't show one, so that the next may. Whoever gave up gave an empty answer.
    fn asked(&self, program: &str, question: &str) -> Option<Option<Secret<String>>> {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let (arguments, input) = match program {
            "zenity" => {
                let (timeout, text) = (format!("--timeout={PATIENCE}"), label(question));
                (words(&["--entry", "--title=awstok", &timeout, "--text", &text]), String::new())
            }
            "kdialog" => (words(&["--title", "awstok", "--inputbox", question]), String::new()),
            "osascript" => (apple_script(question), String::new()),
            _ => (Vec::new(), assuan(question)),
        };
        let began = Instant::now();
        let output = run(program, &arguments, &self.environment, input.as_bytes(), LIMIT).ok()?;
        let was_seen = began.elapsed() >= NO_PERSON || lines(&output.last_words).contains(CANCELLED);
        if matches!(output.ended, Ended::Failed(_)) && !was_seen {
            return None;
        }
        let text = std::str::from_utf8(&output.stdout).ok().filter(|_| output.ended == Ended::Well).unwrap_or_default();
        let answer = match input.is_empty() {
            true => text.lines().next(),
            false => text.lines().find_map(|line| line.strip_prefix("D ")),
        };
        Some(answer.map(|answer| Secret::from(answer.trim())).filter(|answer| !answer.expose().is_empty()))
    }

    /// Looks for a program on the inherited `PATH`.
    fn is_there(&self, program: &str) -> bool {
        let path = self.environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value);
        path.is_some_and(|path| std::env::split_paths(path).any(|folder| folder.join(program).is_file()))
    }
}

/// The arguments of `osascript`: the script, a line each (osascript(1)), and what it asks beside it, so that nothing in that is
/// taken for script. A dialogue that closed by itself has no text in its answer, or half of one (AppleScript Language Guide,
/// `display dialog`).
fn apple_script(question: &str) -> Vec<String> {
    let dialogue = format!(
        "set reply to display dialog (item 1 of argv) default answer \"\" with title \"awstok\" giving up after {PATIENCE}"
    );
    let script = [
        "on run argv",
        &dialogue,
        "if gave up of reply then error number -128",
        "return text returned of reply",
        "end run",
    ];
    let lines = script.into_iter().flat_map(|line| ["-e", line]);
    lines.chain([question]).map(str::to_owned).collect()
}

/// The question as the label of zenity's entry: an underscore would mark a key, and a backslash begin a character of C.
fn label(question: &str) -> String {
    question.replace('\\', r"\\").replace('_', "__")
}

/// The question as pinentry's protocol has it.
fn assuan(question: &str) -> String {
    let escaped = question.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    format!("SETTIMEOUT {PATIENCE}\nSETTITLE awstok\nSETPROMPT MFA code\nSETDESC {escaped}\nGETPIN\nBYE\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_stays_one_line_of_the_protocol() {
        assert!(assuan("a\nGETPIN 5%").contains("SETDESC a%0AGETPIN 5%25\n"));
    }
}
