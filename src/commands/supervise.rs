//! `awstok supervise`: a command that is started again with fresh credentials before the old ones expire.
//! It refuses to hand credentials to a command before AWS has accepted them once.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;

use crate::app::App;
use crate::arguments::duration;
use crate::broker::{Broker, Wish};
use crate::clock::short_duration;
use crate::credentials::{Life, Resolved, Want, renewal};
use crate::error::{Kind, Result, kind_of};
use crate::guard::OneGuarded;
use crate::handout;
use crate::process::refuse_dumps;
use crate::profile::plan::Plan;
use crate::supervisor::{ExpiryFile, Orders, Restart, Supervisor};
use crate::ui::shown;

/// Run a command with fresh credentials, and start it again before they expire
///
/// For programs that read credentials once, from their environment, and run for longer than these
/// last. COMMAND gets the variables of `awstok env`. From `--restart-before` on, later credentials
/// are looked for; once there are some that end later, and AWS accepts them (GetCallerIdentity),
/// COMMAND's whole process group gets SIGTERM, after `--grace` SIGKILL, and COMMAND is started again.
/// A look that fails is a warning: COMMAND goes on, and is never ended only because its credentials
/// have expired. Signals sent to awstok are passed on; after SIGTERM or SIGINT awstok ends as COMMAND
/// does. The status is COMMAND's, 128+N for a signal, 127 where it isn't found, 126 where it can't run.
/// On a terminal COMMAND has it, job control included; a code that a renewal needs is then taken from
/// `awstok token PROFILE` in another terminal. Under systemd (`awstok systemd-unit`) readiness, status
/// and watchdog are reported.
///
/// Examples:
///   awstok supervise prod -- ./worker.sh
///   awstok supervise prod --restart always --grace 10s -- python3 consumer.py
///   awstok supervise prod --expiry-file "$XDG_RUNTIME_DIR/prod.expiration" -- ./worker.sh
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneGuarded,
    #[command(flatten)]
    manner: Manner,
    /// Write the present expiration to this file (RFC 3339), each time before COMMAND is started with it
    #[arg(long, value_name = "FILE")]
    expiry_file: Option<PathBuf>,
    /// What to run
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// How a command is supervised; a systemd unit takes the same flags.
#[derive(Debug, clap::Args)]
pub struct Manner {
    /// How long before their end later credentials are looked for; half their lifetime at most
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "6m")]
    restart_before: Duration,
    /// How long COMMAND gets to end before it is killed
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30s")]
    pub grace: Duration,
    /// When COMMAND is started again
    #[arg(long, value_enum, default_value = "on-expiry")]
    restart: Restart,
    /// Take credentials as they come, without GetCallerIdentity
    #[arg(long)]
    no_verify: bool,
}

impl Manner {
    /// Gives the flags that say the same.
    pub fn arguments(&self) -> Vec<String> {
        let restart = if self.restart == Restart::Always { "always" } else { "on-expiry" };
        let mut arguments = vec![
            format!("--restart-before={}", short_duration(self.restart_before)),
            format!("--grace={}", short_duration(self.grace)),
            format!("--restart={restart}"),
        ];
        arguments.extend(self.no_verify.then(|| "--no-verify".to_owned()));
        arguments
    }
}

impl Args {
    /// Runs the command; gives its status.
    pub fn run(self, app: &'static App) -> Result<u8> {
        let expiry_file = self.expiry_file.map(ExpiryFile::new).transpose()?;
        let broker = Broker::new(app)?;
        let plan = self.profile.plan(app, &broker, Wish::default())?;
        refuse_dumps()?;
        let (margin, checked) = (self.manner.restart_before, !self.manner.no_verify);
        let resolved = first_session(app, &broker, &plan, margin, checked)?;
        handout::remember(app, &plan.profile);
        let (grace, restart) = (self.manner.grace, self.manner.restart);
        let orders = Orders { command: self.command, margin, grace, restart, expiry_file, checked };
        match Supervisor::start(app, broker, plan, resolved, orders)? {
            Ok(supervisor) => supervisor.stay(),
            Err(status) => Ok(status),
        }
    }
}

/// Gets a session that works, and where it can be had, one that isn't to be replaced at once.
fn first_session(app: &App, broker: &Broker<'_>, plan: &Plan, margin: Duration, checked: bool) -> Result<Resolved> {
    let mut resolved = broker.resolve_one(plan, &Want::to_use())?;
    let margin = renewal::margin(&resolved.session, margin);
    let left = resolved.session.expiration().map(|end| end.duration_since(app.clock.now()));
    if resolved.reused && left.is_some_and(|left| SignedDuration::try_from(margin).is_ok_and(|margin| left <= margin)) {
        match broker.resolve_one(plan, &Want { life: Life::AtLeast(margin), force: false }) {
            Ok(longer) => resolved = longer,
            Err(error) => app.ui.warn(&format!("{}: {}", shown(&plan.profile), shown(&format!("{error:#}")))),
        }
    }
    if !checked {
        return Ok(resolved);
    }
    match broker.identify(plan, &resolved.session) {
        // what AWS took back since it was cached
        Err(error) if resolved.reused && kind_of(&error) == Kind::Refused && !plan.steps.is_empty() => {
            resolved = broker.resolve_one(plan, &Want { life: Life::ToUse, force: true })?;
            broker.identify(plan, &resolved.session)?;
        }
        checked => drop(checked?),
    }
    Ok(resolved)
}
