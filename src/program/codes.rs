//! Owns programs that give a token code: `mfa_command` and `ykman`.
//! It refuses to repeat in a message what such a program printed on stdout: it may be a secret.

use std::ffi::OsString;

use zeroize::Zeroizing;

use super::run::{Ended, Output, run};
use super::{LIMIT, Programs, lines};
use crate::error::{Failure, Kind, Result, invalid};
use crate::secret::Secret;
use crate::wire::one_line;

/// The program that talks to YubiKeys, and its commands about their accounts.
const YKMAN: &str = "ykman";
const ACCOUNTS: [&str; 2] = ["oath", "accounts"];
/// So many accounts are named in a message at most.
const MOST_NAMED: usize = 5;

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

    /// Asks a YubiKey, through `ykman`, for the code of an account: the one that the key's list has under exactly this name, with
    /// its issuer or without. `ykman` by itself takes an account with the name somewhere in its own for it, too.
    ///
    /// # Errors
    /// As [`Programs::command_code`]; also where no account has the name, or several have it.
    pub fn yubikey_code(&self, account: &str) -> Result<Secret<String>> {
        let what = format!("`ykman`, asked for the account `{account}`,");
        let hint = "put the YubiKey in, touch it when it blinks, and look at `ykman oath accounts list`; `mfa_account` names the account";
        let arguments = |more: &[&str]| ACCOUNTS.iter().chain(more).map(|&word| word.to_owned()).collect::<Vec<_>>();
        let list = self.output(YKMAN, &arguments(&["list"]), &self.environment, &what, hint)?;
        let list = String::from_utf8_lossy(&list);
        let id = account_of(list.lines(), account)?;
        // after the end of options, and in full: that is never taken for a part of another's name
        self.code(YKMAN, &arguments(&["code", "--single", "--", id]), &self.environment, &what, hint)
    }

    /// Runs a program for the code that it prints.
    fn code(
        &self,
        program: &str,
        arguments: &[String],
        environment: &[(OsString, OsString)],
        what: &str,
        hint: &str,
    ) -> Result<Secret<String>> {
        let stdout = self.output(program, arguments, environment, what, hint)?;
        six_digits(&stdout).ok_or_else(|| no_code(what, "it printed no six digits").hint(hint).into())
    }

    /// Runs a program; gives what it printed, where it ended well.
    fn output(
        &self,
        program: &str,
        arguments: &[String],
        environment: &[(OsString, OsString)],
        what: &str,
        hint: &str,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let output = run(program, arguments, environment, b"", LIMIT).map_err(|error| {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound if program == YKMAN => {
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
            Ended::Well => return Ok(stdout),
            Ended::Failed(status) if said.is_empty() => format!("{status}, without a word"),
            Ended::Failed(status) => format!("{status}: {said}"),
            Ended::TooLate => format!("it took more than {} s", LIMIT.as_secs()),
            Ended::TooMuch => "it printed more than any code takes".to_owned(),
        };
        Err(no_code(what, &why).hint(hint).into())
    }
}

fn no_code(what: &str, why: &str) -> Failure {
    Failure::new(Kind::InputNeeded, format!("{what} gave no code")).because(anyhow::anyhow!(why.to_owned()))
}

/// Finds an account in a YubiKey's list, which names each as `[PERIOD/][ISSUER:]NAME`.
fn account_of<'l>(list: impl Iterator<Item = &'l str> + Clone, account: &str) -> Result<&'l str> {
    if let Some(id) = list.clone().find(|id| *id == account) {
        return Ok(id);
    }
    let is_named = |id: &&str| id.split_once(':').is_some_and(|(_, name)| name == account);
    let named: Vec<&str> = list.clone().filter(is_named).collect();
    if let [id] = named.as_slice() {
        return Ok(id);
    }
    let part = account.to_lowercase();
    let (problem, near) = match named.is_empty() {
        true => ("has no account", list.filter(|id| id.to_lowercase().contains(&part)).collect()),
        false => ("has several accounts", named),
    };
    let near: Vec<String> = near.iter().take(MOST_NAMED).map(|id| format!("`{}`", one_line(id, &[], 100))).collect();
    let hint = match near.is_empty() {
        true => "look at `ykman oath accounts list`, and name the device's account in `mfa_account`".to_owned(),
        false => format!("name the device's account in `mfa_account`, in full: {}", near.join(", ")),
    };
    Err(Failure::new(Kind::InputNeeded, format!("the YubiKey {problem} `{account}`")).hint(hint).into())
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
    }

    #[test]
    fn an_account_is_found_by_its_name_in_full_only() {
        let list = ["AWS:ann", "AWS:joanne", "ann@work", "60/Bank:ann@work", "arn:aws:iam::1:mfa/bob", "B:x", "C:x"];
        let found = |account| account_of(list.into_iter(), account).map_err(|error| crate::error::render(&error));
        for (account, id) in [
            ("AWS:ann", "AWS:ann"),
            ("ann", "AWS:ann"),
            ("ann@work", "ann@work"),
            ("60/Bank:ann@work", "60/Bank:ann@work"),
            ("arn:aws:iam::1:mfa/bob", "arn:aws:iam::1:mfa/bob"),
        ] {
            assert_eq!(found(account).as_deref(), Ok(id));
        }
        let in_full = "hint: name the device's account in `mfa_account`, in full:";
        for (account, said) in [
            ("ANNE", format!("has no account `ANNE`\n\n{in_full} `AWS:joanne`\n")),
            ("x", format!("has several accounts `x`\n\n{in_full} `B:x`, `C:x`\n")),
            ("bob", format!("{in_full} `arn:aws:iam::1:mfa/bob`\n")),
            ("carol", "has no account `carol`\n\nhint: look at `ykman oath accounts list`".to_owned()),
        ] {
            let error = found(account).unwrap_err();
            assert!(error.contains(&said), "{error}");
        }
    }
}
