//! `awstok sandbox`: a throw-away home filled from `profiles.example`, a stand-in for AWS, and a command or shell in between.
//! It refuses to let anything of the person's own environment or files in, or anything out.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context as _;

use crate::app::App;
use crate::error::{Failure, Kind, Result, usage};
use crate::locked_file::{self, Fingerprint, Mode};
use crate::paths::Paths;
use crate::profile::{self, Profile, Settings};
use crate::sandbox::{Display, Options, Role, Sandbox, User, World};

/// The profiles of the throw-away home: the files of `profiles.example`.
pub const EXAMPLES: [(&str, &str); 4] = [
    ("mainuser", include_str!("../../profiles.example/mainuser")),
    ("prod", include_str!("../../profiles.example/prod")),
    ("prod-audit", include_str!("../../profiles.example/prod-audit")),
    ("ci", include_str!("../../profiles.example/ci")),
];

/// The seed of the MFA devices in the throw-away home; they exist nowhere else, so it is no secret.
const SEED: &str = "AWSTOKSANDBOXSEEDAWSTOKSANDBOX23";

/// How long roles of the stand-in may be assumed for.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

/// How often the display of the authenticator is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Run a command, or a shell, against a local stand-in for AWS
///
/// Starts STS and IAM on loopback, makes a throw-away home with the profiles of
/// `profiles.example`, and runs COMMAND in it, or a shell. The code that an authenticator would
/// show is shown on stderr; in the shell, `awstok sandbox --code` prints it. Nothing outside is
/// read or touched, and no AWS account is needed.
///
/// Examples:
///   awstok sandbox -- awstok token prod
///   awstok sandbox -- sh -c 'awstok token --all && awstok status'
///   awstok sandbox
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Print the code that the authenticator of the surrounding sandbox shows
    #[arg(long, conflicts_with = "command")]
    pub code: bool,
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
        let home =
            tempfile::Builder::new().prefix("awstok-sandbox-").tempdir().context("could not make a throw-away home")?;
        let profiles = furnish(home.path())?;
        let sandbox = Sandbox::start(world(&profiles)?, Options::default())?;
        let devices: Vec<String> = profiles.iter().filter_map(|profile| profile.mfa.id.clone()).collect();
        app.ui.say(&format!(
            "sandbox: a stand-in for AWS at {}, a throw-away home in {}",
            sandbox.url(),
            home.path().display()
        ));
        let mut command = match self.command.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
            None => {
                app.ui.say("sandbox: try `awstok token prod`, `awstok list`, `awstok status`; `awstok sandbox --code` prints the MFA code");
                Command::new(shell(app))
            }
        };
        command.env_clear().envs(environment(app, home.path(), &sandbox.url())?);
        let program = command.get_program().to_string_lossy().into_owned();
        // The child gets Ctrl-C too; whoever runs it decides when it ends.
        crate::ui::terminal::leave_interrupts_to_the_child();
        let mut child = command.spawn().map_err(|error| not_started(&program, error))?;
        let (ended, end) = channel::<()>();
        let status = std::thread::scope(|scope| {
            if !self.command.is_empty() {
                let (sandbox, devices) = (&sandbox, &devices);
                scope.spawn(move || {
                    let mut shown: Vec<Option<String>> = vec![None; devices.len()];
                    while show_codes(app, sandbox, devices, &mut shown, end.recv_timeout(LOOK)) {}
                });
            }
            let status = child.wait();
            drop(ended);
            status
        });
        Ok(exit_code(status.context("could not wait for the command")?))
    }
}

/// Says the code of each device once, and again when what was said is no good any more.
fn show_codes(
    app: &App,
    sandbox: &Sandbox,
    devices: &[String],
    shown: &mut [Option<String>],
    end: Result<(), RecvTimeoutError>,
) -> bool {
    for (device, last) in devices.iter().zip(shown) {
        let still_good = last.as_deref().is_some_and(|code| sandbox.accepts(device, code));
        if let Some(Display::Code { code, left }) = sandbox.display(device)
            && !still_good
            && last.as_deref() != Some(&code)
        {
            app.ui.say(&format!("authenticator: {code}  ({device}, {}s left)", left.as_secs()));
            *last = Some(code);
        }
    }
    end == Err(RecvTimeoutError::Timeout)
}

/// Writes the example profiles into the throw-away home and reads them back.
fn furnish(home: &Path) -> Result<Vec<Profile>> {
    let places = Paths::from_environment(&[("HOME", home)].into_iter().collect())?;
    locked_file::private_folder(&places.profiles)?;
    let lock = locked_file::lock(&places.locks().join("profiles"), Duration::from_secs(1))?;
    for (name, text) in EXAMPLES {
        let _ =
            locked_file::replace(&places.profile(name), text.as_bytes(), Mode::Secret, &Fingerprint::ABSENT, &lock)?;
    }
    let settings = Settings::load(&places.settings())?;
    EXAMPLES.iter().map(|(name, _)| profile::load(&places.profiles, name, &settings)).collect()
}

/// Makes the users, devices and roles that the profiles speak of.
fn world(profiles: &[Profile]) -> Result<World> {
    let mut world = World::new();
    let named = |name: &str| profiles.iter().find(|profile| profile.name == name);
    for profile in profiles {
        if let Some(keys) = &profile.long_term
            && let Some(secret) = &keys.secret_access_key
        {
            let mut user = User::new(account(profile), &user_name(profile), &keys.access_key_id, secret.expose());
            if let Some(serial) = &profile.mfa.id {
                user = user.device(serial, SEED);
            }
            world.add_user(user)?;
        }
        if let Some(role) = &profile.role
            && let Some(master) = profile.master.as_ref().and_then(|master| named(&master.value))
        {
            let trusted = match &master.role {
                Some(role) => role.arn.clone(),
                None => format!("arn:aws:iam::{}:user/{}", account(master), user_name(master)),
            };
            let mut made = Role::new(&role.arn).trusts(&trusted).max_duration(LONGEST);
            if master.mfa.id.is_some() {
                made = made.requires_mfa();
            }
            if let Some(id) = &role.external_id {
                made = made.external_id(id);
            }
            world.add_role(made)?;
        }
    }
    Ok(world)
}

fn account(profile: &Profile) -> &str {
    let of_device = || profile.mfa.id.as_deref().and_then(|arn| arn.split(':').nth(4));
    profile.account_id.as_deref().or_else(of_device).unwrap_or("123456789012")
}

/// The user's name: the device's, as IAM suggests it, else the profile's.
fn user_name(profile: &Profile) -> String {
    let of_device = profile.mfa.id.as_deref().and_then(|arn| arn.split_once(":mfa/")).map(|(_, name)| name);
    of_device.unwrap_or(&profile.name).to_owned()
}

/// The child's environment: the throw-away home, the stand-in's address, and nothing about AWS, awstok or proxies from outside.
fn environment(app: &App, home: &Path, url: &str) -> Result<Vec<(OsString, OsString)>> {
    let of_others = |name: &str| {
        let name = name.to_ascii_uppercase();
        name.starts_with("AWS") || name.starts_with("XDG_") || name.ends_with("_PROXY") || name == "BOTO_CONFIG"
    };
    let kept = app.env.iter().filter(|(name, _)| !of_others(&name.to_string_lossy()));
    let mut variables: Vec<(OsString, OsString)> = kept.map(|(name, value)| (name.into(), value.into())).collect();
    let own_folder = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
    let path = app.env.get("PATH").map(std::env::split_paths).into_iter().flatten();
    let path = std::env::join_paths(own_folder.into_iter().chain(path)).context("`PATH` can't be extended")?;
    let home = home.as_os_str().to_owned();
    let own = [("HOME", home.clone()), ("USERPROFILE", home), ("PATH", path)]
        .into_iter()
        .chain([("AWS_ENDPOINT_URL", url.into()), ("AWS_EC2_METADATA_DISABLED", "true".into())]);
    for (name, value) in own {
        variables.retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        variables.push((name.into(), value));
    }
    Ok(variables)
}

fn shell(app: &App) -> PathBuf {
    let fallback = if cfg!(windows) { "cmd.exe" } else { "/bin/sh" };
    app.env.path(if cfg!(windows) { "COMSPEC" } else { "SHELL" }).unwrap_or_else(|| fallback.into())
}

/// Asks the surrounding sandbox for the codes and prints the first device's.
fn print_code(app: &App) -> Result<()> {
    let outside = || usage("there is no sandbox around this shell").hint("start one with `awstok sandbox`");
    let address =
        app.env.text("AWS_ENDPOINT_URL").and_then(|url| url.strip_prefix("http://127.0.0.1:")).ok_or_else(outside)?;
    let port: u16 = address.trim_end_matches('/').parse().map_err(|_| outside())?;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| outside().because(error))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /authenticator HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(outside)?;
    let mut fields = body.lines().next().unwrap_or_default().split('\t');
    match (fields.next(), fields.next(), fields.next()) {
        (Some(_), Some("used"), Some(seconds)) => {
            Err(Failure::new(Kind::Other, format!("the code was used; the next one comes in {seconds}s")).into())
        }
        (Some(_), Some(code), Some(_)) => app.ui.print(format!("{code}\n")),
        _ => Err(Failure::new(Kind::Other, "this sandbox has no MFA device").into()),
    }
}

fn not_started(program: &str, error: std::io::Error) -> Failure {
    Failure::new(Kind::Other, format!("could not run `{program}`")).because(error)
}

/// The child's exit code, or 128 and the signal that ended it.
fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return u8::try_from(128 + signal).unwrap_or(1);
        }
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
