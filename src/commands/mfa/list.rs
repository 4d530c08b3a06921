//! `awstok mfa list`: asks IAM which devices the user has.
//! It refuses to guess from files.

use serde::Serialize;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::Broker;
use crate::enrolment::{Owner, Signing};
use crate::error::{Kind, Result, kind_of};
use crate::profile::plan::DeviceKind;
use crate::profile::{CodeFrom, Profile};
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

/// List the MFA devices of an IAM user
///
/// Examples:
///   awstok mfa list mainuser
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// Print JSON: [{"serial","type","enabled","in_use","seed_stored"}]
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listed {
    serial: String,
    #[serde(rename = "type")]
    kind: &'static str,
    enabled: bool,
    in_use: bool,
    seed_stored: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let owner = Owner::of(&broker, &name, Signing::Session)?;
        let devices = owner.iam().list_mfa_devices(owner.caller(), &owner.user.name)?;
        let used = owner.profile.mfa.id.as_deref();
        let is_used = devices.iter().any(|device| used == Some(&*device.serial));
        let has_seed = is_used && has_seed(&broker, &owner.profile)?;
        let listed: Vec<Listed> = devices
            .into_iter()
            .map(|device| {
                let in_use = used == Some(&*device.serial);
                Listed {
                    kind: word(DeviceKind::of(&device.serial)),
                    enabled: true,
                    in_use,
                    seed_stored: in_use && has_seed,
                    serial: device.serial,
                }
            })
            .collect();
        for unfit in listed.iter().filter(|device| device.kind == "u2f") {
            app.ui.warn(&format!("`{}` can't be used with STS, which takes codes only", shown(&unfit.serial)));
        }
        if self.json {
            return app.ui.print_json(&listed);
        }
        if listed.is_empty() {
            app.ui.say(&format!("`{}` has no MFA device; `awstok mfa enroll` makes one", shown(&owner.user.name)));
            return Ok(());
        }
        let mut table = Table::new(["SERIAL", "TYPE", "IN USE", "SEED"]);
        let yes = |is: bool, word: &str| if is { word.to_owned() } else { String::new() };
        for device in &listed {
            table.row([
                Cell::from(shown(&device.serial)),
                Cell::from(device.kind.to_owned()),
                Cell::from(yes(device.in_use, "yes")),
                Cell::from(yes(device.seed_stored, "stored")),
            ]);
        }
        app.ui.print(table.render(app.ui.width()))
    }
}

/// Gives the word for a kind of device; passkeys are FIDO devices as well.
fn word(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Virtual => "virtual",
        DeviceKind::Hardware => "hardware",
        DeviceKind::Fido => "u2f",
    }
}

/// Tells whether a seed is stored for the user's device; where nobody can be asked for the passphrase, the profile's word counts.
fn has_seed(broker: &Broker<'_>, user: &Profile) -> Result<bool> {
    match broker.code_maker().stored_seed(user) {
        Ok(seed) => Ok(seed.is_some()),
        Err(error) if kind_of(&error) == Kind::InputNeeded => Ok(user.mfa.code_from == CodeFrom::Virtual),
        Err(error) => Err(error),
    }
}
