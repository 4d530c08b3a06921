//! `awstok sandbox`: a throw-away home filled from `profiles.example`, a stand-in for AWS, and a command or shell in between.
//! It refuses to let anything of the person's own environment or files in, or anything out.

mod home;
mod visit;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context as _;
use colored::Colorize as _;

pub use self::home::{EXAMPLES, config};
use self::home::{furnish, hand_tokens, paths_in, world};
use self::visit::{approve, print_code};
use crate::app::App;
use crate::error::Result;
use crate::mfa::Devices;
use crate::process::{exit_code, not_started, own_path, shell};
use crate::profile::Profile;
use crate::sandbox::{Display, Options, Sandbox};

/// How often the authenticator is looked at, and the longest time until a signal is passed on.
const LOOK: Duration = Duration::from_millis(500);

/// Variables that lead shells to files outside of the home.
const OF_SHELLS: [&str; 5] = ["ENV", "BASH_ENV", "ZDOTDIR", "HISTFILE", "PROMPT_COMMAND"];

/// Run a command, or a shell, against a local stand-in for AWS
///
/// Starts STS, IAM, IAM Identity Center and EC2's instance metadata on loopback, makes a
/// throw-away home with the profiles of `profiles.example`, and runs COMMAND in it, or a shell.
/// The code that an authenticator would show is shown on stderr when one is asked for;
/// `awstok sandbox --code` prints it. Sign-ins are approved without a browser, by `awstok
/// sandbox --approve`, which is what `BROWSER` is set to; with another BROWSER, the page asks.
/// Nothing outside is read or touched, and no AWS account is needed.
///
/// Examples:
///   awstok sandbox -- awstok token prod
///   awstok sandbox -- sh -c 'awstok token --all && awstok status'
///   awstok sandbox -- sh -c 'awstok sso login && awstok sso accounts'
///   awstok sandbox
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Print the code that the authenticator of the surrounding sandbox shows
    #[arg(long, conflicts_with = "command")]
    pub code: bool,
    /// Approve the sign-in whose page in the surrounding sandbox is at URL
    #[arg(long, value_name = "URL", conflicts_with_all = ["command", "code"])]
    pub approve: Option<String>,
    /// What to run; without it, a shell
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

impl Args {
    /// Runs the command; gives the child's status.
    pub fn run(&self, app: &App) -> Result<u8> {
        if self.code {
            return print_code(app).map(|()| 0);
        }
        if let Some(url) = &self.approve {
            return approve(app, url).map(|()| 0);
        }
        let home =
            tempfile::Builder::new().prefix("awstok-sandbox-").tempdir().context("could not make a throw-away home")?;
        let profiles = furnish(home.path())?;
        let sandbox = Sandbox::start(world(&profiles)?, Options::default())?;
        hand_tokens(home.path(), &profiles, &sandbox)?;
        app.ui.say("sandbox: a local stand-in for AWS and a throw-away home; nothing outside is read or touched");
        app.ui.explain(&format!("sandbox: {}, {}", sandbox.url(), home.path().display()));
        let mut authenticators = Authenticators::new(app, &sandbox, home.path(), &profiles)?;
        let mut command = match self.command.split_first() {
            Some((program, arguments)) => {
                authenticators.show();
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
            None => {
                app.ui.say("sandbox: try `awstok token prod`, `awstok list`, `awstok status`; `exit` ends it");
                Command::new(shell(&app.env))
            }
        };
        command.env_clear().envs(environment(app, home.path(), &sandbox.url())?);
        let code = attend(&mut command, &mut authenticators)?;
        if let Err(error) = home.close() {
            app.ui.warn(&format!("could not remove the throw-away home: {error}"));
        }
        Ok(code)
    }
}

/// Runs the command to its end, showing codes and passing signals on meanwhile; gives its exit code.
fn attend(command: &mut Command, authenticators: &mut Authenticators<'_>) -> Result<u8> {
    let signals = Signals::caught();
    // The child gets Ctrl-C too; whoever runs it decides when it ends.
    crate::ui::interrupt::leave_interrupts_to_the_child();
    let mut child = command.spawn().map_err(|error| not_started(command.get_program(), error))?;
    let process = child.id();
    let (ended, end) = channel();
    let status = std::thread::scope(|scope| {
        scope.spawn(move || ended.send(child.wait()));
        loop {
            match end.recv_timeout(LOOK) {
                Ok(status) => return status,
                Err(RecvTimeoutError::Disconnected) => return Err(std::io::Error::other("nobody waited for it")),
                Err(RecvTimeoutError::Timeout) => {
                    signals.pass_on(process);
                    authenticators.show_where_asked_for();
                }
            }
        }
    });
    status.map(exit_code).context("could not wait for the command")
}

/// The displays of the devices, as a person sees them who sits at the terminal.
struct Authenticators<'a> {
    app: &'a App,
    sandbox: &'a Sandbox,
    /// The devices as awstok in the throw-away home uses them.
    in_use: Devices,
    /// The serial numbers, and the code of each that was shown last.
    devices: Vec<(String, Option<String>)>,
}

impl<'a> Authenticators<'a> {
    fn new(app: &'a App, sandbox: &'a Sandbox, home: &Path, profiles: &[Profile]) -> Result<Self> {
        let devices = profiles.iter().filter_map(|profile| Some((profile.mfa.id.clone()?, None))).collect();
        Ok(Self { app, sandbox, in_use: Devices::new(&paths_in(home)?, app.clock), devices })
    }

    /// Says all codes before the command starts: then a person has read them when the question comes.
    fn show(&mut self) {
        self.say("", |_, _| true);
    }

    /// Says the code of a device that a person is being asked for, once the one said before is no good any more.
    fn show_where_asked_for(&mut self) {
        // the cursor stands behind the question
        let before = if self.app.ui.is_live() { "\n" } else { "" };
        self.say(before, Devices::is_asked_for);
    }

    fn say(&mut self, before: &str, is_wanted: impl Fn(&Devices, &str) -> bool) {
        let several = self.devices.len() > 1;
        for (device, last) in &mut self.devices {
            let good = last.as_deref().is_some_and(|code| self.sandbox.accepts(device, code));
            if good || !is_wanted(&self.in_use, device) {
                continue;
            }
            if let Some(Display::Code { code, .. }) = self.sandbox.display(device) {
                let of = if several { format!(" of `{device}`") } else { String::new() };
                self.app.ui.say(&format!("{before}authenticator{of}: {}", code.bold()));
                *last = Some(code);
            }
        }
    }
}

/// Signals to end: caught, so that the home goes too, and passed on to the child.
#[cfg(unix)]
struct Signals(Vec<(rustix::process::Signal, std::sync::Arc<std::sync::atomic::AtomicBool>)>);

#[cfg(unix)]
impl Signals {
    fn caught() -> Self {
        use rustix::process::Signal;
        let caught = [Signal::TERM, Signal::HUP].into_iter().filter_map(|signal| {
            let came = std::sync::Arc::default();
            // Where it can't be caught the default holds: the signal ends this process.
            signal_hook::flag::register(signal.as_raw(), std::sync::Arc::clone(&came)).ok()?;
            Some((signal, came))
        });
        Self(caught.collect())
    }

    fn pass_on(&self, process: u32) {
        let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
        for (signal, came) in &self.0 {
            if let Some(process) = process
                && came.swap(false, std::sync::atomic::Ordering::SeqCst)
            {
                // a child that has ended needs no signal
                let _ = rustix::process::kill_process(process, *signal);
            }
        }
    }
}

/// Elsewhere the system ends the processes of a console together.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn caught() -> Self {
        Self
    }

    fn pass_on(&self, _: u32) {}
}

/// The child's environment: the throw-away home, the stand-in's address, and nothing about AWS, awstok or proxies from outside.
fn environment(app: &App, home: &Path, url: &str) -> Result<Vec<(OsString, OsString)>> {
    let of_others = |name: &str| {
        let name = name.to_ascii_uppercase();
        name.starts_with("AWS")
            || name.starts_with("XDG_")
            || name.ends_with("_PROXY")
            || name == "BOTO_CONFIG"
            || OF_SHELLS.contains(&name.as_str())
    };
    let kept = app.env.iter().filter(|(name, _)| !of_others(&name.to_string_lossy()));
    let mut variables: Vec<(OsString, OsString)> = kept.map(|(name, value)| (name.into(), value.into())).collect();
    let own_folder = own_path().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
    let path = app.env.get("PATH").map(std::env::split_paths).into_iter().flatten();
    let path = std::env::join_paths(own_folder.into_iter().chain(path)).context("`PATH` can't be extended")?;
    let home = home.as_os_str().to_owned();
    let own = [("HOME", home.clone()), ("USERPROFILE", home), ("PATH", path)]
        .into_iter()
        .chain([("AWS_ENDPOINT_URL", url.into()), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.into())])
        .chain(["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"].map(|name| (name, url.into())))
        .chain([("BROWSER", "awstok sandbox --approve %s".into()), ("PS1", "sandbox $ ".into())]);
    for (name, value) in own {
        variables.retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        variables.push((name.into(), value));
    }
    Ok(variables)
}
