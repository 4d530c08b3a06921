//! `awstok mfa list`: asks IAM which devices the user has.
//! It refuses to guess from files.

use serde::Serialize;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::Broker;
use crate::enrolment::{Owner, Signing};
use crate::error::Result;
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
        let has_seed = devices.iter().any(|device| used == Some(&*device.serial))
            && broker.code_maker().stored_seed(&owner.profile)?.is_some();
        let listed: Vec<Listed> = devices
            .into_iter()
            .map(|device| {
                let in_use = used == Some(&*device.serial);
                Listed {
                    kind: kind(&device.serial),
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

/// Tells the kind of a device by its serial: passkeys are FIDO devices as well.
fn kind(serial: &str) -> &'static str {
    match serial.split(':').nth(5) {
        Some(resource) if resource.starts_with("u2f/") => "u2f",
        Some(resource) if resource.starts_with("mfa/") => "virtual",
        _ => "hardware",
    }
}
