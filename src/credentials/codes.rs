//! Owns the codes that nobody types: of a stored seed, a YubiKey or a command; whoever else is asked comes after them.
//! It refuses to read a seed before a code is needed, and to ask a person in place of what the profile names.

use std::time::Duration;

use super::{Ask, Sources};
use crate::clock::Clock;
use crate::error::{Failure, Result, invalid};
use crate::mfa::{AskCode, Code, CodeRequest, Origin, Seed};
use crate::paths::Paths;
use crate::profile::plan::Device;
use crate::profile::{self, CodeFrom, Profile, Settings, SignIn};
use crate::secret::Secret;
use crate::sso::AskSignIn;
use crate::tokens::Token;
use crate::vault::{self, AskPassphrase, Item, Reason, Sealed};

/// Makes the codes of devices.
pub struct CodeMaker<'a> {
    pub(super) paths: &'a Paths,
    pub(super) settings: &'a Settings,
    pub(super) sources: &'a Sources,
    pub(super) ask: &'a dyn AskPassphrase,
    pub(super) clock: Clock,
}

impl CodeMaker<'_> {
    /// Makes a code of a device; none where a person types them.
    ///
    /// # Errors
    /// `Kind::Invalid` without a seed or program, `Kind::InputNeeded` where those give no code.
    pub fn code(&self, device: &Device) -> Result<Option<Secret<String>>> {
        let (name, programs) = (&device.profile, self.sources.programs());
        Ok(Some(match &device.code_from {
            CodeFrom::Prompt => return Ok(None),
            CodeFrom::Virtual => self.seed(&self.load(name)?)?.code_at(self.clock.now()),
            CodeFrom::Yubikey => {
                let account = self.load(name)?.mfa.account;
                programs.yubikey_code(account.as_deref().unwrap_or(name))?
            }
            CodeFrom::Command(words) => programs.command_code(name, words)?,
        }))
    }

    /// Reads the seed of a profile, from its file or from the store that it names.
    ///
    /// # Errors
    /// `Kind::Invalid` where there is none, or what is there is none; where the store doesn't answer.
    pub fn seed(&self, profile: &Profile) -> Result<Seed> {
        let name = &profile.name;
        let Some(text) = self.stored_seed(profile)? else {
            return Err(invalid(format!("there is no seed for the codes of profile `{name}`"))
                .hint(format!("store it with `awstok mfa add {name}`"))
                .into());
        };
        Ok(Seed::read(text.expose()).map_err(|why| {
            invalid(format!("the stored `mfa_secret` of profile `{name}` is no seed: {why}"))
                .hint(format!("store it anew with `awstok mfa add --force {name}`"))
        })?)
    }

    /// Reads the text of a profile's seed from wherever it is kept; none where there is none.
    ///
    /// # Errors
    /// Where the store doesn't answer, or its passphrase can't be had.
    pub fn stored_seed(&self, profile: &Profile) -> Result<Option<Secret<String>>> {
        if let Some(seed) = &profile.mfa.seed {
            return Ok(Some(seed.clone()));
        }
        let passphrases = self.sources.passphrases();
        let place = profile.mfa_store.and_then(|store| vault::place(store, self.paths, self.ask, passphrases));
        place.map_or(Ok(None), |place| place.read(&profile.name, Item::MfaSecret))
    }

    fn load(&self, name: &str) -> Result<Profile> {
        profile::load(&self.paths.profiles, name, self.settings)
    }
}

/// Gets codes: the one that was given, else from where the device's profile says, else from whoever is asked.
pub(super) struct Asked<'a> {
    pub(super) maker: CodeMaker<'a>,
    pub(super) ask: &'a dyn Ask,
}

impl AskCode for Asked<'_> {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        if let Some(digits) = self.ask.given(request) {
            return Ok(Code { digits, origin: Origin::Given });
        }
        if request.device.code_from == CodeFrom::Yubikey {
            self.ask.touching(request);
        }
        if let Some(digits) = self.maker.code(request.device)? {
            return Ok(Code { digits, origin: Origin::Made });
        }
        if let Some(question) = self.ask.question_on_desktop(request)
            && let Some(digits) = self.maker.sources.programs().dialogue(&question)
        {
            return Ok(Code { digits, origin: Origin::Typed });
        }
        AskCode::ask(self.ask, request)
    }

    fn waiting(&self, request: &CodeRequest<'_>, left: Duration) {
        self.ask.waiting(request, left);
    }
}

impl AskSignIn for Asked<'_> {
    fn sign_in(&self, sign_in: &SignIn, why: Failure) -> Result<Token> {
        self.ask.sign_in(sign_in, why)
    }

    fn warn(&self, words: &str) {
        self.ask.warn(words);
    }
}

impl AskPassphrase for Asked<'_> {
    fn ask(&self, sealed: Sealed<'_>, reason: Reason) -> Result<Secret<String>> {
        AskPassphrase::ask(self.ask, sealed, reason)
    }
}
