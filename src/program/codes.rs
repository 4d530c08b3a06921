//! Owns programs that give a token code: `mfa_command`, `ykman`, and the dialogues of a desktop.
//! It refuses to repeat in a message what such a program printed on stdout: it may be a secret.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use super::run::{Ended, Output, run};
use super::{LIMIT, Programs, lines};
use crate::error::{Failure, Kind, Result, invalid};
use crate::secret::Secret;

/// What `ykman` is told to print: the code of one account, alone.
const YKMAN: [&str; 5] = ["ykman", "oath", "accounts", "code", "--single"];
/// The programs that show a dialogue, the best first.
const DIALOGUES: [&str; 8] =
    ["pinentry-gnome3", "pinentry-qt", "pinentry-gtk-2", "pinentry-mac", "zenity", "kdialog", "osascript", "pinentry"];
/// A dialogue that ends sooner than this was never seen.
const NO_PERSON: Duration = Duration::from_secs(1);
/// The dialogue of macOS; what it asks comes as an argument, so that nothing in it is taken for script.
const SCRIPT: &str = "on run argv\ndisplay dialog (item 1 of argv) default answer \"\" with title \"awstok\" giving up after 60\n\
                      text returned of result\nend run";

impl Programs {
    /// Runs the `mfa_command` of `profile`; gives the first run of six digits that it prints.
    ///
    /// # Errors
    /// `Kind::Invalid` where it can't be started, `Kind::InputNeeded` where it fails, takes more than a minute or prints no code.
    pub fn command_code(&self, profile: &str, words: &[String]) -> Result<Secret<String>> {
        if let Some(whole) = self.closed_by(profile) {
            return Err(invalid(format!("the `mfa_command` of profile `{profile}` asks for its own code"))
                .because(whole)
                .hint("let it name a program that has the code, or keep the seed with `awstok mfa add`")
                .into());
        }
        let (program, arguments) = words.split_first().map_or(("", words), |(program, rest)| (program.as_str(), rest));
        let what = format!("`{program}`, the `mfa_command` of `{profile}`");
        let hint = "check `mfa_command` in the profile file; no shell is there to know `~`, variables or pipes";
        self.code(program, arguments, &self.environment_for(profile), &what, hint)
    }

    /// Asks a YubiKey, through `ykman`, for the code of an account.
    ///
    /// # Errors
    /// As [`Programs::command_code`].
    pub fn yubikey_code(&self, account: &str) -> Result<Secret<String>> {
        let [program, arguments @ ..] = YKMAN;
        let mut arguments: Vec<String> = arguments.map(str::to_owned).into();
        if account.starts_with('-') {
            arguments.push("--".to_owned());
        }
        arguments.push(account.to_owned());
        let what = format!("`ykman`, asked for the account `{account}`,");
        let hint = "put the YubiKey in, touch it when it blinks, and look at `ykman oath accounts list`; `mfa_account` names the account";
        self.code(program, &arguments, &self.environment, &what, hint)
    }

    fn code(
        &self,
        program: &str,
        arguments: &[String],
        environment: &[(OsString, OsString)],
        what: &str,
        hint: &str,
    ) -> Result<Secret<String>> {
        let output = run(program, arguments, environment, b"", LIMIT).map_err(|error| {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound if program == YKMAN[0] => {
                    "install YubiKey Manager (`ykman`), or choose another `mfa_type`"
                }
                std::io::ErrorKind::NotFound => "write its absolute path; no shell is there to know `~` or variables",
                _ => hint,
            };
            invalid(format!("{what} can't be started")).because(anyhow::anyhow!(error.to_string())).hint(hint)
        })?;
        let Output { ended, stdout, last_words } = output;
        let said = lines(&last_words);
        let why = match ended {
            Ended::Well => match six_digits(&stdout) {
                Some(code) => return Ok(code),
                None => "it printed no six digits".to_owned(),
            },
            Ended::Failed(status) if said.is_empty() => format!("{status}, without a word"),
            Ended::Failed(status) => format!("{status}: {said}"),
            Ended::TooLate => format!("it took more than {} s", LIMIT.as_secs()),
            Ended::TooMuch => "it printed more than any code takes".to_owned(),
        };
        let failure = Failure::new(Kind::InputNeeded, format!("{what} gave no code")).because(anyhow::anyhow!(why));
        Err(failure.hint(hint).into())
    }

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

/// Finds the first run of exactly six digits: an account's number is no code.
fn six_digits(output: &[u8]) -> Option<Secret<String>> {
    let run = output.split(|byte| !byte.is_ascii_digit()).find(|run| run.len() == 6)?;
    std::str::from_utf8(run).ok().map(Secret::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_first_run_of_six_digits() {
        let found = |output: &[u8]| six_digits(output).map(|code| code.expose().clone());
        for output in [
            &b"123456"[..],
            b"code: 123456\n654321",
            b"arn:aws:iam::123456789012:mfa/x 12345 123456\r\n",
            b"\xff123456",
        ] {
            assert_eq!(found(output).as_deref(), Some("123456"), "{output:?}");
        }
        for output in [&b""[..], b"12345", b"1234567", b"123 456", b"\n"] {
            assert_eq!(found(output), None, "{output:?}");
        }
        assert!(assuan("a\nGETPIN 5%").contains("SETDESC a%0AGETPIN 5%25\n"));
    }
}
