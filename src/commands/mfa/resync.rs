//! `awstok mfa resync`: sends two consecutive codes to IAM.
//! It refuses to send one twice.

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::Broker;
use crate::enrolment::{Owner, Signing};
use crate::error::{Result, invalid, usage};
use crate::mfa::Devices;
use crate::profile::plan::DeviceKind;
use crate::secret::Secret;
use crate::ui::shown;

/// Send two consecutive codes to IAM, for a device that is out of step
///
/// With a stored seed it makes them itself; else it asks for them, or takes `--code1` and `--code2`.
///
/// Examples:
///   awstok mfa resync mainuser
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// A code of the device
    #[arg(long, value_name = "CODE", requires = "code2", value_parser = six_digits)]
    code1: Option<String>,
    /// The code after it
    #[arg(long, value_name = "CODE", requires = "code1", value_parser = six_digits)]
    code2: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let owner = Owner::of(&broker, &name, Signing::AtHand)?;
        let Some(serial) = owner.profile.mfa.id.clone() else {
            return Err(invalid(format!("the profile `{}` names no MFA device", shown(&owner.profile.name)))
                .hint("set `mfa_id`")
                .into());
        };
        if DeviceKind::of(&serial) == DeviceKind::Fido {
            return Err(invalid(format!(
                "`{}` is a passkey or security key, and has no codes to send",
                shown(&serial)
            ))
            .into());
        }
        let (iam, user) = (owner.iam(), owner.user.name.as_str());
        let devices = Devices::new(&app.paths, app.clock);
        let resync = |codes: [&Secret<String>; 2]| iam.resync_mfa_device(owner.caller(), user, &serial, codes);
        if self.code1.is_none() && broker.code_maker().stored_seed(&owner.profile)?.is_some() {
            let seed = broker.code_maker().seed(&owner.profile)?;
            devices.spend_two(&serial, &seed, resync)?;
        } else {
            let codes = self.codes(app, &serial)?;
            devices.note_used(&serial, codes.each_ref())?;
            resync(codes.each_ref())?;
        }
        app.ui.say(&format!("`{}` is in step again", shown(&serial)));
        Ok(())
    }

    fn codes(&self, app: &App, serial: &str) -> Result<[Secret<String>; 2]> {
        if let (Some(first), Some(second)) = (&self.code1, &self.code2) {
            return Ok([first.as_str().into(), second.as_str().into()]);
        }
        if !app.ui.can_ask() {
            let what = format!("two codes of `{}` are needed", shown(serial));
            return Err(app.ui.unanswered(&what, "pass `--code1` and `--code2`"));
        }
        let ask = |which: &str| -> Result<Secret<String>> {
            let typed = app.ui.ask_line(&format!("{which} code of `{}`", shown(serial)))?;
            Ok(Secret::new(six_digits(&typed).map_err(usage)?))
        };
        Ok([ask("first")?, ask("next")?])
    }
}

/// Reads a code, as clap's value parser.
fn six_digits(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_code = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit());
    if is_code { Ok(digits) } else { Err("a code has six digits".to_owned()) }
}
