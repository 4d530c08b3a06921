//! Owns the one change of the AWS files that commands make: all profiles at hand, both files brought up to date together, and said.
//! It refuses to write anything else.

use std::path::PathBuf;

use crate::app::App;
use crate::awsfiles::{AwsFiles, Drafts, Outcome, Preview};
use crate::delivery::{self, Config, Delivery, deliver};
use crate::error::{Result, invalid};
use crate::paths::tilde;
use crate::process::own_path;
use crate::profile::{self, Profile, Settings};
use crate::ui::diff;

/// What a change did, and what a person should know about what is in its way.
#[derive(Debug)]
#[must_use]
pub struct Changed {
    /// The files, and the journal's entry.
    pub outcome: Outcome,
    /// Hand-written keys that win over what awstok delivers.
    pub warnings: Vec<String>,
}

impl Changed {
    /// Warns of what is in the way.
    pub fn mention(self, app: &App) -> Outcome {
        for warning in &self.warnings {
            app.ui.warn(warning);
        }
        self.outcome
    }
}

/// All profiles, and the files that are generated from them.
#[derive(Debug)]
pub struct House<'a> {
    app: &'a App,
    names: Vec<String>,
    profiles: Vec<Profile>,
    errors: Vec<anyhow::Error>,
    program: PathBuf,
}

impl<'a> House<'a> {
    /// Reads all profiles.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn read(app: &'a App, settings: &Settings) -> Result<Self> {
        let names = profile::names(&app.paths.profiles)?;
        let (profiles, errors) = profile::load_all(&app.paths.profiles, settings)?;
        let program = own_path()?;
        Ok(Self { app, names, profiles, errors, program })
    }

    /// Gives a profile.
    ///
    /// # Errors
    /// When its file has become unusable since it was planned.
    pub fn profile(&self, name: &str) -> Result<&Profile> {
        let found = self.profiles.iter().find(|profile| profile.name == name);
        found.ok_or_else(|| {
            let file = self.app.paths.profile(name).display().to_string();
            let is_of_file = |text: &String| text.contains(&format!("`{file}`")) || text.contains(&format!("`{file}:"));
            let changed = invalid(format!("`{file}` changed meanwhile")).hint("run it again");
            match self.errors.iter().map(|error| format!("{error:#}")).find(is_of_file) {
                Some(why) => changed.because(anyhow::anyhow!(why)).into(),
                None => changed.into(),
            }
        })
    }

    /// Says which profile files can't be used: as warnings, or only to those who asked for reasons.
    pub fn mention_unusable(&self, aloud: bool) {
        for error in &self.errors {
            let text = format!("{error:#}; its sections stay as they are");
            if aloud { self.app.ui.warn(&text) } else { self.app.ui.explain(&text) }
        }
    }

    /// Changes both files, and says which ones and what is in the way; `run` is the journal's entry of a run that goes on.
    ///
    /// # Errors
    /// When a file can't be read, locked, journaled or written; then nothing changed.
    pub fn change(&self, command: &str, run: Option<u64>, deliveries: &[(&Profile, Delivery<'_>)]) -> Result<Changed> {
        let mut warnings = Vec::new();
        let outcome = AwsFiles::new(&self.app.paths).going_on(run).change(command, |drafts| {
            warnings = self.edit(drafts, deliveries)?;
            Ok(())
        })?;
        self.app.mention_outcome(&outcome);
        Ok(Changed { outcome, warnings })
    }

    /// Gives the diff of what `change` would do, secrets masked.
    ///
    /// # Errors
    /// When a file can't be read or edited.
    pub fn rehearse(&self, deliveries: &[(&Profile, Delivery<'_>)]) -> Result<String> {
        let previews = AwsFiles::new(&self.app.paths).preview(|drafts| self.edit(drafts, deliveries).map(drop))?;
        let diff = |preview: &Preview| {
            let (before, after) = (preview.before.as_deref(), preview.after.as_deref());
            diff::unified(&tilde(&preview.path, &self.app.env), before.unwrap_or_default(), after.unwrap_or_default())
        };
        Ok(previews.iter().map(diff).collect())
    }

    fn edit(&self, drafts: &mut Drafts, deliveries: &[(&Profile, Delivery<'_>)]) -> Result<Vec<String>> {
        let env = &self.app.env;
        let kept = delivery::unusable(&self.names, &self.profiles);
        let config = Config::here(&self.app.paths, env, &self.profiles, kept, &self.program);
        deliver(drafts, deliveries, &config)
    }
}
