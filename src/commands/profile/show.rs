//! `awstok profile show`: the keys of a profile file under their first names.
//! It refuses to show secrets unless it is told to.

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::arguments::OneProfile;
use crate::cabinet::Cabinet;
use crate::commands::list;
use crate::error::Result;
use crate::profile::{self, Entry, Store};
use crate::ui::shown;

const MASK: &str = "********";

/// Show what a profile's file says
///
/// Every key under its first name, secrets masked.
///
/// Examples:
///   awstok profile show prod
///   awstok profile show mainuser --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Show secrets too
    #[arg(long)]
    show_secrets: bool,
    /// Print JSON: {"profile","file","kind","keys":{"KEY":"VALUE"},"secret_store","mfa_store"}; a secret is null unless shown
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let cabinet = Cabinet::open(app)?;
        let name = app.choose_profile(self.profile.given(), cabinet.settings())?;
        let bytes = cabinet.bytes(&name)?;
        let profile = profile::load(&app.paths.profiles, &name, cabinet.settings())?;
        let entries = profile::entries(&profile.file, &name, &bytes)?;
        app.mention(&profile);
        let mut stored = Vec::new();
        for item in cabinet.stored_items(&profile) {
            let secret = if self.show_secrets { cabinet.stored(&profile, item)? } else { None };
            stored.push((item.key(), secret));
        }
        if self.json {
            let mut keys: Map<String, Value> = entries.iter().map(|entry| self.pair(entry)).collect();
            for (key, secret) in stored {
                keys.insert(
                    key.to_owned(),
                    secret.map_or(Value::Null, |secret| Value::String(secret.expose().clone())),
                );
            }
            return app.ui.print_json(&json!({
                "profile": name,
                "file": profile.file.display().to_string(),
                "kind": list::kind(profile.kind),
                "keys": keys,
                "secret_store": profile.secret_store.word(),
                "mfa_store": profile.mfa_store.map(Store::word),
            }));
        }
        let mut lines: String = entries.iter().map(|entry| self.lines(entry)).collect();
        for (key, secret) in &stored {
            lines.push_str(&format!("{key} = {}\n", secret.as_ref().map_or(MASK, |secret| secret.expose())));
        }
        app.ui.print(format!("[{}]\n{lines}", shown(&name)))
    }

    fn pair(&self, entry: &Entry) -> (String, Value) {
        let hidden = entry.is_secret() && !self.show_secrets;
        let value = if hidden { Value::Null } else { Value::String(entry.text()) };
        (entry.name().to_owned(), value)
    }

    fn lines(&self, entry: &Entry) -> String {
        let (value, nested) = entry.lines();
        if entry.is_secret() && !self.show_secrets {
            return format!("{} = {MASK}\n", shown(entry.name()));
        }
        let mut text = format!("{} = {}", shown(entry.name()), shown(value)).trim_end().to_owned();
        text.push('\n');
        text.extend(nested.iter().map(|line| format!("  {}\n", shown(line))));
        text
    }
}
