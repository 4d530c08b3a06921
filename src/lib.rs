//! awstok: an interactive AWS profile manager with MFA.
//!
//! # The house
//! Plan, then execute. Files become plain data; a profile becomes a plan with no network, clock or prompt in it; one executor walks
//! the plan through one cache and one lock an identity; every command asks that executor and differs only in how it hands credentials on.
//!
//! An import points down these floors, or sideways inside one folder, never up (`tests/suite/layers.rs` holds it):
//!
//! | floor | rooms |
//! |---|---|
//! | 6 | `main`, `run`: parse, build the `App`, dispatch, render a failure, exit |
//! | 5 | `commands`, `cli`, `app`, `ui`: one file a command; the only floor that sees everything, prints and asks |
//! | 4 | `export` (shells, JSON, dotenv …), `console` (switch-role links) |
//! | 3 | `credentials`: walks a plan through cache, lock and call |
//! | 2 | `sts`, `mfa`: one outside party each |
//! | 1 | `profile` (meaning, pure), `awsfiles` (bytes) |
//! | 0 | `secret`, `clock`, `environment`, `paths`, `partition`, `session`, `locked_file`, `flight`, `error` |
//!
//! `sandbox`, the local stand-in for AWS, stands beside the house and imports only leaves.

pub mod awsfiles;
pub mod clock;
pub mod console;
pub mod credentials;
pub mod environment;
pub mod error;
pub mod export;
pub mod flight;
pub mod locked_file;
pub mod mfa;
pub mod partition;
pub mod paths;
pub mod profile;
pub mod sandbox;
pub mod secret;
pub mod session;
pub mod sts;

use std::process::ExitCode;

/// Runs the program with this process's arguments and environment.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
