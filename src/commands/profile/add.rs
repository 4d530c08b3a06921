//! `awstok profile add`: makes a profile file, asking for what the flags don't say.
//! It refuses a name that exists, and keys that make no usable profile.

use super::changes::{Changes, secret_from_stdin};
use crate::app::App;
use crate::cabinet::{Cabinet, Line};
use crate::commands::list;
use crate::error::{Result, usage};
use crate::paths::tilde;
use crate::profile::Store;
use crate::ui::shown;
use crate::wizard::{self, Sort};

/// Make a profile
///
/// Asks for what is missing; where the needed keys are given, nothing is asked. The kind follows
/// from the keys. The secret access key is asked for hidden, or read from standard input.
///
/// Examples:
///   awstok profile add
///   awstok profile add prod --role-arn arn:aws:iam::210987654321:role/Admin --master-profile mainuser
///   pass show aws | awstok profile add mainuser --access-key-id AKIAIOSFODNN7EXAMPLE --secret-stdin
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The new profile's name
    name: Option<String>,
    /// What it is [default: what the keys say]
    #[arg(long, value_enum)]
    kind: Option<Sort>,
    #[command(flatten)]
    changes: Changes,
    /// Read the secret access key from standard input
    #[arg(long)]
    secret_stdin: bool,
    /// Where the secret access key is kept
    #[arg(long, value_name = "STORE", value_parser = Store::WORDS.map(|(word, _)| word))]
    store: Option<String>,
    /// Replace a profile of that name
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let cabinet = Cabinet::open(app)?;
        let mut lines = self.changes.lines()?;
        lines.extend(self.store.as_deref().map(|store| Line::new("secret_store", store)));
        let name = wizard::name(app, &cabinet, self.name.as_deref(), self.force)?;
        if self.secret_stdin {
            lines.push(secret_from_stdin()?);
        }
        let lines = wizard::complete(app, &cabinet, &name, self.kind, lines)?;
        let profile = cabinet.preview(&name, &lines)?;
        if let Some(kind) = self.kind.filter(|kind| !kind.is(profile.kind)) {
            return Err(usage(format!("the keys make a profile of the kind `{}`", list::kind(profile.kind)))
                .hint(format!("leave out `--kind {}`, or other keys", kind.word()))
                .into());
        }
        cabinet.add(&name, &lines, self.force)?;
        app.mention(&profile);
        if let Some(master) = cabinet.missing_master(&profile) {
            app.ui.warn(&format!("its master, `{}`, is no profile yet", shown(&master)));
        }
        let next = if profile.delivers_credentials() { "token " } else { "sync" };
        let name = if profile.delivers_credentials() { shown(&name) } else { String::new() };
        app.ui.say(&format!("wrote `{}`; next: `awstok {next}{name}`", tilde(&profile.file, &app.env)));
        Ok(())
    }
}
