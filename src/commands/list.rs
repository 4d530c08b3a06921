//! `awstok list`: the profiles, awstok's own and those that only the AWS files know.
//! It refuses to look at sessions: `status` does, and a list must be quick.

use std::borrow::Cow;
use std::path::Path;

use serde::Serialize;

use crate::app::App;
use crate::awsfiles::{Names, Naming, Outline, Outlined};
use crate::error::Result;
use crate::locked_file;
use crate::profile::{self, Kind, Profile, Settings};
use crate::ui::shown;
use crate::ui::table::{self, Cell};

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

/// The kind of a profile that only the AWS files know.
const IN_FILES: &str = "aws-files";

#[derive(Debug, Clone, Default, Serialize)]
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

/// A profile and where it was found. Of those in the AWS files there may be many, so no more than pointers are kept.
struct Listed<'a> {
    name: &'a str,
    found: Found<'a>,
}

enum Found<'a> {
    Own(&'a Row<'a>),
    Section(Outlined<'a>, &'a Path),
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let names = profile::names(&app.paths.profiles)?;
        if self.names {
            return app.ui.print(names.iter().map(|name| format!("{name}\n")).collect::<String>());
        }
        let settings = app.settings()?;
        let own: Vec<Row<'_>> = names.into_iter().map(|name| Row::own(app, &settings, name)).collect();
        let outline =
            |file: &Path, naming, known| locked_file::read_pieces(file, || Outline::new(naming, known), Outline::feed);
        let mut listed: Vec<Listed<'_>> =
            own.iter().map(|row| Listed { name: &row.profile, found: Found::Own(row) }).collect();
        // of several by one name the first found stays
        let in_own: Names<'_> = listed.iter().map(|one| one.name).collect();
        let credentials = outline(&app.paths.credentials, Naming::Plain, &in_own)?;
        listed.extend(sections(app, &app.paths.credentials, credentials.as_ref()));
        let in_both: Names<'_> = listed.iter().map(|one| one.name).collect();
        let config = outline(&app.paths.config, Naming::Profile, &in_both)?;
        listed.extend(sections(app, &app.paths.config, config.as_ref()));
        // so does it within one file, since the sort is stable
        listed.sort_by_key(|one| one.name);
        listed.dedup_by(|next, first| next.name == first.name);
        self.print(app, &listed)
    }

    fn print(&self, app: &App, listed: &[Listed<'_>]) -> Result<()> {
        if self.json {
            return app.ui.print_json(&listed.iter().map(Listed::row).collect::<Vec<_>>());
        }
        if listed.is_empty() {
            app.ui.say("there are no profiles yet");
            return Ok(());
        }
        let heading = ["PROFILE", "KIND", "ACCOUNT", "REGION", "MASTER", "DESCRIPTION"];
        app.ui.print(table::render(heading, listed.iter().map(Listed::cells), app.ui.width()))?;
        for listed in listed {
            if let Found::Own(Row { error: Some(error), .. }) = listed.found {
                app.ui.warn(&shown(error));
            }
        }
        Ok(())
    }
}

/// Gives the profiles of a file; warns of one that can't be read.
fn sections<'a>(app: &App, file: &'a Path, outline: Option<&'a Outline<'a>>) -> impl Iterator<Item = Listed<'a>> {
    let found = outline.and_then(|outline| match outline.profiles() {
        Ok(profiles) => Some(profiles),
        Err(unreadable) => {
            app.ui.warn(&unreadable.in_file(file).to_string());
            None
        }
    });
    let listed = move |found: Outlined<'a>| Listed { name: found.name(), found: Found::Section(found, file) };
    found.into_iter().flatten().map(listed)
}

impl<'a> Listed<'a> {
    fn row(&self) -> Cow<'a, Row<'a>> {
        match &self.found {
            Found::Own(row) => Cow::Borrowed(row),
            Found::Section(found, file) => Cow::Owned(Row {
                profile: self.name.into(),
                kind: IN_FILES,
                role_arn: found.role_arn().map(Cow::from),
                region: found.region().map(Cow::from),
                file: file.to_string_lossy(),
                ..Row::default()
            }),
        }
    }

    fn cells(&self) -> [Cell<'a>; 6] {
        let cell = |text: &'a Option<String>| Cell::from(text.as_deref().unwrap_or_default());
        let region = |text: Option<&'a str>| Cell::from(text.unwrap_or_default());
        match self.found {
            Found::Own(row) => [
                Cell::from(&*row.profile),
                Cell::from(row.kind),
                cell(&row.account_id),
                region(row.region.as_deref()),
                cell(&row.master_profile),
                cell(&row.description),
            ],
            Found::Section(found, _) => {
                let empty = Cell::plain("");
                let (name, region) = (Cell::from(self.name), region(found.region()));
                [name, Cell::plain(IN_FILES), empty.clone(), region, empty.clone(), empty]
            }
        }
    }
}

impl<'a> Row<'a> {
    fn own(app: &App, settings: &Settings, name: String) -> Self {
        match profile::load(&app.paths.profiles, &name, settings) {
            Ok(profile) => Self::of(profile),
            Err(error) => Self {
                kind: "invalid",
                file: app.paths.profile(&name).display().to_string().into(),
                profile: name.into(),
                error: Some(format!("{error:#}")),
                ..Self::default()
            },
        }
    }

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
