//! `awstok profile import`: makes profile files of the profiles in the AWS files.
//! It refuses to replace profile files unless told to, and leaves the AWS files as they are unless told to clean them.

use serde_json::json;

use crate::adoption::{Adoption, Row, Status, Wish};
use crate::app::App;
use crate::awsfiles::Preview;
use crate::commands::list;
use crate::error::Result;
use crate::paths::tilde;
use crate::profile::Store;
use crate::ui::consent::Consent;
use crate::ui::{diff, shown};

/// Make profile files of the profiles in the AWS config and credentials files
///
/// IAM users, roles, IAM Identity Center, `credential_process`, web identity, and the pairs of
/// aws-mfa. Both files stay as they are, unless with `--clean`.
///
/// Examples:
///   awstok profile import --all --dry-run
///   awstok profile import mainuser prod --clean
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The profiles
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Where the secret access keys are kept
    #[arg(long, value_name = "STORE", value_parser = Store::WORDS.map(|(word, _)| word))]
    store: Option<String>,
    /// Show the diff and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Take long-term keys, `role_arn`, `source_profile`, `credential_source` and `mfa_serial` out of the AWS files
    #[arg(long)]
    clean: bool,
    /// Replace profile files that exist
    #[arg(long)]
    force: bool,
    /// Import all without asking, where none is named
    #[arg(short = 'y', long)]
    yes: bool,
    /// Print JSON: [{"profile","kind","status":"imported|exists|skipped","reason","file"}]
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let wish = Wish { force: self.force, clean: self.clean };
        let is_named = self.all || !self.names.is_empty() || self.yes || self.dry_run;
        if !is_named && !app.ui.can_ask() {
            return Err(app.ui.unanswered("it isn't said what to import", "name profiles, or pass `--all`"));
        }
        let adoption = Adoption::plan(app, &self.names, self.store.as_deref(), wish)?;
        if self.dry_run {
            return self.rehearse(app, &adoption);
        }
        if !is_named && adoption.count() > 0 {
            self.say(app, &adoption, "would import");
            let question = format!("import {} profiles?", adoption.count());
            let (would, declined) = ("profiles would be imported", "nothing was imported");
            app.ui.agree(false, Consent { question: &question, would, declined, hint: "pass `--yes`" })?;
        }
        if adoption.count() > 0 {
            adoption.carry_out()?;
        }
        if self.json {
            return app.ui.print_json(&adoption.rows().iter().map(row).collect::<Vec<_>>());
        }
        self.say(app, &adoption, "imported");
        Ok(())
    }

    fn rehearse(&self, app: &App, adoption: &Adoption<'_>) -> Result<()> {
        if self.json {
            return app.ui.print_json(&adoption.rows().iter().map(row).collect::<Vec<_>>());
        }
        self.say(app, adoption, "would import");
        let diff = |preview: &Preview| {
            let (before, after) = (preview.before.as_deref(), preview.after.as_deref());
            diff::unified(&tilde(&preview.path, &app.env), before.unwrap_or_default(), after.unwrap_or_default())
        };
        let text: String = adoption.preview()?.iter().map(diff).collect();
        app.ui.print(if text.is_empty() { "nothing would change\n".to_owned() } else { text })
    }

    fn say(&self, app: &App, adoption: &Adoption<'_>, done: &str) {
        if adoption.rows().is_empty() {
            app.ui.say("the AWS files have no profiles");
        }
        if self.names.is_empty() {
            // a hint, where the files allow one
            for name in adoption.unused_sign_ins().unwrap_or_default() {
                let name = shown(&name);
                app.ui.say(&format!(
                    "`[sso-session {name}]` has no profile: `awstok sso populate --session {name}` makes one for each role"
                ));
            }
        }
        for row in adoption.rows() {
            let name = shown(&row.profile);
            match (row.status, row.kind) {
                (Status::Imported, kind) => {
                    app.ui.say(&format!("{done} `{name}` ({})", kind.map_or("profile", list::kind)));
                    row.warnings.iter().for_each(|warning| app.ui.warn(&shown(warning)));
                }
                _ => app.ui.say(&format!("left `{name}` alone: {}", shown(row.reason.as_deref().unwrap_or_default()))),
            }
        }
    }
}

fn row(row: &Row) -> serde_json::Value {
    json!({
        "profile": row.profile,
        "kind": row.kind.map(list::kind),
        "status": row.status.word(),
        "reason": row.reason,
        "file": row.file.as_ref().map(|file| file.display().to_string()),
    })
}
