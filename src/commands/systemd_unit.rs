//! `awstok systemd-unit`: prints a unit that runs a command under `awstok supervise`.
//! It refuses to install anything.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;

use super::supervise::Manner;
use crate::app::App;
use crate::arguments::OneProfile;
use crate::environment::Environment;
use crate::error::{Result, usage};
use crate::paths::Paths;
use crate::process::own_path;
use crate::process::unit::Unit;
use crate::profile::plan::{Plan, Step};
use crate::profile::{self, Folder, Guard, Request, Settings};

/// Print a systemd unit that keeps a command alive across the expiry of its credentials
///
/// The unit runs `awstok supervise PROFILE -- COMMAND…` hardened, with readiness, status and watchdog.
/// A COMMAND that is found now is written with its absolute path; it runs in the current folder.
/// With `--user`, profiles and awstok's own folder are those in that user's home.
///
/// Examples:
///   awstok systemd-unit prod -- /opt/worker | sudo tee /etc/systemd/system/worker.service
///   awstok systemd-unit prod --user worker --restart always -- python3 consumer.py
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Who runs it [default: the current user]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[command(flatten)]
    manner: Manner,
    /// Answer yes where a profile with `guard = confirm` asks
    #[arg(short = 'y', long)]
    yes: bool,
    /// What to run
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Variables of the current user that lead to files, or say where AWS is.
const KEPT: [&str; 7] = [
    "AWSTOK_HOME",
    "AWSTOK_PROFILES_DIR",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CA_BUNDLE",
];

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let current = ["USER", "LOGNAME"].iter().find_map(|name| app.env.text(name)).unwrap_or("root");
        let user = self.user.as_deref().unwrap_or(current);
        if !is_name(user) {
            return Err(usage(format!("`{user}` can't be the name of a user")).into());
        }
        let is_current = user == current;
        let home = if is_current { app.env.text("HOME").map(str::to_owned) } else { home_of(user) };
        let home = home.ok_or_else(|| {
            usage(format!("there is no user `{user}` with a home folder here"))
                .hint("name a user that exists, or run this as that user")
        })?;
        let env: Environment = [("HOME", home.as_str())].into_iter().collect();
        let paths = if is_current { app.paths.clone() } else { Paths::from_environment(&env)? };
        let settings = Settings::load(&paths.settings())?;
        let name = app.choose_profile(self.profile.given(), &settings)?;
        let mut folder =
            Folder { dir: &paths.profiles, settings: &settings, config: &paths.config, home: Some(Path::new(&home)) };
        let request = Request { session_name: user.to_owned(), ..Request::default() };
        let plan = profile::plan(&name, &request, &mut folder)?;
        let warnings = self.warnings(&plan, &paths);
        for warning in &warnings {
            app.ui.warn(warning);
        }
        let here = std::env::current_dir().context("could not find the current folder")?;
        let program = own_path()?;
        let mut command: Vec<OsString> = self.command.clone();
        if let Some(found) = command.first().and_then(|program| absolute(Path::new(program), &here, &app.env)) {
            command[..1].fill(found);
        }
        let command: Vec<&str> = command.iter().map(|word| text(word.as_ref())).collect::<Result<_>>()?;
        let variables: Vec<_> =
            KEPT.iter().filter(|_| is_current).filter_map(|name| Some((*name, app.env.text(name)?))).collect();
        let mut flags = self.manner.arguments();
        flags.extend(self.yes.then(|| "--yes".to_owned()));
        let own = std::path::absolute(&paths.own).context("could not find awstok's own folder")?;
        let unit = Unit {
            profile: &name,
            user: Some(user).filter(|user| *user != "root"),
            home: &home,
            variables: &variables,
            folder: on_one_line(text(&here)?)?,
            own: text(&own)?,
            program: on_one_line(text(&program)?)?,
            flags: &flags,
            command: &command,
            grace: self.manner.grace,
            warnings: &warnings,
        };
        app.ui.print(unit.render())
    }

    /// Words what would keep the service from starting.
    fn warnings(&self, plan: &Plan, paths: &Paths) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(device) = plan.steps.iter().find_map(Step::mfa) {
            warnings.push(format!(
                "profile `{}` needs a code of the device `{}`, and a service can ask nobody: it starts only while a session \
                 lives that `awstok token` got for this user",
                plan.profile, device.serial
            ));
        }
        match plan.guard {
            Some(Guard::Confirm) if !self.yes => {
                warnings.push(format!(
                    "profile `{}` is guarded, and a service can answer nobody: pass `--yes`",
                    plan.profile
                ));
            }
            Some(Guard::TypeName) => {
                warnings.push(format!(
                    "profile `{}` is guarded by its name, and a service can type nothing: the service won't start",
                    plan.profile
                ));
            }
            _ => {}
        }
        if !paths.own.is_dir() {
            let own = paths.own.display();
            warnings.push(format!(
                "`{own}` doesn't exist yet, and the service can't start without it: make it first (0700)"
            ));
        }
        warnings
    }
}

/// Tells whether a user may be called so (the stricter rule of systemd), or it is a number.
fn is_name(user: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    !user.is_empty() && user.len() <= 256 && !user.starts_with(['-', '.']) && user.chars().all(is_part)
}

/// Finds a user's home in the table of users (passwd(5)).
fn home_of(user: &str) -> Option<String> {
    let table = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = table.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = lines.find(|fields| fields.first() == Some(&user) || fields.get(2) == Some(&user))?;
    found.get(5).filter(|home| !home.is_empty()).map(|home| (*home).to_owned())
}

/// Finds the absolute path of a program; none where the service itself must look for it.
fn absolute(program: &Path, here: &Path, env: &Environment) -> Option<OsString> {
    if program.components().count() > 1 {
        return Some(here.join(program).into());
    }
    let folders = env.get("PATH").map(|path| std::env::split_paths(path).collect::<Vec<_>>()).unwrap_or_default();
    let found = folders.iter().map(|folder| here.join(folder).join(program)).find(|path| path.is_file());
    found.map(Into::into)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| usage(format!("`{}` isn't UTF-8, which units must be", path.display())).into())
}

fn on_one_line(text: &str) -> Result<&str> {
    let fits = !text.chars().any(char::is_control);
    fits.then_some(text).ok_or_else(|| usage("a unit can't hold a path with control characters").into())
}
