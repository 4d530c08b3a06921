//! Owns which sign-ins there are: the `[sso-session]` sections of the config file, and the start URLs of profiles.
//! It refuses to look at more profiles than it is asked about.

use crate::app::App;
use crate::error::{Result, usage};
use crate::profile::plan::Base;
use crate::profile::{self, Chain, Folder, Kind, Loader as _, Settings, SignIn};
use crate::ui::shown;

/// A sign-in, and a profile that uses it, where it has no name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Where one signs in.
    pub sign_in: SignIn,
    /// The profile that names its start URL.
    pub profile: Option<String>,
}

/// Lists the sign-ins: the sections of the config file in its order, then the start URLs of profiles by the profiles' names. What
/// can't be used is left out, and said to those who asked for reasons.
///
/// # Errors
/// When the config file or the profiles' folder can't be read.
pub fn known(app: &App, settings: &Settings) -> Result<Vec<Known>> {
    let bytes = profile::config_bytes(&app.paths.config)?;
    let mut found = Vec::new();
    for session in profile::sso_sessions(&app.paths.config, &bytes)? {
        match session.sign_in {
            Ok(sign_in) => found.push(Known { sign_in, profile: None }),
            Err(error) => app.ui.warn(&shown(&format!("{error:#}"))),
        }
    }
    let (profiles, _) = profile::load_all(&app.paths.profiles, settings)?;
    for profile in profiles.iter().filter(|profile| profile.kind == Kind::Sso) {
        let own = profile::sign_in(profile, &app.paths.config, &mut || Ok(bytes.clone())).ok().flatten();
        if let Some(sign_in) = own.filter(|own| found.iter().all(|known| known.sign_in.name() != own.name())) {
            found.push(Known { sign_in, profile: Some(profile.name.clone()) });
        }
    }
    Ok(found)
}

/// Finds where a profile, or the first one behind it, signs in.
///
/// # Errors
/// When the profile can't be used; exit 2 for one that signs in nowhere.
pub fn of_profile(app: &App, settings: &Settings, name: &str) -> Result<Known> {
    let home = app.env.path("HOME");
    let mut folder = Folder { dir: &app.paths.profiles, settings, config: &app.paths.config, home: home.as_deref() };
    let loaded = folder.load(name)?;
    let source = match loaded.kind {
        Kind::Role => {
            let Chain { source, .. } = profile::chain(name, &mut |name| folder.load(name))?;
            source
        }
        _ => loaded,
    };
    let sign_in = if source.kind == Kind::Sso { folder.sign_in(&source)? } else { None };
    let sign_in = sign_in.ok_or_else(|| {
        usage(format!("the profile `{}` doesn't sign in to IAM Identity Center", shown(name)))
            .hint("name one with `sso_session` or `sso_start_url`, or a role behind one; `awstok sso status` lists the sign-ins")
    })?;
    Ok(Known { sign_in, profile: Some(source.name) })
}

/// Tells whether a plan begins with this sign-in.
pub fn begins_with(base: &Base, sign_in: &SignIn) -> bool {
    matches!(base, Base::Sso { sign_in: own, .. } if own.name() == sign_in.name())
}
