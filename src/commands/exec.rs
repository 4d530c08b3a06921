//! `awstok exec`: a command, or a shell, with a profile's credentials.
//! It refuses to stay where nothing must outlive the start: the command takes its place.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::broker::{Broker, Wish};
use crate::clock::{LocalTime, time_left};
use crate::credentials::Want;
use crate::delivery::StandIns;
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::export::Variables;
use crate::guard::OneGuarded;
use crate::handout::{self, Recipient};
use crate::keeper::{Care, Pace};
use crate::paths::{PERSONS_CONFIG, PERSONS_CREDENTIALS, tilde};
use crate::process::{self, Guardian, Program, Running, child_environment};
use crate::profile::plan::Plan;
use crate::server::{Door, Protocol};
use crate::session::Session;
use crate::ui::codes::Person;
use crate::ui::{interrupt, shown};

/// How long a person is waited for who may be away when a code is needed again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Run a command, or a shell, with a profile's credentials
///
/// COMMAND finds the variables that `awstok env` prints, and no other source of credentials; it
/// takes awstok's place, so that its streams, signals and exit status are its own. Without
/// COMMAND: a shell.
///
/// With --server it finds the address of a local endpoint instead, which SDKs ask again whenever
/// their credentials come to an end: it may run for days. awstok stays beside it and renews ahead.
/// A code that is needed meanwhile is asked for on the terminal unless that is the command's;
/// else `awstok token PROFILE` in another terminal serves as well. When the command ends, so does
/// the endpoint; when awstok is killed, the command is ended with all that it started.
///
/// Examples:
///   awstok exec prod -- aws s3 ls
///   awstok exec prod                                          a shell; `exit` leaves it
///   awstok exec prod --read-only -- ./report.sh
///   awstok exec prod --server -- ./runs-for-days.py
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneGuarded,
    /// Lead the command to an endpoint whose credentials are kept fresh, instead of giving it some
    #[arg(long)]
    server: bool,
    /// Limit the session of a role profile to ReadOnlyAccess
    #[arg(long, conflicts_with = "write")]
    read_only: bool,
    /// What to run; without it, a shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Args {
    /// Runs the command; gives its exit code where it didn't take this process's place.
    pub fn run(&self, app: &'static App) -> Result<u8> {
        if self.server {
            process::refuse_dumps()?;
        }
        let broker = Broker::new(app)?;
        let plan = self.profile.plan(app, &broker, Wish { read_only: self.read_only, ..Wish::default() })?;
        if self.server {
            return self.run_beside(app, broker, plan);
        }
        let resolved = broker.resolve_one(&plan, &Want::to_use())?;
        let (name, session) = (&plan.profile, &resolved.session);
        let program =
            self.program(app, &Variables::of_session(session, name, plan.region.as_deref(), plan.account_id())?);
        self.recipient(app).gets(app, &plan, &resolved);
        handout::remember(app, name);
        self.announce(app, name, session);
        program.replace_this_process()
    }

    fn recipient(&self, app: &App) -> Recipient {
        Recipient::program("exec", &self.command, app)
    }

    fn program(&self, app: &App, variables: &Variables) -> Program {
        let changes = variables.iter().map(|variable| (variable.name(), variable.value()));
        Program::new(&self.command, child_environment(&app.env, changes), &app.env)
    }

    /// Runs the command beside an endpoint that is kept fresh.
    fn run_beside(&self, app: &'static App, broker: Broker<'static>, plan: Plan) -> Result<u8> {
        let name = plan.profile.clone();
        // what can fail without a code fails before one is spent
        let door = Door::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let resolved = broker.resolve_one(&plan, &Want::to_use())?;
        let session = resolved.session.clone();
        let stand_ins = StandIns::where_needed(&app.paths)?;

        if !process::is_ignored(signal_hook::consts::SIGINT) {
            interrupt::leave_interrupts_to_the_child();
        }
        let mut alarm = process::alarm()?;
        // whoever reads the terminal is in nobody's way only as long as nobody else does
        let person = if std::io::stdin().is_terminal() { Person::Busy } else { Person::PerhapsAway(PATIENCE) };
        let care = Care { broker: Arc::new(broker), plan, pace: Pace::Usual, person, nudge: alarm.nudge() };
        let endpoint = Endpoint::start(app, door, Protocol::Container, care, resolved, self.recipient(app))?;

        let mut program = self.program(app, &endpoint.variables(None)?);
        show(app, stand_ins.as_ref(), &mut program);
        let mark = format!("AWS_CONTAINER_CREDENTIALS_FULL_URI={}", endpoint.server().url());
        let mut guardian = match Guardian::start(&mark, stand_ins.as_ref().map(StandIns::folder)) {
            Ok(guardian) => Some(guardian),
            Err(error) => {
                app.ui.warn(&format!("where awstok is killed, the command will go on without it: {error:#}"));
                None
            }
        };
        handout::remember(app, &name);
        self.announce(app, &name, &session);
        let ended = Running::start(&program).and_then(|running| {
            if let Some(guardian) = &mut guardian {
                guardian.watch(running.id());
            }
            running.attend(&mut alarm, || {
                let _ = endpoint.refresh();
            })
        });
        if let Some(guardian) = guardian {
            guardian.dismiss();
        }
        let end = ended?;
        drop((endpoint, stand_ins));
        if end.by_ctrl_c {
            interrupt::end_as_interrupted();
        }
        Ok(end.code)
    }

    /// Says which profile a shell speaks for and until when, and which profile this one stands inside.
    fn announce(&self, app: &App, name: &str, session: &Session) {
        let handed_out = ["AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
        let around = app.env.text("AWSTOK_PROFILE").filter(|around| *around != name);
        let around = around.filter(|_| handed_out.iter().any(|variable| app.env.get(variable).is_some()));
        let inside = around.map(|around| format!(" inside `{}`", shown(around))).unwrap_or_default();
        if self.command.is_empty() {
            let (now, local) = (app.clock.now(), LocalTime::new(app.env.text("TZ")));
            let until = session
                .expiration()
                .map(|end| format!(", good until {} ({} left)", local.write(end, now), time_left(end, now)));
            let until = until.unwrap_or_else(|| if self.server { ", kept fresh".into() } else { String::new() });
            app.ui.say(&format!("a shell for `{}`{inside}{until}; `exit` leaves it", shown(name)));
        } else if around.is_some() {
            app.ui.say(&format!("`{}`{inside}", shown(name)));
        }
    }
}

/// Shows the command stand-ins for the files whose `[default]` would win over the endpoint, and says so.
fn show(app: &App, stand_ins: Option<&StandIns>, program: &mut Program) {
    let Some(stand_ins) = stand_ins else { return };
    let paths = &app.paths;
    for (file, real, variable, persons, what) in [
        (
            stand_ins.credentials(),
            &paths.credentials,
            "AWS_SHARED_CREDENTIALS_FILE",
            PERSONS_CREDENTIALS,
            "an empty credentials file",
        ),
        (stand_ins.config(), &paths.config, "AWS_CONFIG_FILE", PERSONS_CONFIG, "a config file without that"),
    ] {
        if let Some(file) = file {
            program.set(variable, file);
            program.set(persons, real);
            let real = shown(&tilde(real, &app.env));
            app.ui.say(&format!("`[default]` in `{real}` would win over the endpoint: the command finds {what}"));
        }
    }
}
