//! `awstok token`: makes sure that the AWS files hold fresh credentials of the profiles asked for.
//! It refuses to write before all sessions are there: both files change once, together.

use std::time::Duration;

use crate::app::App;
use crate::arguments::{ManyProfiles, duration};
use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::error::Result;
use crate::guard::Permission;
use crate::handout;
use crate::round::{self, Job, Round};

/// Put fresh credentials of a profile into the AWS files
///
/// Makes sure that the credentials file holds fresh temporary credentials of each PROFILE, and
/// that the config file is up to date. A session that lives longer than `--min` is reused
/// without a call to AWS. A role takes its master's session, which is fetched first where it
/// must be: one MFA code serves all roles of one master.
///
/// Without `--min` a session is reused while it has 15 minutes left (2 hours for an IAM user's
/// session of more than 4 hours), but never more than a quarter of its lifetime is asked for.
///
/// Examples:
///   awstok token prod                    asks for one code
///   awstok token prod --mfa-code 123456  asks for none
///   awstok token --all                   every profile side by side, one code a device
///   awstok token prod --duration 4h      a role of more than an hour spends a code itself
///   awstok token prod --dry-run          the plan, and the diff of both files; nothing changes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("names", |arg| arg.help("The profiles [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]")))]
pub struct Args {
    #[command(flatten)]
    profiles: ManyProfiles,
    /// Every profile
    #[arg(long, conflicts_with_all = ["names", "flags"])]
    all: bool,
    /// Get new sessions, even where good ones are cached
    #[arg(long)]
    force: bool,
    /// Reuse a session that lives longer than this
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    min: Option<Duration>,
    /// Ask for sessions of this length (a user's: 15m to 36h, a role's: 15m to 12h)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    duration: Option<Duration>,
    #[command(flatten)]
    permission: Permission,
    /// Show the plan and the diff of both files; ask, call and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON: [{"profile","status":"fetched|reused|failed","expiration","account_id","arn","error"}]
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command; gives the exit code, which is 1 where one of several profiles failed.
    pub fn run(&self, app: &App) -> Result<u8> {
        let broker = Broker::new(app)?;
        let names = round::names(app, &broker, self.profiles.given(), self.all)?;
        let want = Want { force: self.force, ..Want::of_life(self.min) };
        let wish = Wish { duration: self.duration, write: self.permission.write, ..Wish::default() };
        // What is only shown needs nobody's permission.
        let permission = (!self.dry_run).then_some(&self.permission);
        let jobs = names.iter().map(|name| Job::new(app, &broker, name, wish, permission)).collect();
        let mut round = Round::new(app, &broker, jobs, want);
        if self.dry_run {
            return round.rehearse(self.json);
        }
        round.resolve()?;
        round.deliver("token")?;
        let code = round.report(self.json)?;
        if let [only] = names.as_slice() {
            handout::remember(app, only);
        }
        Ok(code)
    }
}
