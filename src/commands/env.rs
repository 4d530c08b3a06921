//! `awstok env`: a profile's credentials as assignments for a shell, or as JSON, dotenv, YAML or `credential_process` output.
//! It refuses to print half of it: everything is rendered first, and printed at once.

use clap::ValueEnum;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::error::{Result, usage};
use crate::export::{self, Shell, Variables, parent_program};
use crate::guard::OneGuarded;
use crate::handout::{self, Recipient};

/// Print a profile's credentials as assignments for a shell, or as JSON, dotenv or YAML
///
/// Sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION,
/// AWS_SESSION_EXPIRATION, AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCOUNT_ID and AWSTOK_PROFILE;
/// unsets AWS_PROFILE, AWS_DEFAULT_PROFILE and AWS_SECURITY_TOKEN, which would contradict them.
/// Asks for an MFA code on the terminal where one is needed. On failure it prints nothing.
///
/// With `--metadata`, on an EC2 instance and for a profile of its role, also AWS_AVAILABILITY_ZONE,
/// AWS_INSTANCE_ID, AWS_INSTANCE_TYPE, AWS_PRIVATE_IP, AWS_PUBLIC_IP, AWS_PRIVATE_HOSTNAME,
/// AWS_PUBLIC_HOSTNAME, AWS_MAC, AWS_VPC_ID and AWS_SUBNET_ID; unsets what the instance hasn't got.
///
/// Examples:
///   eval "$(awstok env prod)"                                 bash, zsh, sh
///   awstok env prod | source                                  fish
///   awstok env prod | Out-String | Invoke-Expression          PowerShell
///   eval (awstok env prod | slurp)                            elvish
///   awstok env prod --format json | from json | load-env      nushell
///   eval "`awstok env prod`"                                  tcsh
///   execx($(awstok env prod))                                 xonsh
///   for /f "delims=" %i in ('awstok env prod') do @%i         cmd
///   eval "$(awstok env --unset)"                              take it all back
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneGuarded,
    /// The shell to write for [default: the parent process, else $SHELL]
    #[arg(long, value_enum)]
    shell: Option<Shell>,
    /// What to print instead of a shell's assignments
    #[arg(long, value_enum, default_value = "shell", hide_default_value = true)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Take the profile that was handed out last, for a second terminal
    #[arg(long, conflicts_with_all = ["name", "flag"])]
    last: bool,
    /// Unset all of the variables
    #[arg(long, conflicts_with_all = ["last", "format", "json"])]
    unset: bool,
    /// Also what tells of the EC2 instance: AWS_INSTANCE_ID, AWS_AVAILABILITY_ZONE, AWS_PRIVATE_IP …
    #[arg(long)]
    metadata: bool,
}

/// What is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Assignments for `--shell`.
    #[default]
    Shell,
    /// One JSON object.
    Json,
    /// A `.env` file.
    Dotenv,
    /// A YAML mapping.
    Yaml,
    /// What SDKs expect of a `credential_process`.
    Process,
}

impl From<OneProfile> for Args {
    fn from(profile: OneProfile) -> Self {
        Self { profile: profile.into(), ..Self::default() }
    }
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        if self.unset {
            return app.ui.hand_over(self.shell(app)?.render(&Variables::unset_all())?);
        }
        let broker = Broker::new(app)?;
        let name = if self.last { handout::last(app)? } else { self.profile.choose(&broker)? };
        // An unknown shell must fail before a code is spent.
        let shell = self.shell(app);
        let format = if self.json { Format::Json } else { self.format };
        if format == Format::Shell {
            shell.as_ref().map_err(|_| unknown_shell())?;
        }
        let plan = self.profile.plan_of(&name, app, &broker, Wish::default())?;
        if self.metadata && format == Format::Process {
            return Err(usage("`--format process` has no place for metadata").hint("leave `--metadata` out").into());
        }
        // before any credentials: without an instance there is nothing to wait for
        let facts = self.metadata.then(|| broker.instance_facts(&plan)).transpose()?;
        let resolved = broker.resolve_one(&plan, &Want::to_use())?;
        let (session, account_id) = (&resolved.session, plan.account_id());
        let text = if format == Format::Process {
            export::process(session, account_id)
        } else {
            let mut variables = Variables::of_session(session, &name, plan.region.as_deref(), account_id)?;
            if let Some(facts) = &facts {
                variables.add_instance(facts)?;
            }
            match format {
                Format::Json => export::json(&variables),
                Format::Dotenv => export::dotenv(&variables)?,
                Format::Yaml => export::yaml(&variables),
                Format::Shell | Format::Process => shell?.render(&variables)?,
            }
        };
        Recipient::parent("env").gets(app, &plan, &resolved);
        handout::remember(app, &name);
        app.ui.hand_over(text)
    }

    fn shell(&self, app: &App) -> Result<Shell> {
        let found = self.shell.or_else(|| Shell::detect(parent_program().as_deref(), app.env.text("SHELL")));
        found.ok_or_else(|| unknown_shell().into())
    }
}

fn unknown_shell() -> crate::error::Failure {
    usage("which shell this is for can't be told from the parent process or `SHELL`").hint("name it with `--shell`")
}
