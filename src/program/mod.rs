//! Owns other programs as the source of credentials (`credential_process`) and of token codes: running them, and reading what
//! they print.
//! It refuses a shell, endless output, endless waiting, and to end in a profile that asks for itself.

mod codes;
mod dialogues;
mod run;

use std::ffi::OsString;
use std::time::Duration;

use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Failure, Kind, Result, invalid};
use crate::session::{Demand, Said, Session};
use crate::wire::one_line;
use serde::Deserialize;

use run::{Ended, Output};

/// The profiles on whose behalf programs run, from the outermost to this one, with `/` between; a profile's name has none.
const CHAIN: &str = "AWSTOK_PROFILE_CHAIN";
/// What such a program is told to go no further by; also looked for in its last words.
const ASKS_FOR_ITSELF: &str = "asks for its own credentials";
const LONGEST_CHAIN: usize = 8;
/// A program may ask a person, as `mfa_command` may.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs programs for profiles.
#[derive(Debug, Clone)]
pub struct Programs {
    environment: Vec<(OsString, OsString)>,
    chain: String,
    clock: Clock,
}

/// What stands beside the credentials in the JSON.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Form {
    version: serde_json::Value,
}

impl Programs {
    /// Keeps the environment that programs inherit; nothing starts yet.
    pub fn new(env: &Environment, clock: Clock) -> Self {
        let environment = env.inherited().filter(|(name, _)| *name != CHAIN);
        Self {
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            chain: env.text(CHAIN).unwrap_or_default().to_owned(),
            clock,
        }
    }

    /// Checks that this process wasn't started, through whatever others, to give the credentials of `profile`.
    ///
    /// # Errors
    /// `Kind::Invalid` where it was: names the whole round.
    pub fn check_round(&self, profile: &str) -> Result<()> {
        self.closed_by(profile).map_or(Ok(()), |whole| Err(round(profile).because(whole).into()))
    }

    /// Gives the round that running a program for `profile` would close, if it would.
    fn closed_by(&self, profile: &str) -> Option<anyhow::Error> {
        let mut names: Vec<&str> = self.chain.split('/').filter(|name| !name.is_empty()).collect();
        if names.len() < LONGEST_CHAIN && !names.contains(&profile) {
            return None;
        }
        names.push(profile);
        Some(anyhow::anyhow!("asked for in turn: {}", names.join(" → ")))
    }

    /// The environment of a program that runs for `profile`.
    fn environment_for(&self, profile: &str) -> Vec<(OsString, OsString)> {
        let mut environment = self.environment.clone();
        environment.push((CHAIN.into(), format!("{}/{profile}", self.chain).into()));
        environment
    }

    /// Runs the program of `profile`, and checks what it prints.
    ///
    /// # Errors
    /// `Kind::Invalid` where it can't be started or asks for `profile` itself, `Kind::Unreachable` where it fails, takes more
    /// than a minute or prints no usable credentials.
    pub fn credentials(&self, profile: &str, words: &[String]) -> Result<Session> {
        self.check_round(profile)?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(invalid(format!("the `credential_process` of `{profile}` names no program")).into());
        };
        let began = self.clock.now();
        let output = run::run(program, arguments, &self.environment_for(profile), b"", LIMIT)
            .map_err(|error| cant_start(program, &error))?;
        let Output { ended, stdout, last_words } = output;
        let failed = |why: String| {
            Failure::new(
                Kind::Unreachable,
                format!("`{program}`, the `credential_process` of `{profile}`, gave no credentials"),
            )
            .because(anyhow::anyhow!(why))
        };
        let said_last = lines(&last_words);
        match ended {
            Ended::Well => {}
            Ended::Failed(_) if said_last.contains(ASKS_FOR_ITSELF) => {
                return Err(round(profile).because(anyhow::anyhow!(said_last)).into());
            }
            Ended::Failed(status) if said_last.is_empty() => {
                return Err(failed(format!("{status}, without a word")).into());
            }
            Ended::Failed(status) => return Err(failed(format!("{status}: {said_last}")).into()),
            Ended::TooLate => return Err(failed(format!("it took more than {} s", LIMIT.as_secs())).into()),
            Ended::TooMuch => return Err(failed("it printed more than any credentials take".into()).into()),
        }
        let unusable = |why: String| failed(format!("what it prints can't be used: {why}"));
        let said = Said::read(&stdout).map_err(unusable)?;
        let form: Form = serde_json::from_slice(&stdout).unwrap_or_default();
        if form.version != 1 {
            let version = match form.version {
                serde_json::Value::Null => "it has no `Version`".to_owned(),
                serde_json::Value::Number(number) => format!("its `Version` is {number}"),
                _ => "its `Version` is no number".to_owned(),
            };
            return Err(unusable(format!("{version}, and it has to be 1")).into());
        }
        let session = said.session(Demand::default(), began).map_err(unusable)?;
        // a role's ARN belongs to the endpoints of containers
        Ok(Session { arn: None, ..session })
    }
}

/// Makes the last lines of a program's talk one visible line.
fn lines(last_words: &[u8]) -> String {
    let text = String::from_utf8_lossy(last_words);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let tail = lines.get(lines.len().saturating_sub(5)..).unwrap_or_default();
    one_line(&tail.join("; "), &[], 600)
}

fn round(profile: &str) -> Failure {
    invalid(format!("the `credential_process` of profile `{profile}` {ASKS_FOR_ITSELF}")).hint(
        "let it name a program that gets the credentials elsewhere; `awstok credential-process` is for the config file",
    )
}

fn cant_start(program: &str, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind;
    let hint = match error.kind() {
        ErrorKind::NotFound => "write its absolute path; no shell is there to know `~` or variables",
        ErrorKind::PermissionDenied => "make it executable",
        _ => "check `credential_process` in the profile file",
    };
    invalid(format!("`{program}` (`credential_process`) can't be started"))
        .because(anyhow::anyhow!(error.to_string()))
        .hint(hint)
}
