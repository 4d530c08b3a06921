//! `awstok watch`: keeps the credentials in the AWS files fresh for as long as it runs.
//! It refuses to begin where none of the profiles can be used; later on, a failure only waits for the next try.

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::app::App;
use crate::arguments::ManyProfiles;
use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::error::Result;
use crate::guard::Permission;
use crate::process;
use crate::round::{self, Job, Round};
use crate::ui::interrupt;
use crate::ui::shown;
use crate::watch::{self, Orders};

/// Keep the credentials in the AWS files fresh
///
/// Puts fresh temporary credentials of each PROFILE into the credentials file, and new ones
/// before those end: 15 minutes before, or when a quarter of a shorter life is left. Programs
/// that read the file anew, as most do at their start, always find valid ones. A profile with
/// `auto_refresh = yes` has its session in the cache renewed instead.
///
/// An MFA code is asked for on the terminal, in good time; without a terminal, run
/// `awstok token PROFILE` on one, and its session is taken up. A profile that fails leaves the
/// others alone and is tried again after 5 s, then after twice as long each time, up to
/// 5 minutes. Changed profile files count from the next renewal on; with `--all` new ones join.
///
/// On a terminal it shows a table, elsewhere it writes a line an event. SIGTERM or Ctrl-C ends
/// it with exit code 0. `awstok undo` takes a whole watch back at once.
///
/// Examples:
///   awstok watch prod stage
///   awstok watch --all
///   awstok watch --all --once    one pass, for cron; exit code 1 where a profile failed
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("names", |arg| arg.help("The profiles [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]")))]
pub struct Args {
    #[command(flatten)]
    profiles: ManyProfiles,
    /// Every profile, those that appear later too
    #[arg(long, conflicts_with_all = ["names", "flags"])]
    all: bool,
    /// Make one pass and end; exit code 1 where a profile failed
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    permission: Permission,
    /// Print a line of JSON an event, and with `--once` what `token --json` prints
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command; gives the exit code.
    pub fn run(self, app: &'static App) -> Result<u8> {
        let broker = Broker::new(app)?;
        let names = round::names(app, &broker, self.profiles.given(), self.all)?;
        if self.once {
            return self.once(app, &broker, &names);
        }
        let wish = Wish { write: self.permission.write, ..Wish::default() };
        let plans: Vec<_> = names.iter().map(|name| broker.plan(name, wish)).collect();
        let first_device = plans.iter().flatten().find_map(|plan| broker.device_needed(plan, &Want::to_use())).cloned();
        if plans.iter().all(Result::is_err)
            && let Some(Err(error)) = plans.into_iter().next()
        {
            return Err(error);
        }
        process::refuse_dumps()?;
        if cfg!(unix) {
            interrupt::leave_interrupts_to_the_child();
        }
        let orders = Orders { names, all: self.all, permission: self.permission, first_device, json: self.json };
        watch::run(app, broker, orders, &[SIGINT, SIGTERM]).map(|()| 0)
    }

    /// Makes one pass: what is due is renewed, and everything is put into the files.
    fn once(&self, app: &App, broker: &Broker<'_>, names: &[String]) -> Result<u8> {
        let wish = Wish { write: self.permission.write, ..Wish::default() };
        let mut jobs: Vec<Job> =
            names.iter().map(|name| Job::new(app, broker, name, wish, Some(&self.permission))).collect();
        for endless in jobs.extract_if(.., |job| job.is_endless()) {
            app.ui.say(&watch::says_endless(endless.name()));
        }
        let names: Vec<String> = jobs.iter().map(|job| format!("`{}`", shown(job.name()))).collect();
        let mut round = Round::new(app, broker, jobs, Want::to_use());
        round.resolve()?;
        round.deliver("watch")?;
        match round.report(self.json) {
            // the only profile's failure: named and counted as one of several would be
            Err(error) => {
                app.ui.complain(&error.context(format!("could not renew {}", names.join(", "))));
                Ok(1)
            }
            code => code,
        }
    }
}
