//! Owns what a command gets to see of the world: environment, places, clock and terminal.
//! It refuses to grow: what only one command needs, that command makes.

use anyhow::Context as _;

use crate::arguments::Global;
use crate::awsfiles::Outcome;
use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Result, usage};
use crate::paths::Paths;
use crate::profile::{Profile, Settings};
use crate::ui::Ui;

/// The world as a command sees it.
#[derive(Debug)]
pub struct App {
    /// The environment at the start.
    pub env: Environment,
    /// Where the files are.
    pub paths: Paths,
    /// Where instants come from.
    pub clock: Clock,
    /// Words to the person and questions.
    pub ui: Ui,
}

impl App {
    /// Puts the world together; `with_color` is whether `--color` speaks of awstok's own output.
    ///
    /// # Errors
    /// Where there is no home folder, and where `--mfa-code` can't be a code.
    pub fn new(env: Environment, global: &Global, with_color: bool) -> Result<Self> {
        Self::at(Paths::from_environment(&env)?, env, global, with_color)
    }

    /// Puts the world together for a diagnosis, which has to work without a home folder, too.
    ///
    /// # Errors
    /// Where `--mfa-code` can't be a code.
    pub fn to_look_at(env: Environment, global: &Global) -> Result<Self> {
        Self::at(Paths::to_look_at(&env)?, env, global, true)
    }

    fn at(paths: Paths, env: Environment, global: &Global, with_color: bool) -> Result<Self> {
        Ok(Self { paths, clock: Clock::System, ui: Ui::new(&env, global, with_color)?, env })
    }

    /// Says what is odd about a profile, and tightens its file where others could read it.
    pub fn mention(&self, profile: &Profile) {
        for warning in &profile.warnings {
            self.ui.warn(warning);
        }
        if profile.wide {
            let file = profile.file.display();
            match crate::locked_file::tighten(&profile.file) {
                Ok(()) => self.ui.warn(&format!("`{file}` could be read by others; it is 0600 now")),
                Err(error) => self.ui.warn(&format!("`{file}` can be read by others: {error:#}")),
            }
        }
    }

    /// Keeps others out of awstok's own folders, and says where they could enter until now.
    pub fn tighten_folders(&self) {
        for folder in self.paths.private_folders() {
            // where that isn't ours to do, whoever needs the folder to be private says so
            if crate::locked_file::tighten_folder(&folder).unwrap_or(false) {
                self.ui.warn(&format!("`{}` could be entered by others; it is 0700 now", folder.display()));
            }
        }
    }

    /// Says which files were written.
    pub fn mention_outcome(&self, outcome: &Outcome) {
        for path in &outcome.changed {
            self.ui.explain(&format!("changed `{}`", path.display()));
        }
    }

    /// Reads the settings file.
    ///
    /// # Errors
    /// When it can't be read or is invalid; a missing one is empty.
    pub fn settings(&self) -> Result<Settings> {
        Settings::load(&self.paths.settings())
    }

    /// Chooses the one profile a command works on: the one given, `AWSTOK_PROFILE`, `default_profile`, else a fuzzy choice.
    ///
    /// # Errors
    /// Exit 2 with a list of the profiles where none is named and nobody can be asked.
    pub fn choose_profile(&self, given: Option<&str>, settings: &Settings) -> Result<String> {
        if let Some(name) = given.or_else(|| self.env.text("AWSTOK_PROFILE")).or_else(|| settings.default_profile()) {
            return Ok(name.to_owned());
        }
        let names = crate::profile::names(&self.paths.profiles).context("could not list the profiles")?;
        if names.is_empty() {
            return Err(usage(format!("there are no profiles in `{}` yet", self.paths.profiles.display()))
                .hint("`awstok profile add` makes one, `awstok profile import` takes over those of the AWS files")
                .into());
        }
        if self.ui.can_ask() {
            return self.ui.choose("profile", &names);
        }
        Err(usage("no profile was named").hint(format!("name one of: {}", names.join(", "))).into())
    }
}
