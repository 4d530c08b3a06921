//! `awstok exec` from outside: the command is as it would be without awstok, but for the credentials it finds.

pub mod beside;
mod clients;
mod exactness;
mod refusals;
mod shells;
mod terminals;

use crate::commands::Stage;
use crate::home::Run;

/// Both ways to run a command.
pub const WAYS: [&[&str]; 2] = [&[], &["--server"]];

/// A house in which the session of `prod` is fetched.
pub fn fetched() -> Stage {
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    stage.sandbox.clear_calls();
    stage
}

/// The words of a command line: `exec prod`, the way, `--`, and the command.
pub fn words<'a>(profile: &'a str, way: &[&'a str], command: &[&'a str]) -> Vec<&'a str> {
    [&["exec", profile], way, &["--"], command].concat()
}

/// Runs a command with `prod`'s credentials.
pub fn run(stage: &Stage, way: &[&str], command: &[&str]) -> Run {
    stage.home.run(&words("prod", way, command))
}
