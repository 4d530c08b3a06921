//! Owns the arguments that commands share: the global flags, how profiles are named, durations.
//! It refuses to know any command.

use std::time::Duration;

use clap::{ArgAction, Args};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::clock::parse_duration;
use crate::environment::Environment;
use crate::paths::Paths;
use crate::profile;

/// The flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    #[arg(long, global = true)]
    pub no_input: bool,
    /// The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    #[arg(long, visible_alias = "mfa-token", value_name = "CODE", global = true, allow_hyphen_values = true)]
    pub mfa_code: Option<String>,
    /// Say less: only warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more; twice for every call and file
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    /// When to colour: on a terminal unless NO_COLOR is set, always, or never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], global = true)]
    pub color: Option<String>,
}

/// One profile, named as an argument or with `--profile`.
#[derive(Debug, Clone, Default, Args)]
pub struct OneProfile {
    /// The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
    #[arg(value_name = "PROFILE", add = ArgValueCandidates::new(profile_names))]
    pub name: Option<String>,
    /// The same, as in the AWS CLI
    #[arg(short = 'p', long = "profile", value_name = "NAME", conflicts_with = "name", add = ArgValueCandidates::new(profile_names))]
    pub flag: Option<String>,
}

impl OneProfile {
    /// Gives the name, wherever it stands.
    pub fn given(&self) -> Option<&str> {
        self.name.as_deref().or(self.flag.as_deref())
    }
}

/// Any number of profiles, named as arguments or with `--profile`.
#[derive(Debug, Clone, Default, Args)]
pub struct ManyProfiles {
    /// The profiles
    #[arg(value_name = "PROFILE", add = ArgValueCandidates::new(profile_names))]
    pub names: Vec<String>,
    /// One more, as in the AWS CLI
    #[arg(short = 'p', long = "profile", value_name = "NAME", add = ArgValueCandidates::new(profile_names))]
    pub flags: Vec<String>,
}

impl ManyProfiles {
    /// Gives all names once, in the order of the command line.
    pub fn given(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.names.iter().chain(&self.flags) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

/// Gives the profile names for completion; none where they can't be read.
pub fn profile_names() -> Vec<CompletionCandidate> {
    let paths = Paths::from_environment(&Environment::of_this_process());
    let names = paths.and_then(|paths| profile::names(&paths.profiles)).unwrap_or_default();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// Reads a duration, as clap's value parser.
///
/// # Errors
/// For what isn't a duration.
pub fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .ok_or_else(|| "a duration is written as `12h`, `45m`, `1h30m` or in seconds, such as `3600`".to_owned())
}
