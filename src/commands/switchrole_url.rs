//! `awstok switchrole-url`: links that switch to a role in the AWS console.
//! It refuses to call anyone: a link is made from the profile file alone.

use std::io::IsTerminal as _;

use clap::ValueEnum;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::console::{Color, SwitchRole, json, page};
use crate::error::{Result, invalid, usage};
use crate::profile::{self, Profile};

/// Print links that switch to a role in the AWS console
///
/// With PROFILE one URL; without, and not on a terminal, `NAME<TAB>URL` for each role
/// profile. `--color` takes six hex digits or red, green, blue, yellow, orange; else the
/// profile's `color` counts.
///
/// The other formats are for all role profiles, or for PROFILE alone: `html` is one page
/// with a button for each role, which needs nothing else; `aesr` is the configuration of
/// the browser extension AWS Extend Switch Roles.
///
/// A role that demands an external id can't be switched to in the console.
///
/// Examples:
///   awstok switchrole-url prod
///   awstok switchrole-url prod --display-name 'Prod (careful)' --color red
///   awstok switchrole-url --format html > roles.html
///   awstok switchrole-url --format json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("name", |arg| arg.help("The profile [default: every role profile; for one URL on a terminal, a choice]")))]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// What the console shows instead of the profile's name
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// The colour in which the console shows the role
    #[arg(long, value_name = "COLOR")]
    color: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "url", hide_default_value = true)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Draw the URL as a QR code, too, on stderr
    #[arg(long, conflicts_with_all = ["format", "json"])]
    qr: bool,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A URL, or a line for each role
    Url,
    /// A page with a button for each role
    Html,
    /// What AWS Extend Switch Roles is configured with
    Aesr,
    /// A JSON array
    Json,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let settings = app.settings()?;
        let color: Option<Color> = self.color.as_deref().map(str::parse).transpose()?;
        let format = if self.json { Format::Json } else { self.format };
        let on_terminal = std::io::stdout().is_terminal() && app.ui.can_ask();
        let roles_of_all = self.profile.given().is_none() && (format != Format::Url || !(on_terminal || self.qr));
        let links = if roles_of_all {
            if self.display_name.is_some() {
                return Err(usage("`--display-name` is for one profile").hint("name the profile").into());
            }
            let (profiles, errors) = profile::load_all(&app.paths.profiles, &settings)?;
            for error in &errors {
                app.ui.warn(&format!("{error:#}"));
            }
            let roles = profiles.iter().filter(|profile| profile.role.is_some());
            roles.map(|profile| self.link(profile, color.clone())).collect::<Result<Vec<_>>>()?
        } else {
            let name = app.choose_profile(self.profile.given(), &settings)?;
            vec![self.link(&profile::load(&app.paths.profiles, &name, &settings)?, color)?]
        };
        if self.qr {
            for link in &links {
                app.ui.draw(&link.url())?;
            }
        }
        let line = |link: &SwitchRole| {
            if roles_of_all { format!("{}\t{}\n", link.profile(), link.url()) } else { format!("{}\n", link.url()) }
        };
        app.ui.print(match format {
            Format::Url => links.iter().map(line).collect(),
            Format::Html => page(&links),
            Format::Aesr => self.extension(app, &links, roles_of_all)?,
            Format::Json => json(&links),
        })
    }

    /// Writes the configuration of the browser extension; of many roles, those that it can't read are left out, and said.
    fn extension(&self, app: &App, links: &[SwitchRole], roles_of_all: bool) -> Result<String> {
        let mut sections = Vec::with_capacity(links.len());
        for link in links {
            match link.extension_section() {
                Ok(section) => sections.push(section),
                Err(error) if roles_of_all => app.ui.warn(&format!("`{}` is left out: {error}", link.profile())),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(sections.join("\n"))
    }

    fn link(&self, profile: &Profile, chosen: Option<Color>) -> Result<SwitchRole> {
        let Some(role) = &profile.role else {
            return Err(invalid(format!("profile `{}` names no role", profile.name))
                .hint(format!(
                    "a link needs `role_arn`, or `account_id` and `role_name`, in `{}`",
                    profile.file.display()
                ))
                .into());
        };
        // A colour in the file may be one for lists that the console doesn't know.
        let of_file = || profile.color.as_deref().and_then(|text| text.parse().ok());
        let link = SwitchRole::new(&profile.name, &role.arn, profile.region.as_deref())?.color(chosen.or_else(of_file));
        Ok(match &self.display_name {
            Some(name) => link.display_name(name),
            None => link,
        })
    }
}
