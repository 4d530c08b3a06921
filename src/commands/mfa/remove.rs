//! `awstok mfa remove`: forgets the seed; a person types the codes again.
//! It refuses to touch the device in IAM unless told to.

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::Broker;
use crate::enrolment::{Owner, Seeds, Signing, user_behind};
use crate::error::{Result, invalid};
use crate::iam::{Refusal, refusal_of};
use crate::profile::{CodeFrom, Profile};
use crate::ui::consent::Consent;
use crate::ui::shown;
use crate::unfinished::{Operation, hold_off};

/// Forget the seed of a device; with `--from-iam`, take the device away too
///
/// Examples:
///   awstok mfa remove mainuser
///   awstok mfa remove mainuser --from-iam --yes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Also deactivate and delete the device, and drop `mfa_id`
    #[arg(long)]
    from_iam: bool,
    /// Don't ask
    #[arg(short = 'y', long)]
    yes: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let profile = device_holder(&broker, &broker.choose(self.profile.given())?)?;
        let name = profile.name.clone();
        let device = profile.mfa.id.clone().filter(|_| self.from_iam);
        if self.from_iam && device.is_none() {
            return Err(invalid(format!("the profile `{}` names no MFA device", shown(&name))).into());
        }
        let what = match &device {
            Some(serial) if profile.mfa.code_from != CodeFrom::Virtual => format!("the device `{}`", shown(serial)),
            Some(serial) => format!("the seed of `{}` and the device `{}`", shown(&name), shown(serial)),
            None => format!("the seed of `{}`", shown(&name)),
        };
        let consent = Consent {
            question: &format!("remove {what}?"),
            would: &format!("{what} would be removed"),
            declined: "nothing was removed",
            hint: "pass `--yes`",
        };
        app.ui.agree(self.yes, consent)?;
        let _still = hold_off(&app.paths, &[Operation::Enrolment, Operation::Relocation], &[&name])?;
        let profile = broker.load(&name)?;
        let seeds = Seeds::open(app, &broker)?;
        if let Some(serial) = &device {
            let owner = Owner::of(&broker, &name, Signing::Session)?;
            let (iam, caller) = (owner.iam(), owner.caller());
            absent_is_fine(iam.deactivate_mfa_device(caller, &owner.user.name, serial))?;
            if serial.contains(":mfa/") {
                absent_is_fine(iam.delete_virtual_mfa_device(caller, serial))?;
            }
        }
        seeds.forget(&format!("mfa remove {name}"), &profile, device.is_some())?;
        app.ui.say(&format!("removed {what}"));
        Ok(())
    }
}

/// Finds the profile that a device belongs to: the one that was named, else that of the user behind it.
fn device_holder(broker: &Broker<'_>, name: &str) -> Result<Profile> {
    let profile = broker.load(name)?;
    let says_something = profile.mfa.id.is_some() || profile.mfa.code_from != CodeFrom::Prompt;
    if says_something || profile.long_term.is_some() { Ok(profile) } else { user_behind(broker, name) }
}

/// What is gone already was taken away by a run that was interrupted.
fn absent_is_fine(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if refusal_of(&error) != Some(Refusal::Absent) => Err(error),
        _ => Ok(()),
    }
}
