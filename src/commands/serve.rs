//! `awstok serve`: a profile's credentials at a local endpoint, which SDKs ask again whenever theirs come to an end.
//! It refuses to start before the first credentials are there, and to leave a token behind.

use std::io::IsTerminal as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use colored::Colorize as _;

use crate::alarm::{Alarm, Woken};
use crate::app::App;
use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::endpoint::Endpoint;
use crate::error::{Result, usage};
use crate::export::{self, Shell, Variables, parent_program};
use crate::guard::OneGuarded;
use crate::handout::{self, Recipient};
use crate::keeper::{Care, Pace};
use crate::locked_file::{self, Fingerprint, Mode, Replaced};
use crate::process;
use crate::secret::Secret;
use crate::server::{Door, Protocol};
use crate::ui::codes::Person;
use crate::ui::{interrupt, shown, terminal};

/// How long a person is waited for who may be away when a code is needed again.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long another awstok is waited for that writes a token at this moment.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// What ends it, with exit code 0: there is no other way to end.
#[cfg(unix)]
const ENDING: [i32; 3] = [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP];
/// Elsewhere the system ends it.
#[cfg(not(unix))]
const ENDING: [i32; 0] = [];

/// Serve a profile's credentials to the SDKs of this machine, and keep them fresh
///
/// Asks for an MFA code where one is needed, then prints the variables that lead AWS CLIs and SDKs
/// to an endpoint on loopback, and answers there until it is ended (Ctrl-C, SIGTERM, SIGHUP: exit
/// 0). Credentials are renewed ahead of their end; a code that is needed for that is asked for on
/// the terminal where awstok has that for itself, and `awstok token PROFILE` in another terminal
/// serves as well. Only who sends the token is answered, and no web page.
///
/// With --imds it speaks as the instance metadata of EC2 does, version 2, with which some older
/// programs can do more. That protocol has no secret: on Linux only programs of this user and of
/// root are answered, elsewhere every user of this machine can ask.
///
/// Keys in the environment, and profiles named `default` in the AWS files, come before an
/// endpoint: what is printed unsets the former. For one command, `awstok exec --server` does
/// all of this.
///
/// Examples:
///   awstok serve prod                             paste what it prints into another shell
///   source <(awstok serve prod); server=$!        bash; `kill $server` ends it
///   mkfifo v; awstok serve prod >v & . ./v; rm v  any shell; $! is the server
///   awstok serve prod --address 127.0.0.1:9911 --token-file ~/.aws/token
///   awstok serve prod --imds                      for programs that know instance metadata only
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneGuarded,
    /// Where to listen, on loopback only; without a port, or with port 0, on a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = address)]
    address: SocketAddr,
    /// Speak as the instance metadata of EC2 does, version 2
    #[arg(long)]
    imds: bool,
    /// With --imds: also answer version 1, which knows no tokens
    #[arg(long, requires = "imds")]
    allow_v1: bool,
    /// Write the token there (0600), print the file's name instead, and remove it at the end
    #[arg(long, value_name = "FILE", conflicts_with = "imds")]
    token_file: Option<PathBuf>,
    /// The shell to write for, as in `awstok env` [default: the parent process, else $SHELL]
    #[arg(long, value_enum, hide_possible_values = true, conflicts_with = "json")]
    shell: Option<Shell>,
    /// Print the variables as one JSON object
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &'static App) -> Result<()> {
        process::refuse_dumps()?;
        let broker = Arc::new(Broker::new(app)?);
        let name = self.profile.choose(&broker)?;
        // what can fail without a code fails before one is spent
        let form = self.form(app)?;
        let plan = self.profile.plan_of(&name, app, &broker, Wish::default())?;
        let token_file = self.token_file.as_deref().map(TokenFile::at).transpose()?;
        let door = Door::open(self.address)?;
        let resolved = broker.resolve_one(&plan, &Want::to_use())?;

        let mut alarm = alarm()?;
        // what a shell or a script reads (`source <(…)`) runs beside it, and the terminal is theirs
        let has_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let person = if has_terminal { Person::PerhapsAway(PATIENCE) } else { Person::Busy };
        let care = Care { broker, plan, pace: Pace::Usual, person, nudge: alarm.nudge() };
        let protocol = if self.imds { Protocol::Metadata { with_v1: self.allow_v1 } } else { Protocol::Container };
        let endpoint = Endpoint::start(app, door, protocol, care, resolved, Recipient::parent("serve"))?;
        let _written = match (&token_file, endpoint.server().token()) {
            (Some(file), Some(token)) => Some(file.write(app, token)?),
            _ => None,
        };
        let variables = endpoint.variables(token_file.as_ref().map(|file| file.path.as_path()))?;
        handout::remember(app, &name);
        app.ui.hand_over(form.render(&variables)?)?;
        terminal::end_stdout();
        let address = endpoint.server().address();
        app.ui.say(&format!("serving {} on {address} until Ctrl-C or SIGTERM", shown(&name).bold()));
        attend(app, &name, &endpoint, &mut alarm)
    }

    fn form(&self, app: &App) -> Result<Form> {
        if self.json {
            return Ok(Form::Json);
        }
        let found = self.shell.or_else(|| Shell::detect(parent_program().as_deref(), app.env.text("SHELL")));
        found.map(Form::Shell).ok_or_else(|| {
            usage("which shell this is for can't be told from the parent process or `SHELL`")
                .hint("name it with `--shell`, or ask for `--json`")
                .into()
        })
    }
}

/// How the variables are printed.
enum Form {
    Shell(Shell),
    Json,
}

impl Form {
    fn render(&self, variables: &Variables) -> Result<String> {
        match self {
            Self::Shell(shell) => shell.render(variables),
            Self::Json => Ok(export::json(variables)),
        }
    }
}

/// Makes what this waits with: from here on the signals to end are caught.
fn alarm() -> Result<Alarm> {
    if cfg!(unix) {
        interrupt::leave_interrupts_to_the_child();
    }
    Alarm::new(&ENDING)
}

/// Takes up renewed credentials until a signal ends it.
fn attend(app: &App, name: &str, endpoint: &Endpoint, alarm: &mut Alarm) -> Result<()> {
    loop {
        match alarm.wait(None)? {
            Woken::Signal(_) => return Ok(()),
            Woken::Nudged | Woken::Due => {
                if let Some(end) = endpoint.refresh().and_then(|session| session.expiration()) {
                    app.ui.explain(&format!("{}: renewed until {}", shown(name), crate::clock::rfc3339(end)));
                }
            }
        }
    }
}

/// A file for the token, which holds nothing else.
struct TokenFile {
    path: PathBuf,
}

/// A token file that was written; it goes when this is dropped.
struct Written<'a> {
    app: &'a App,
    path: &'a Path,
    token: Secret<String>,
}

impl TokenFile {
    /// Looks at the place: what isn't a token stays.
    fn at(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).with_context(|| format!("`{}` can't be a token file", path.display()))?;
        let is_token = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
        match locked_file::read(&path)? {
            Some(found) if !is_token(&found.bytes) => {
                Err(usage(format!("`{}` holds something else than a token", path.display()))
                    .hint("name a file that isn't there yet")
                    .into())
            }
            _ => Ok(Self { path }),
        }
    }

    fn write<'a>(&'a self, app: &'a App, token: &Secret<String>) -> Result<Written<'a>> {
        let lock = locked_file::lock(&lock_file(app), LOCK_PATIENCE)?;
        let seen = locked_file::read(&self.path)?.map_or(Fingerprint::ABSENT, |found| found.seen);
        match locked_file::replace_unsynced(&self.path, token.expose().as_bytes(), Mode::Secret, &seen, &lock)? {
            Replaced::Done => Ok(Written { app, path: &self.path, token: token.clone() }),
            Replaced::ChangedMeanwhile => bail!("another program writes `{}` at this moment", self.path.display()),
        }
    }
}

impl Drop for Written<'_> {
    fn drop(&mut self) {
        let removed = locked_file::lock(&lock_file(self.app), LOCK_PATIENCE).and_then(|lock| {
            // a later server may have put its own token there
            match locked_file::read(self.path)? {
                Some(found) if found.bytes == self.token.expose().as_bytes() => locked_file::remove(self.path, &lock),
                _ => Ok(()),
            }
        });
        if let Err(error) = removed {
            self.app.ui.warn(&format!("could not remove the token file, which is of no use any more: {error:#}"));
        }
    }
}

fn lock_file(app: &App) -> PathBuf {
    app.paths.locks().join("token-file")
}

/// Reads an address on loopback, with or without a port, as clap's value parser.
fn address(text: &str) -> Result<SocketAddr, String> {
    let named = text.strip_prefix("localhost").map(|rest| format!("{}{rest}", Ipv4Addr::LOCALHOST));
    let text = named.as_deref().unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let found = text.parse().or_else(|_| bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0)));
    let found: SocketAddr = found.map_err(|_| {
        format!(
            "an address is written as `{}`, `{}:9911` or `[{}]:9911`",
            Ipv4Addr::LOCALHOST,
            Ipv4Addr::LOCALHOST,
            Ipv6Addr::LOCALHOST
        )
    })?;
    match found.ip().is_loopback() {
        true => Ok(found),
        false => Err("it isn't on loopback: others could ask for the credentials".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_on_loopback_with_or_without_a_port() {
        let good = [
            ("127.0.0.1", "127.0.0.1:0"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.0.0.1:9911", "127.0.0.1:9911"),
            ("127.8.0.1:1", "127.8.0.1:1"),
            ("localhost", "127.0.0.1:0"),
            ("localhost:80", "127.0.0.1:80"),
            ("::1", "[::1]:0"),
            ("[::1]", "[::1]:0"),
            ("[::1]:80", "[::1]:80"),
        ];
        for (text, expected) in good {
            assert_eq!(address(text).unwrap().to_string(), expected, "{text}");
        }
        for text in [
            "",
            ":80",
            "80",
            "0.0.0.0",
            "0.0.0.0:80",
            "[::]:80",
            "10.0.0.1:80",
            "localhost.evil.example:80",
            "127.0.0.1:65536",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
