//! `awstok secret move`: moves a profile's secrets between its file, the keyring and a file under a passphrase.
//! It refuses to put them into the clear without asking.

use crate::app::App;
use crate::arguments::OneProfile;
use crate::error::{Failure, Kind, Result, hint_of};
use crate::profile::{self, Store};
use crate::relocation::{Moved, Mover};
use crate::ui::consent::Consent;
use crate::ui::shown;

/// Keep a profile's secrets elsewhere than in its file
///
/// Examples:
///   awstok secret move mainuser --to keyring
///   awstok secret move --all --to passphrase
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Move(Move),
}

/// Move the secret access key and the MFA seed of a profile to another place
///
/// They are written there and read back, the profile file is changed to name the place, and only
/// then they are taken away from where they were, older copies in the journal included. Killed at
/// any moment, one of the places works, and the same command finishes.
///
/// Places: `keyring` (Secret Service, macOS Keychain, Windows Credential Manager), `passphrase`
/// (~/.aws/awstok/secrets/PROFILE.age, which `age -d` reads; the passphrase is asked for, or is
/// AWSTOK_PASSPHRASE), `file` (the profile file, in clear, 0600).
///
/// `awstok undo` doesn't move them back; the same command with the place before does.
///
/// Examples:
///   awstok secret move mainuser --to keyring
///   awstok secret move --all --to passphrase
///   awstok secret move mainuser --to file
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("name", |arg| arg.help("The profile")))]
struct Move {
    #[command(flatten)]
    profile: OneProfile,
    /// Every profile that has secrets
    #[arg(long, conflicts_with_all = ["name", "flag"])]
    all: bool,
    /// Where they are kept from now on
    #[arg(long, value_name = "STORE", value_parser = Store::WORDS.map(|(word, _)| word))]
    to: String,
    /// Move them into the profile file, in clear, without asking
    #[arg(short, long)]
    yes: bool,
    /// Print JSON: {"profile","from","to","moved":["aws_secret_access_key","mfa_secret"]}, with `--all` a list of these
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let Action::Move(args) = &self.action;
        args.run(app)
    }
}

impl Move {
    fn run(&self, app: &App) -> Result<()> {
        let to = Store::of_word(&self.to).unwrap_or(Store::File);
        let mover = Mover::new(app, to)?;
        let names = self.names(app, &mover)?;
        if to == Store::File {
            self.admit(app, &names)?;
        }
        let (mut reports, mut failed) = (Vec::new(), 0);
        for name in &names {
            match mover.move_secrets(name) {
                Ok(moved) => {
                    tell(app, name, &moved, to);
                    reports.push(report(name, &moved, to));
                }
                Err(error) if !self.all => return Err(error),
                Err(error) => {
                    failed += 1;
                    let hint = hint_of(&error).map(|hint| format!(" ({hint})")).unwrap_or_default();
                    app.ui.warn(&shown(&format!("{name}: {error:#}{hint}")));
                }
            }
        }
        if self.json {
            match reports.first().filter(|_| !self.all) {
                Some(report) => app.ui.print_json(report)?,
                None => app.ui.print_json(&reports)?,
            }
        }
        match failed {
            0 => Ok(()),
            failed => Err(Failure::new(Kind::Other, format!("{failed} of {} profiles failed", names.len()))
                .hint("the same command goes on with what is left")
                .into()),
        }
    }

    fn names(&self, app: &App, mover: &Mover<'_>) -> Result<Vec<String>> {
        if self.all {
            let names = profile::names(&app.paths.profiles)?;
            return Ok(names.into_iter().filter(|name| mover.has_secrets(name)).collect());
        }
        Ok(vec![app.choose_profile(self.profile.given(), mover.settings())?])
    }

    /// Asks before secrets get into the clear.
    fn admit(&self, app: &App, names: &[String]) -> Result<()> {
        let whose: Vec<String> = names.iter().map(|name| format!("`{}`", shown(name))).collect();
        let whose = whose.join(", ");
        let consent = Consent {
            question: &format!("keep the secrets of {whose} in clear in the profile file?"),
            would: &format!("the secrets of {whose} would stand in clear in a file"),
            declined: "nothing was moved",
            hint: "pass `--yes`",
        };
        app.ui.agree(self.yes || names.is_empty(), consent)
    }
}

fn keys(moved: &Moved) -> Vec<&'static str> {
    moved.items.iter().map(|item| item.key()).collect()
}

fn report(name: &str, moved: &Moved, to: Store) -> serde_json::Value {
    serde_json::json!({ "profile": name, "from": moved.from.word(), "to": to.word(), "moved": keys(moved) })
}

fn tell(app: &App, name: &str, moved: &Moved, to: Store) {
    let (name, keys, to) = (shown(name), keys(moved), to.word());
    app.ui.say(&match keys.is_empty() {
        true => format!("the secrets of {name} are in `{to}` already"),
        false => format!("moved {} of {name} from `{}` to `{to}`", keys.join(" and "), moved.from.word()),
    });
    for file in &moved.holders {
        app.ui.warn(&format!(
            "`{}` holds a secret of {name} in clear, and isn't changed by this",
            shown(&file.display().to_string())
        ));
    }
}
