//! Owns the codes that nobody types: of a stored seed, a YubiKey or a command, and those that are asked for on a desktop.
//! It refuses to read a seed before a code is needed, and to ask a person in place of what the profile names.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::app::App;
use crate::error::{Result, invalid};
use crate::mfa::{AskCode, Code, CodeRequest, Origin, Seed};
use crate::profile::plan::Device;
use crate::profile::{self, CodeFrom, Profile, Settings};
use crate::program::Programs;
use crate::secret::Secret;
use crate::ui::codes::Codes;
use crate::ui::shown;
use crate::vault::{self, Item};

/// The devices' ways to codes, for one run.
#[derive(Debug)]
pub struct Authenticator<'a> {
    app: &'a App,
    programs: Programs,
    /// Those read so far, by profile: a passphrase is asked for once.
    seeds: Mutex<BTreeMap<String, Seed>>,
}

impl<'a> Authenticator<'a> {
    /// Keeps the environment for programs; nothing is read yet.
    pub fn new(app: &'a App) -> Self {
        Self { app, programs: Programs::new(&app.env, app.clock), seeds: Mutex::default() }
    }

    /// Makes a code of a device; none where a person types them.
    ///
    /// # Errors
    /// `Kind::Invalid` without a seed or program, `Kind::InputNeeded` where those give no code.
    pub fn code(&self, device: &Device, settings: &Settings) -> Result<Option<Secret<String>>> {
        let name = &device.profile;
        Ok(Some(match &device.code_from {
            CodeFrom::Prompt => return Ok(None),
            CodeFrom::Virtual => self.seed(&self.load(name, settings)?)?.code_at(self.app.clock.now()),
            CodeFrom::Yubikey => {
                let account = self.load(name, settings)?.mfa.account;
                self.programs.yubikey_code(account.as_deref().unwrap_or(name))?
            }
            CodeFrom::Command(words) => self.programs.command_code(name, words)?,
        }))
    }

    /// Reads the seed of a profile, from its file or from the store that it names.
    ///
    /// # Errors
    /// `Kind::Invalid` where there is none, or what is there is none; where the store doesn't answer.
    pub fn seed(&self, profile: &Profile) -> Result<Seed> {
        let name = &profile.name;
        let mut seeds = self.seeds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seed) = seeds.get(name) {
            return Ok(seed.clone());
        }
        let Some(text) = stored_seed(self.app, profile)? else {
            return Err(invalid(format!("there is no seed for the codes of profile `{}`", shown(name)))
                .hint(format!("store it with `awstok mfa add {}`", shown(name)))
                .into());
        };
        let seed = Seed::read(text.expose()).map_err(|why| {
            invalid(format!("the stored `mfa_secret` of profile `{}` is no seed: {why}", shown(name)))
                .hint(format!("store it anew with `awstok mfa add --force {}`", shown(name)))
        })?;
        seeds.insert(name.clone(), seed.clone());
        Ok(seed)
    }

    fn load(&self, name: &str, settings: &Settings) -> Result<Profile> {
        profile::load(&self.app.paths.profiles, name, settings)
    }
}

/// Reads the text of a profile's seed from wherever it is kept; none where there is none.
///
/// # Errors
/// Where the store doesn't answer, or its passphrase can't be had.
pub fn stored_seed(app: &App, profile: &Profile) -> Result<Option<Secret<String>>> {
    if let Some(seed) = &profile.mfa.seed {
        return Ok(Some(seed.clone()));
    }
    let place = profile.mfa_store.and_then(|store| vault::place(store, &app.paths, app));
    place.map_or(Ok(None), |place| place.read(&profile.name, Item::MfaSecret))
}

/// Gets codes: the one that was given, else from where the device's profile says, else from the person.
pub struct Asked<'a> {
    /// What makes codes.
    pub authenticator: &'a Authenticator<'a>,
    /// The defaults.
    pub settings: &'a Settings,
    /// The person.
    pub codes: &'a Codes<'a>,
}

impl AskCode for Asked<'_> {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        if let Some(digits) = self.codes.take_given(request.device) {
            return Ok(Code { digits, origin: Origin::Given });
        }
        if request.device.code_from == CodeFrom::Yubikey {
            self.codes.note(&format!(
                "asking the YubiKey for a code of `{}`: touch it if it blinks",
                shown(&request.device.serial)
            ));
        }
        if let Some(digits) = self.authenticator.code(request.device, self.settings)? {
            return Ok(Code { digits, origin: Origin::Made });
        }
        if self.codes.is_without_terminal()
            && let Some(digits) = self.authenticator.programs.dialogue(&Codes::question(request))
        {
            return Ok(Code { digits, origin: Origin::Typed });
        }
        self.codes.ask(request)
    }

    fn waiting(&self, request: &CodeRequest<'_>, left: Duration) {
        self.codes.waiting(request, left);
    }
}
