//! Owns the question for a code in a dialogue on the desktop, by whichever program is there.
//! It refuses to put what it asks into a script, and to ask again whoever gave up.

use std::time::{Duration, Instant};

use super::run::{Ended, run};
use super::{LIMIT, Programs};
use crate::secret::Secret;

/// The programs that show a dialogue, the best first.
const DIALOGUES: [&str; 8] =
    ["pinentry-gnome3", "pinentry-qt", "pinentry-gtk-2", "pinentry-mac", "zenity", "kdialog", "osascript", "pinentry"];
/// A dialogue that ends sooner than this was never seen.
const NO_PERSON: Duration = Duration::from_secs(1);
/// The dialogue of macOS; what it asks comes as an argument, so that nothing in it is taken for script.
const SCRIPT: &str = "on run argv\ndisplay dialog (item 1 of argv) default answer \"\" with title \"awstok\" giving up after 60\n\
                      text returned of result\nend run";

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
        let (arguments, input): (Vec<&str>, String) = match program {
            "zenity" => (vec!["--entry", "--title=awstok", "--timeout=60", "--text", question], String::new()),
            "kdialog" => (vec!["--title", "awstok", "--inputbox", question], String::new()),
            "osascript" => (vec!["-e", SCRIPT, question], String::new()),
            _ => (vec![], assuan(question)),
        };
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let began = Instant::now();
        let output = run(program, &arguments, &self.environment, input.as_bytes(), LIMIT).ok()?;
        if matches!(output.ended, Ended::Failed(_)) && began.elapsed() < NO_PERSON {
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

/// The question as pinentry's protocol has it.
fn assuan(question: &str) -> String {
    let escaped = question.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    format!("SETTIMEOUT 60\nSETTITLE awstok\nSETPROMPT MFA code\nSETDESC {escaped}\nGETPIN\nBYE\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_stays_one_line_of_the_protocol() {
        assert!(assuan("a\nGETPIN 5%").contains("SETDESC a%0AGETPIN 5%25\n"));
    }
}
