//! Owns the command line as a whole: the list of commands and the top-level help.
//! It refuses to do anything; `commands` does.

use std::ffi::OsStr;

use clap::{Args, Parser, Subcommand};

use crate::arguments::{Global, ManyProfiles, OneProfile};
use crate::commands;

/// Top-level help; the groups follow what people do.
const HELP: &str = "\
{before-help}{about}

{usage-heading} {usage}

Get credentials:
  token         Put fresh credentials of a profile into the AWS files (asks for one MFA code)
  env           Print credentials as assignments for a shell, or as JSON, dotenv, YAML
  exec          Run a command, or a shell, with credentials
  credential-process
                Print credentials as SDKs expect them of a `credential_process`
  watch         Keep the credentials in the AWS files fresh, for as long as it runs
  serve         Serve credentials to SDKs at a local endpoint, and keep them fresh

Keep a program alive:
  supervise     Run a command, and start it again with fresh credentials before they expire
  systemd-unit  Print a systemd unit that does so

Look around:
  list          List the profiles
  status        Show which sessions are valid, and for how long
  doctor        Say where SDKs get credentials from, and what is wrong
  explain       Show step by step how a profile's credentials come about
  whoami        Ask AWS who a profile's credentials belong to
  log           Show what was handed out, when, and to which program
  prompt        Print one short line for a shell prompt
  console       Sign in to the AWS console with a profile's session
  switchrole-url
                Print links that switch to a role in the AWS console

Keep house:
  profile       Make, change, show and remove profiles; take over those of the AWS files
  sso           Sign in to IAM Identity Center; show and end sign-ins
  mfa           Let codes come by themselves; enroll, list and remove MFA devices
  rotate        Replace the access key of an IAM user
  sync          Regenerate the config file from the profile files
  secret move   Keep secrets in the keyring, under a passphrase, or in the file
  clear         Forget sessions and take their keys out of the credentials file
  undo          Put back what the last run changed
  init          Print what a shell's login file needs for `awsuse`
  completions   Print the completion script of a shell
  sandbox       Try everything against a local stand-in for AWS

Options of every command:
{options}{after-help}";

const EXAMPLES: &str = "\
Examples:
  awstok token prod                  one code, then `aws --profile prod …` works
  awstok token --all                 every profile, one code a device
  eval \"$(awstok env prod)\"          the same, into this shell
  awstok exec prod -- aws s3 ls      the same, for one command
  awstok sandbox -- awstok token prod
                                     see it work without an AWS account

Files: profiles in ~/.aws/aws-profiles, one file each; what awstok keeps in ~/.aws/awstok.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 profile or file invalid, 4 AWS refused,
5 input needed, 6 AWS unreachable, 130 interrupted.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "awstok",
    version,
    about = "Interactive AWS profile manager with MFA",
    help_template = HELP,
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    subcommand_required = false,
    args_conflicts_with_subcommands = false
)]
pub struct Cli {
    /// The flags that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do; without it, `status`.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Command {
    /// Tells whether the command works with the person's own files and may tighten them; what a shell's prompt runs looks at
    /// none, and a diagnosis leaves all as it is.
    pub fn is_at_home(&self) -> bool {
        !matches!(self, Self::Completions(_) | Self::Doctor(_) | Self::Init(_) | Self::Prompt(_) | Self::Sandbox(_))
    }
}

/// A command line whose first word is the command's name: only this command's arguments are put together for it.
#[derive(Debug, Parser)]
struct Just<A: Args> {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    args: A,
}

impl Cli {
    /// Parses this process's command line.
    ///
    /// What people, shells and SDKs run all the time is tried by itself first: most of the time of a cached `env`, and a tenth of
    /// that of a `token`, would go into describing all the other commands. Whatever is wrong there, help included, the whole parser says.
    ///
    /// # Errors
    /// On wrong usage, and for help and version.
    pub fn read() -> Result<Self, clap::Error> {
        let mut words = std::env::args_os().skip(1);
        let (first, profile, more) = (words.next(), words.next(), words.next());
        if more.is_none()
            && let Some(command) = plain(first.as_deref(), profile.as_deref())
        {
            return Ok(Self { global: Global::default(), command: Some(command) });
        }
        let often = match first.as_ref().and_then(|word| word.to_str()) {
            Some("token") => Self::just(Command::Token),
            Some("env") => Self::just(Command::Env),
            Some("exec") => Self::just(Command::Exec),
            Some("credential-process") => Self::just(Command::CredentialProcess),
            Some("status") => Self::just(Command::Status),
            Some("list") => Self::just(Command::List),
            Some("prompt") => Self::just(Command::Prompt),
            Some("init") => Self::just(Command::Init),
            _ => None,
        };
        often.map_or_else(Self::try_parse, Ok)
    }

    fn just<A: Args>(command: fn(A) -> Command) -> Option<Self> {
        let Just { global, args } = Just::<A>::try_parse_from(std::env::args_os().skip(1)).ok()?;
        Some(Self { global, command: Some(command(args)) })
    }
}

/// Reads a command's name alone, or that and a profile's, as clap would: SDKs and prompts write nothing else, and telling clap
/// what else there might be takes longer than reading the profile. `None` for whatever might be more.
fn plain(first: Option<&OsStr>, profile: Option<&OsStr>) -> Option<Command> {
    let first = first?.to_str()?;
    let name = match profile {
        Some(name) => Some(name.to_str().filter(|name| !name.starts_with('-'))?.to_owned()),
        None => None,
    };
    let one = |name| OneProfile { name, flag: None };
    Some(match first {
        "credential-process" => Command::CredentialProcess(one(name).into()),
        "env" => Command::Env(one(name).into()),
        "status" => Command::Status(ManyProfiles { names: name.into_iter().collect(), flags: Vec::new() }.into()),
        "prompt" if name.is_none() => Command::Prompt(commands::prompt::Args::default()),
        _ => return None,
    })
}

/// The commands, one file each in `commands`.
#[derive(Debug, Subcommand)]
#[allow(missing_docs)] // a variant's doc comment would replace the manual, which is that of its `Args`
pub enum Command {
    Token(commands::token::Args),
    Env(commands::env::Args),
    Exec(commands::exec::Args),
    CredentialProcess(commands::credential_process::Args),
    Serve(commands::serve::Args),
    List(commands::list::Args),
    Status(commands::status::Args),
    Doctor(commands::doctor::Args),
    Explain(commands::explain::Args),
    Whoami(commands::whoami::Args),
    Prompt(commands::prompt::Args),
    Console(commands::console::Args),
    SwitchroleUrl(commands::switchrole_url::Args),
    Profile(commands::profile::Args),
    Mfa(commands::mfa::Args),
    Sso(commands::sso::Args),
    Rotate(commands::rotate::Args),
    Secret(commands::secret::Args),
    Supervise(commands::supervise::Args),
    SystemdUnit(commands::systemd_unit::Args),
    Sync(commands::sync::Args),
    Clear(commands::clear::Args),
    Undo(commands::undo::Args),
    Log(commands::log::Args),
    Watch(commands::watch::Args),
    Init(commands::init::Args),
    Completions(commands::completions::Args),
    Sandbox(commands::sandbox::Args),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_command_line_means_what_it_means_to_clap() {
        for command in ["credential-process", "env", "status", "prompt", "list", "token", "help", "", "-h"] {
            for profile in [None, Some("prod"), Some(""), Some("a b"), Some("--json"), Some("-"), Some("--"), Some("é")]
            {
                let Some(read) = plain(Some(command.as_ref()), profile.map(OsStr::new)) else { continue };
                let parsed = Cli::try_parse_from(["awstok", command].into_iter().chain(profile)).unwrap();
                assert_eq!(format!("{read:?}"), format!("{:?}", parsed.command.unwrap()), "{command} {profile:?}");
                assert_eq!(format!("{:?}", Global::default()), format!("{:?}", parsed.global));
            }
        }
    }

    #[test]
    fn whatever_is_not_plain_is_left_to_clap() {
        for (command, profile) in
            [("env", "--last"), ("prompt", "prod"), ("list", "x"), ("token", "prod"), ("status", "-p")]
        {
            assert!(plain(Some(command.as_ref()), Some(profile.as_ref())).is_none(), "{command} {profile}");
        }
        assert!(plain(None, None).is_none());
    }
}
