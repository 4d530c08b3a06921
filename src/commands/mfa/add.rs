//! `awstok mfa add`: stores the seed of a device, so that its codes come by themselves.
//! It refuses what isn't a seed, without repeating it.

use std::io::Read as _;

use zeroize::Zeroizing;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::Broker;
use crate::enrolment::{Seeds, choose_store};
use crate::error::{Result, usage};
use crate::mfa::Seed;
use crate::profile::Store;
use crate::profile::limits::Parameter;
use crate::profile::plan::DeviceKind;
use crate::ui::shown;
use crate::unfinished::{Operation, hold_off};

/// No seed, and no URI with one, is nearly as long.
const MOST_BYTES: u64 = 4096;

/// Store the TOTP seed of a device, so that its codes come by themselves
///
/// The seed is what was behind the QR code: base32, or an otpauth:// URI. It is asked for hidden,
/// or read from standard input.
///
/// Examples:
///   awstok mfa add mainuser
///   pass show aws-totp | awstok mfa add mainuser --secret-stdin --store keyring
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Read the seed from standard input
    #[arg(long)]
    secret_stdin: bool,
    /// Where the seed is kept [default: the keyring if one answers, else under a passphrase]
    #[arg(long, value_name = "STORE", value_parser = Store::WORDS.map(|(word, _)| word))]
    store: Option<String>,
    /// The device's ARN or serial number
    #[arg(long, value_name = "ARN")]
    mfa_id: Option<String>,
    /// Replace a seed that is stored already
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let profile = broker.load(&name)?;
        if let Some(Err(problem)) = self.mfa_id.as_ref().map(|id| Parameter::SerialNumber.check(id)) {
            return Err(usage(format!("`--mfa-id` {problem}")).into());
        }
        if let Some(id) = self.mfa_id.as_ref().or(profile.mfa.id.as_ref())
            && DeviceKind::of(id) == DeviceKind::Fido
        {
            return Err(usage(format!(
                "`{}` is a passkey or security key: it has no seed, and STS takes codes only",
                shown(id)
            ))
            .hint("name a virtual device with `--mfa-id ARN`, or make one with `awstok mfa enroll --force`")
            .into());
        }
        if profile.mfa.id.is_none() && self.mfa_id.is_none() {
            return Err(usage(format!("the profile `{}` names no MFA device", shown(&name)))
                .hint("name the IAM user's profile, or the device with `--mfa-id ARN`")
                .into());
        }
        let seeds = Seeds::open(app, &broker)?;
        if !self.force && broker.code_maker().stored_seed(&profile)?.is_some() {
            return Err(usage(format!("a seed of `{}` is stored already", shown(&name)))
                .hint("pass `--force` to replace it")
                .into());
        }
        let seed = if self.secret_stdin { from_stdin()? } else { asked(app, &name)? };
        if !seed.is_for_aws() {
            app.ui.warn("AWS takes codes of six digits that change every 30 s, and this seed makes others");
        }
        let _still = hold_off(&app.paths, &[Operation::Enrolment, Operation::Relocation], &[&name])?;
        let profile = broker.load(&name)?;
        let store = choose_store(self.store.as_deref(), &profile);
        seeds.keep(&format!("mfa add {name}"), &profile, &seed, store, self.mfa_id.as_deref())?;
        app.ui.say(&format!("stored the seed of `{0}`; `awstok token {0}` needs no typing now", shown(&name)));
        Ok(())
    }
}

fn from_stdin() -> Result<Seed> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| usage("could not read the seed from standard input").because(error))?;
    Ok(Seed::read(&text).map_err(|why| {
        usage(format!("what standard input holds is no seed: {why}")).hint("write base32, or an `otpauth://totp/` URI")
    })?)
}

fn asked(app: &App, name: &str) -> Result<Seed> {
    if !app.ui.can_ask() {
        let hint = "pass `--secret-stdin` and write the seed to standard input";
        return Err(app.ui.unanswered(&format!("the seed of `{}` is needed", shown(name)), hint));
    }
    let is_seed = |text: &str| Seed::read(text).map(drop).map_err(|why| format!("this is no seed: {why}"));
    let text = app.ui.ask_secret(&format!("TOTP seed of `{}`", shown(name)), is_seed)?;
    Ok(Seed::read(text.expose()).map_err(usage)?)
}
