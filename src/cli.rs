//! Owns the command line: the global flags, the list of commands, and how a profile is named.
//! It refuses to do anything; `commands` does.

use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use crate::commands;

/// Top-level help; the groups follow what people do.
const HELP: &str = "\
{before-help}{about}

{usage-heading} {usage}

Get credentials:
  token         Put fresh credentials of a profile into the AWS files (asks for one MFA code)
  env           Print credentials as assignments for a shell, or as JSON, dotenv, YAML
  credential-process
                Print credentials as SDKs expect them of a `credential_process`

Look around:
  list          List the profiles
  status        Show which sessions are valid, and for how long
  explain       Show step by step how a profile's credentials come about
  whoami        Ask AWS who a profile's credentials belong to
  prompt        Print one short line for a shell prompt
  switchrole-url
                Print links that switch to a role in the AWS console

Keep house:
  sync          Regenerate the config file from the profile files
  clear         Forget sessions and take their keys out of the credentials file
  undo          Put back what the last run changed
  completions   Print the completion script of a shell
  sandbox       Try everything against a local stand-in for AWS

{options}{after-help}";

const EXAMPLES: &str = "\
Examples:
  awstok token prod                  one code, then `aws --profile prod …` works
  awstok token --all                 every profile, one code a device
  eval \"$(awstok env prod)\"          the same, into this shell
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
    /// What shells and SDKs run all the time is tried by itself first: most of the time of a cached `env` would go into
    /// describing all the other commands. Whatever is wrong there, help included, the whole parser says.
    ///
    /// # Errors
    /// On wrong usage, and for help and version.
    pub fn read() -> Result<Self, clap::Error> {
        let first = std::env::args_os().nth(1);
        let often = match first.as_ref().and_then(|word| word.to_str()) {
            Some("env") => Self::just(Command::Env),
            Some("credential-process") => Self::just(Command::CredentialProcess),
            Some("status") => Self::just(Command::Status),
            Some("list") => Self::just(Command::List),
            Some("prompt") => Self::just(Command::Prompt),
            _ => None,
        };
        often.map_or_else(Self::try_parse, Ok)
    }

    fn just<A: Args>(command: fn(A) -> Command) -> Option<Self> {
        let Just { global, args } = Just::<A>::try_parse_from(std::env::args_os().skip(1)).ok()?;
        Some(Self { global, command: Some(command(args)) })
    }
}

/// The flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    #[arg(long, global = true)]
    pub no_input: bool,
    /// The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    #[arg(long, visible_alias = "mfa-token", value_name = "CODE", global = true, allow_hyphen_values = true)]
    pub mfa_code: Option<String>,
    /// Say less: only warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more; twice for every call and file
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    /// When to colour: on a terminal unless NO_COLOR is set, always, or never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], global = true)]
    pub color: Option<String>,
}

/// The commands, one file each in `commands`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put fresh credentials of a profile into the AWS files
    Token(commands::token::Args),
    /// Print credentials as assignments for a shell, or as JSON, dotenv, YAML
    Env(commands::env::Args),
    /// Print credentials as SDKs expect them of a `credential_process`
    CredentialProcess(commands::credential_process::Args),
    /// List the profiles
    List(commands::list::Args),
    /// Show which sessions are valid, and for how long
    Status(commands::status::Args),
    /// Show step by step how a profile's credentials come about
    Explain(commands::explain::Args),
    /// Ask AWS who a profile's credentials belong to (GetCallerIdentity)
    Whoami(commands::whoami::Args),
    /// Print one short line for a shell prompt
    Prompt(commands::prompt::Args),
    /// Print links that switch to a role in the AWS console
    SwitchroleUrl(commands::switchrole_url::Args),
    /// Regenerate the config file from the profile files
    Sync(commands::sync::Args),
    /// Forget sessions and take their keys out of the credentials file
    Clear(commands::clear::Args),
    /// Put back what the last run changed
    Undo(commands::undo::Args),
    /// Print the completion script of a shell
    Completions(commands::completions::Args),
    /// Run a command, or a shell, against a local stand-in for AWS
    Sandbox(commands::sandbox::Args),
}

/// One profile, named as an argument or with `--profile`.
#[derive(Debug, Clone, Default, Args)]
pub struct OneProfile {
    /// The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
    #[arg(value_name = "PROFILE", add = ArgValueCandidates::new(commands::completions::profile_names))]
    pub name: Option<String>,
    /// The same, as in the AWS CLI
    #[arg(short = 'p', long = "profile", value_name = "NAME", conflicts_with = "name", add = ArgValueCandidates::new(commands::completions::profile_names))]
    pub flag: Option<String>,
}

impl OneProfile {
    /// Gives the name, wherever it stands.
    pub fn given(&self) -> Option<&str> {
        self.name.as_deref().or(self.flag.as_deref())
    }
}

/// Any number of profiles, named as arguments or with `--profile`.
#[derive(Debug, Clone, Default, Args)]
pub struct ManyProfiles {
    /// The profiles
    #[arg(value_name = "PROFILE", add = ArgValueCandidates::new(commands::completions::profile_names))]
    pub names: Vec<String>,
    /// One more, as in the AWS CLI
    #[arg(short = 'p', long = "profile", value_name = "NAME", add = ArgValueCandidates::new(commands::completions::profile_names))]
    pub flags: Vec<String>,
}

impl ManyProfiles {
    /// Gives all names once, in the order of the command line.
    pub fn given(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.names.iter().chain(&self.flags) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}
