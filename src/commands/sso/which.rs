//! Owns how the subcommands of `awstok sso` are told which sign-in is meant.
//! It refuses to guess among several.

use crate::app::App;
use crate::arguments::OneProfile;
use crate::error::{Result, usage};
use crate::login::{self, Known};
use crate::profile::Settings;
use crate::ui::shown;

/// A sign-in, by a profile or by its own name.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(mut_arg("name", |arg| arg.help("A profile that uses the sign-in [default: the only sign-in there is, else a choice]")))]
pub struct Which {
    #[command(flatten)]
    profile: OneProfile,
    /// The sign-in itself: the NAME of an `[sso-session NAME]` in the config file
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "flag"])]
    session: Option<String>,
}

impl Which {
    /// Gives the sign-in that is named.
    ///
    /// # Errors
    /// When it is unknown or can't be used.
    pub fn named(&self, app: &App, settings: &Settings) -> Result<Option<Known>> {
        let Some(session) = &self.session else {
            return self.profile.given().map(|name| login::of_profile(app, settings, name)).transpose();
        };
        let config = &app.paths.config;
        let sections = crate::profile::sso_sessions(config, &crate::profile::config_bytes(config)?)?;
        let names: Vec<_> = sections.iter().map(|section| shown(&section.name)).collect();
        let Some(found) = sections.into_iter().find(|section| section.name == *session) else {
            let words = format!("`{}` has no `[sso-session {}]`", config.display(), shown(session));
            return Err(usage(words)
                .hint(match names.is_empty() {
                    true => "`aws configure sso-session` writes one".to_owned(),
                    false => format!("name one of: {}", names.join(", ")),
                })
                .into());
        };
        Ok(Some(Known { sign_in: found.sign_in?, profile: None }))
    }

    /// Gives the sign-in that is meant: the one that is named, else the only one, else the person's choice.
    ///
    /// # Errors
    /// As `named`; exit 2 where there is none, or several and nobody to ask.
    pub fn choose(&self, app: &App, settings: &Settings) -> Result<Known> {
        if let Some(named) = self.named(app, settings)? {
            return Ok(named);
        }
        let mut known = login::known(app, settings)?;
        let names: Vec<String> = known.iter().map(|known| known.sign_in.name().to_owned()).collect();
        match known.len() {
            0 => Err(usage("there is no sign-in to IAM Identity Center yet")
                .hint("`aws configure sso-session` writes an `[sso-session]`; `awstok profile add --kind sso` makes a profile")
                .into()),
            1 => Ok(known.remove(0)),
            _ if app.ui.can_ask() => {
                let chosen = app.ui.choose("sign-in", &names)?;
                let found = known.into_iter().find(|known| known.sign_in.name() == chosen);
                found.ok_or_else(|| usage("nothing was chosen").into())
            }
            _ => {
                let shown: Vec<_> = names.iter().map(|name| shown(name)).collect();
                Err(usage("no sign-in was named")
                    .hint(format!("name a profile, or one with `--session`: {}", shown.join(", ")))
                    .into())
            }
        }
    }
}
