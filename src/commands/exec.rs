//! `awstok exec`: a command, or a shell, with a profile's credentials.
//! It refuses to stay where nothing must outlive the start: the command takes its place.

use std::ffi::OsString;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::{Broker, Wish};
use crate::clock::{LocalTime, time_left};
use crate::credentials::Want;
use crate::error::Result;
use crate::export::Variables;
use crate::guard::Permission;
use crate::handout;
use crate::process::{Program, child_environment};
use crate::session::Session;
use crate::ui::shown;

/// Run a command, or a shell, with a profile's credentials
///
/// COMMAND finds the variables that `awstok env` prints, and no other source of credentials; it takes awstok's place, so that
/// its streams, signals and exit status are its own. Without COMMAND: a shell.
/// `--read-only` limits a role's session to ReadOnlyAccess.
///
/// Examples:
///   awstok exec prod -- aws s3 ls
///   awstok exec prod -- terraform plan
///   awstok exec prod                                          a shell; `exit` leaves it
///   awstok exec prod --read-only -- ./report.sh
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    #[command(flatten)]
    permission: Permission,
    /// Limit the session of a role profile to ReadOnlyAccess
    #[arg(long, conflicts_with = "write")]
    read_only: bool,
    /// What to run; without it, a shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &'static App) -> Result<u8> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let wish = Wish { read_only: self.read_only, write: self.permission.write, ..Wish::default() };
        let plan = broker.plan(&name, wish)?;
        self.permission.admit(app, &plan)?;
        let session = broker.resolve_one(&plan, &Want::to_use())?.session;
        let variables = Variables::of_session(&session, &name, plan.region.as_deref(), plan.account_id())?;
        let changes = variables.iter().map(|variable| (variable.name(), variable.value()));
        let program = Program::new(&self.command, child_environment(&app.env, changes), &app.env);
        handout::remember(app, &name);
        self.announce(app, &name, &session);
        program.replace_this_process()
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
            let until = until.unwrap_or_default();
            app.ui.say(&format!("a shell for `{}`{inside}{until}; `exit` leaves it", shown(name)));
        } else if around.is_some() {
            app.ui.say(&format!("`{}`{inside}", shown(name)));
        }
    }
}
