//! Owns what is to be done, and the start of the command with a session in its environment.
//! It refuses to hand on the service manager's variables: its protocol is awstok's own.

use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use super::expiry::ExpiryFile;
use super::run::Run;
use crate::alarm::Alarm;
use crate::app::App;
use crate::error::Result;
use crate::export::Variables;
use crate::process::foreground::Foreground;
use crate::process::{Guardian, child_environment, not_started, notify};
use crate::profile::plan::Plan;
use crate::session::Session;

/// Names a run of the command in its environment.
const RUN: &str = "AWSTOK_RUN";

/// When the command is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Restart {
    /// Whenever it ends
    Always,
    /// Before its credentials expire; its own end ends awstok
    OnExpiry,
}

/// What is to be done.
#[derive(Debug)]
pub struct Orders {
    /// The command and its arguments; at least the command.
    pub command: Vec<OsString>,
    /// How long before the end of a session a later one is looked for.
    pub margin: Duration,
    /// How long the command's group gets to end.
    pub grace: Duration,
    /// When the command is started again.
    pub restart: Restart,
    /// Where the present expiration is written.
    pub expiry_file: Option<ExpiryFile>,
    /// Whether GetCallerIdentity must accept a later session.
    pub checked: bool,
}

/// Starts the command with a session; gives the status that shells give where it can't be started, which is said.
pub(super) fn launch(
    app: &App,
    plan: &Plan,
    session: &Session,
    orders: &Orders,
    alarm: &Alarm,
    foreground: &mut Option<Foreground>,
) -> Result<Result<Run, u8>> {
    let Some((program, arguments)) = orders.command.split_first() else { return Ok(Err(127)) };
    let variables = Variables::of_session(session, &plan.profile, plan.region.as_deref(), plan.account_id())?;
    // what descends from this run is known by it, whatever became of its parents
    let run = format!("{}-{}", std::process::id(), app.clock.now().as_nanosecond());
    let own = notify::VARIABLES.into_iter().map(|name| (name, None)).chain([(RUN, Some(run.as_str()))]);
    let changes = variables.iter().map(|variable| (variable.name(), variable.value())).chain(own);
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(child_environment(&app.env, changes));
    let guardian = match Guardian::start(&format!("{RUN}={run}"), None) {
        Ok(guardian) => Some(guardian),
        Err(error) => {
            app.ui.warn(&format!("the command would outlive an awstok that is killed: {error:#}"));
            None
        }
    };
    match Run::start(&mut command, &alarm.nudge(), foreground, guardian) {
        Ok(run) => Ok(Ok(run)),
        Err(error) => {
            let failure = not_started(program, error);
            let status = failure.kind().exit_code();
            app.ui.complain(&failure.into());
            Ok(Err(status))
        }
    }
}
