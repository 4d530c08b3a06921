//! `awstok list`: the profiles, awstok's own and those that only the AWS files know.
//! It refuses to look at sessions: `status` does, and a list must be quick.

use std::borrow::Cow;
use std::path::Path;

use serde::Serialize;

use crate::app::App;
use crate::awsfiles::{Document, Naming, Section};
use crate::error::Result;
use crate::locked_file;
use crate::profile::{self, Kind, Profile, Settings};
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

#[derive(Debug, Default, Serialize)]
struct Row<'a> {
    profile: Cow<'a, str>,
    kind: &'static str,
    account_id: Option<String>,
    role_arn: Option<Cow<'a, str>>,
    master_profile: Option<String>,
    region: Option<Cow<'a, str>>,
    description: Option<String>,
    file: Cow<'a, str>,
    error: Option<String>,
}

/// A profile and where it was found. Of those in the AWS files there may be many, so no more than a pointer is kept.
struct Listed<'a> {
    name: Cow<'a, str>,
    found: Found<'a>,
}

enum Found<'a> {
    Own(Box<Row<'a>>),
    Section(Section<'a>, &'a Path),
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let names = profile::names(&app.paths.profiles)?;
        if self.names {
            return app.ui.print(names.iter().map(|name| format!("{name}\n")).collect::<String>());
        }
        let settings = app.settings()?;
        let mut listed: Vec<Listed<'_>> = names.into_iter().map(|name| Listed::own(app, &settings, name)).collect();
        let files = [(&app.paths.credentials, Naming::Plain), (&app.paths.config, Naming::Profile)];
        let mut read = Vec::new();
        for (file, naming) in files {
            read.extend(locked_file::read(file)?.map(|read| (file, naming, read.bytes)));
        }
        let mut documents = Vec::new();
        for (file, naming, bytes) in &read {
            match Document::parse(bytes) {
                Ok(document) => documents.push((file, naming, document)),
                Err(unreadable) => app.ui.warn(&unreadable.in_file(file).to_string()),
            }
        }
        for (file, naming, document) in &documents {
            listed.extend(document.sections().filter_map(|section| {
                Some(Listed { name: naming.name_of(&section)?, found: Found::Section(section, file) })
            }));
        }
        // a stable sort: of several by one name the first found stays
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        listed.dedup_by(|next, first| next.name == first.name);
        self.print(app, listed.into_iter().map(Listed::into_row))
    }

    fn print<'a>(&self, app: &App, rows: impl ExactSizeIterator<Item = Row<'a>>) -> Result<()> {
        if self.json {
            return app.ui.print_json(&rows.collect::<Vec<_>>());
        }
        if rows.len() == 0 {
            app.ui.say("there are no profiles yet");
            return Ok(());
        }
        let mut table = Table::new(["PROFILE", "KIND", "ACCOUNT", "REGION", "MASTER", "DESCRIPTION"]);
        let mut errors = Vec::new();
        for mut row in rows {
            errors.extend(row.error.take());
            table.row(row.into_cells());
        }
        app.ui.print(table.render(app.ui.width()))?;
        for error in errors {
            app.ui.warn(&shown(&error));
        }
        Ok(())
    }
}

impl<'a> Listed<'a> {
    fn own(app: &App, settings: &Settings, name: String) -> Self {
        let row = match profile::load(&app.paths.profiles, &name, settings) {
            Ok(profile) => Row::of(profile),
            Err(error) => Row {
                profile: name.clone().into(),
                kind: "invalid",
                file: app.paths.profile(&name).display().to_string().into(),
                error: Some(format!("{error:#}")),
                ..Row::default()
            },
        };
        Self { name: name.into(), found: Found::Own(Box::new(row)) }
    }

    fn into_row(self) -> Row<'a> {
        match self.found {
            Found::Own(row) => *row,
            Found::Section(section, file) => Row {
                profile: self.name,
                kind: "aws-files",
                role_arn: section.entry("role_arn").map(|entry| entry.value()),
                region: section.entry("region").map(|entry| entry.value()),
                file: file.to_string_lossy(),
                ..Row::default()
            },
        }
    }
}

impl<'a> Row<'a> {
    fn of(profile: Profile) -> Self {
        Self {
            kind: kind(profile.kind),
            file: profile.file.display().to_string().into(),
            profile: profile.name.into(),
            account_id: profile.account_id,
            role_arn: profile.role.map(|role| role.arn.into()),
            master_profile: profile.master.map(|master| master.value),
            region: profile.region.map(Cow::from),
            description: profile.description,
            error: None,
        }
    }

    fn into_cells(self) -> [Cell<'a>; 6] {
        let cell = |text: Option<String>| Cell::from(text.unwrap_or_default());
        [
            Cell::from(self.profile),
            Cell::from(self.kind),
            cell(self.account_id),
            Cell::from(self.region.unwrap_or_default()),
            cell(self.master_profile),
            cell(self.description),
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
