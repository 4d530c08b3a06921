//! `awstok list`: the profiles, awstok's own and those that only the AWS files know.
//! It refuses to look at sessions: `status` does, and a list must be quick.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::App;
use crate::awsfiles::{Document, Naming};
use crate::error::Result;
use crate::locked_file;
use crate::profile::{self, Kind, Profile};
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

/// List the profiles
///
/// Those of the profiles folder, and those that only the credentials or the config file knows.
///
/// Examples:
///   awstok list
///   awstok list --json
///   awstok list --names        awstok's own, one name a line
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Print JSON: [{"profile","kind","account_id","role_arn","master_profile","region","description","file","error"}]
    #[arg(long, conflicts_with = "names")]
    json: bool,
    /// Print only the names of awstok's own profiles
    #[arg(long)]
    names: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    profile: String,
    kind: &'static str,
    account_id: Option<String>,
    role_arn: Option<String>,
    master_profile: Option<String>,
    region: Option<String>,
    description: Option<String>,
    file: String,
    error: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let names = profile::names(&app.paths.profiles)?;
        if self.names {
            return app.ui.print(names.iter().map(|name| format!("{name}\n")).collect::<String>());
        }
        let settings = app.settings()?;
        let mut rows = BTreeMap::new();
        for name in names {
            let row = match profile::load(&app.paths.profiles, &name, &settings) {
                Ok(profile) => Row::of(&profile),
                Err(error) => Row {
                    error: Some(format!("{error:#}")),
                    ..Row::bare(&name, "invalid", app.paths.profile(&name).display().to_string())
                },
            };
            rows.insert(name, row);
        }
        for (file, naming) in [(&app.paths.credentials, Naming::Plain), (&app.paths.config, Naming::Profile)] {
            let Some(read) = locked_file::read(file)? else { continue };
            let document = match Document::parse(&read.bytes) {
                Ok(document) => document,
                Err(unreadable) => {
                    app.ui.warn(&unreadable.in_file(file).to_string());
                    continue;
                }
            };
            let shown_file = file.display().to_string();
            for section in document.sections() {
                let Some(name) = naming.name_of(&section) else { continue };
                let name = name.into_owned();
                rows.entry(name).or_insert_with_key(|name| {
                    let region = section.entry("region").map(|entry| entry.value().into_owned());
                    let role_arn = section.entry("role_arn").map(|entry| entry.value().into_owned());
                    Row { region, role_arn, ..Row::bare(name, "aws-files", shown_file.clone()) }
                });
            }
        }
        if self.json {
            return app.ui.print_json(&rows.into_values().collect::<Vec<_>>());
        }
        if rows.is_empty() {
            app.ui.say("there are no profiles yet");
            return Ok(());
        }
        let mut table = Table::new(["PROFILE", "KIND", "ACCOUNT", "REGION", "MASTER", "DESCRIPTION"]);
        for row in rows.values() {
            table.row(row.cells());
        }
        app.ui.print(table.render(app.ui.width()))?;
        for row in rows.values() {
            if let Some(error) = &row.error {
                app.ui.warn(&shown(error));
            }
        }
        Ok(())
    }
}

impl Row {
    fn of(profile: &Profile) -> Self {
        Self {
            account_id: profile.account_id.clone(),
            role_arn: profile.role.as_ref().map(|role| role.arn.clone()),
            master_profile: profile.master.as_ref().map(|master| master.value.clone()),
            region: profile.region.clone(),
            description: profile.description.clone(),
            ..Self::bare(&profile.name, kind(profile.kind), profile.file.display().to_string())
        }
    }

    fn bare(name: &str, kind: &'static str, file: String) -> Self {
        Self {
            profile: name.to_owned(),
            kind,
            account_id: None,
            role_arn: None,
            master_profile: None,
            region: None,
            description: None,
            file,
            error: None,
        }
    }

    fn cells(&self) -> [Cell; 6] {
        let cell = |text: &Option<String>| Cell::from(text.as_deref().map(shown).unwrap_or_default());
        [
            Cell::from(shown(&self.profile)),
            Cell::from(self.kind),
            cell(&self.account_id),
            cell(&self.region),
            cell(&self.master_profile),
            cell(&self.description),
        ]
    }
}

/// The word for where a profile's credentials come from.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "user",
        Kind::Role => "role",
        Kind::Sso => "sso",
        Kind::Process => "process",
        Kind::Source => "source",
        Kind::WebIdentity => "web-identity",
        Kind::Config => "config",
    }
}
