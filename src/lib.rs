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
//! | 5 | `commands` (one file each), `cli`, `arguments`, `app`, `ui`, and the operations between them: `broker` (name → session), `round` (several profiles), `keeper` (a session kept fresh), `endpoint` (such a session served), `watch` (several kept fresh in the files), `supervisor` (a command restarted with each), `house` (the change of the files), `cabinet` (profile files made, edited, renamed, removed), `adoption` (profiles of the AWS files taken over), `roster` (accounts and roles of a sign-in), `population` (profiles made of them), `wizard` (questions that make a profile), `enrolment` (devices and their seeds), `rotation` (access keys replaced), `unfinished` (notes of both on their way), `login` (signing in with a person), `editor`, `relocation` (secrets moved between places), `guard`, `outline`, `handout`, `doctor` (what SDKs take, and what is wrong) |
//! | 4 | `process` (programs run with credentials), `browser` (addresses opened, and where browsers land on this machine), `server` (the local endpoint), `provider` (credentials for programs in Rust), `delivery` (the AWS files), `export` (shells, JSON, dotenv …), `shell` (what a login file runs), `console` (switch-role links, where a visit begins) |
//! | 3 | `credentials`: walks a plan through cache, lock and call |
//! | 2 | `sts`, `iam`, `sign_in`, `sso`, `imds`, `container`, `program`, `mfa`, `vault`: one outside party each |
//! | 1 | `profile` (meaning, pure), `awsfiles` (bytes), `tokens` (sign-ins, in the AWS CLI's files), `wire` (one HTTP client and thread for all parties, and the form of a call to AWS), `ledger` (what was handed out) |
//! | 0 | `secret`, `clock`, `environment`, `paths`, `partition`, `session`, `locked_file`, `flight`, `alarm`, `peer`, `error`, `encoding` |
//!
//! `sandbox`, the local stand-in for AWS, stands beside the house and imports only leaves.

#![forbid(unsafe_code)]

pub mod adoption;
pub mod alarm;
pub mod app;
pub mod arguments;
pub mod awsfiles;
pub mod broker;
pub mod browser;
pub mod cabinet;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod console;
pub mod container;
pub mod credentials;
pub mod delivery;
pub mod doctor;
pub mod editor;
pub mod encoding;
pub mod endpoint;
pub mod enrolment;
pub mod environment;
pub mod error;
pub mod export;
pub mod flight;
pub mod guard;
pub mod handout;
pub mod house;
pub mod iam;
pub mod imds;
pub mod keeper;
pub mod ledger;
pub mod locked_file;
pub mod login;
pub mod mfa;
pub mod outline;
pub mod partition;
pub mod paths;
pub mod peer;
pub mod population;
pub mod process;
pub mod profile;
pub mod program;
pub mod provider;
pub mod relocation;
pub mod roster;
pub mod rotation;
pub mod round;
pub mod sandbox;
pub mod secret;
pub mod server;
pub mod session;
pub mod shell;
pub mod sign_in;
pub mod sso;
pub mod sts;
pub mod supervisor;
pub mod tokens;
pub mod ui;
pub mod unfinished;
pub mod vault;
pub mod watch;
pub mod wire;
pub mod wizard;

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::CompleteEnv;

use crate::app::App;
use crate::cli::{Cli, Command};
use crate::environment::Environment;
use crate::error::{Kind, Result};

/// Runs the program with this process's arguments and environment.
pub fn run() -> ExitCode {
    if process::Guardian::is_asked_for(std::env::args_os().nth(1).as_deref()) {
        process::Guardian::run();
        return ExitCode::SUCCESS;
    }
    let env = Environment::of_this_process();
    if env.get(commands::completions::VARIABLE).is_some() {
        return complete();
    }
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                ui::complain_of_usage(&error);
                return ExitCode::from(Kind::Usage.exit_code());
            }
            // Help and version are results.
            return if error.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    };
    let app = match cli.command {
        Some(Command::Doctor(_)) => App::to_look_at(env, &cli.global),
        _ => App::new(env, &cli.global, !matches!(cli.command, Some(Command::SwitchroleUrl(_)))),
    };
    let app: &'static App = match app {
        // a thread may still look at it when this one ends
        Ok(app) => Box::leak(Box::new(app)),
        Err(error) => {
            ui::complain_plainly(&error);
            return ExitCode::from(error::kind_of(&error).exit_code());
        }
    };
    let for_another = matches!(cli.command, Some(Command::Exec(_)));
    // what runs in the background of a script ignores Ctrl-C, and so does what awstok runs there
    if !(for_another && process::is_ignored(signal_hook::consts::SIGINT)) {
        ui::interrupt::end_on_interrupt();
    }
    if cli.command.as_ref().is_none_or(Command::is_at_home) {
        app.tighten_folders();
    }
    let ended = dispatch(app, cli.command);
    ui::interrupt::leave_the_screen();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            app.ui.complain(&error);
            ExitCode::from(error::kind_of(&error).exit_code())
        }
    }
}

/// Runs the command; gives the exit code.
fn dispatch(app: &'static App, command: Option<Command>) -> Result<u8> {
    let done = |()| 0;
    match command {
        None => commands::status::first_look(app),
        Some(Command::Token(args)) => args.run(app),
        Some(Command::Env(args)) => args.run(app).map(done),
        Some(Command::Exec(args)) => args.run(app),
        Some(Command::CredentialProcess(args)) => args.run(app).map(done),
        Some(Command::Serve(args)) => args.run(app).map(done),
        Some(Command::List(args)) => args.run(app).map(done),
        Some(Command::Status(args)) => args.run(app),
        Some(Command::Doctor(args)) => args.run(app),
        Some(Command::Explain(args)) => args.run(app).map(done),
        Some(Command::Whoami(args)) => args.run(app).map(done),
        Some(Command::Prompt(args)) => args.run(app).map(done),
        Some(Command::Console(args)) => args.run(app).map(done),
        Some(Command::SwitchroleUrl(args)) => args.run(app).map(done),
        Some(Command::Profile(args)) => args.run(app).map(done),
        Some(Command::Mfa(args)) => args.run(app).map(done),
        Some(Command::Sso(args)) => args.run(app).map(done),
        Some(Command::Rotate(args)) => args.run(app).map(done),
        Some(Command::Secret(args)) => args.run(app).map(done),
        Some(Command::Supervise(args)) => args.run(app),
        Some(Command::SystemdUnit(args)) => args.run(app).map(done),
        Some(Command::Sync(args)) => args.run(app).map(done),
        Some(Command::Clear(args)) => args.run(app).map(done),
        Some(Command::Undo(args)) => args.run(app).map(done),
        Some(Command::Log(args)) => args.run(app).map(done),
        Some(Command::Watch(args)) => args.run(app),
        Some(Command::Init(args)) => args.run(app).map(done),
        Some(Command::Completions(args)) => args.run(app, &mut Cli::command()).map(done),
        Some(Command::Sandbox(args)) => args.run(app),
    }
}

/// Answers a shell that completes.
fn complete() -> ExitCode {
    let engine = CompleteEnv::with_factory(Cli::command).var(commands::completions::VARIABLE).bin("awstok");
    match engine.completer("awstok").try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
