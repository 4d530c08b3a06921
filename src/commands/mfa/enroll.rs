//! `awstok mfa enroll`: a new virtual device, on this machine and on the phone.
//! It refuses a second device unless told to.

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::Broker;
use crate::enrolment::{Owner, Signing, Wish, choose_store, enroll, user_behind};
use crate::error::{Result, usage};
use crate::profile::Store;
use crate::profile::limits::Parameter;
use crate::ui::shown;
use crate::unfinished::Operation;

/// Make a virtual MFA device for an IAM user, and let its codes come by themselves
///
/// Draws a QR code, so that a phone can join. If enabling fails, device and seed are taken away
/// again; where it was interrupted, the same command goes on.
///
/// Examples:
///   awstok mfa enroll mainuser
///   awstok mfa enroll mainuser --device-name laptop --store keyring --no-qr
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// The device's name [default: the user's]
    #[arg(long, value_name = "NAME")]
    device_name: Option<String>,
    /// Where the seed is kept [default: the keyring if one answers, else under a passphrase]
    #[arg(long, value_name = "STORE", value_parser = Store::WORDS.map(|(word, _)| word))]
    store: Option<String>,
    /// Draw no QR code
    #[arg(long)]
    no_qr: bool,
    /// Add a device although the profile names one
    #[arg(long)]
    force: bool,
    /// Print JSON: {"profile","serial","store"}
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        if let Some(device) =
            self.device_name.as_deref().filter(|device| Parameter::RoleSessionName.check(device).is_err())
        {
            return Err(usage(format!("`{}` is no name of a device", shown(device)))
                .hint("use letters, digits and `+=,.@_-`")
                .into());
        }
        let profile = user_behind(&broker, &name)?;
        if let Some(id) = profile.mfa.id.as_ref().filter(|_| !self.force)
            && !Operation::Enrolment.is_begun(&app.paths, &profile.name)?
        {
            return Err(usage(format!(
                "the profile `{}` has the device `{}` already",
                shown(&profile.name),
                shown(id)
            ))
            .hint("pass `--force` to add another, or store the seed of that one with `awstok mfa add`")
            .into());
        }
        let owner = Owner::of(&broker, &profile.name, Signing::Session)?;
        let store = choose_store(self.store.as_deref(), &owner.profile);
        let wish = Wish { device_name: self.device_name.as_deref(), store };
        let enrolled = enroll(
            app,
            &owner,
            wish,
            |text| app.ui.say(text),
            |uri| {
                if self.no_qr {
                    return Ok(());
                }
                app.ui.draw(uri.expose())?;
                app.ui.say("scan it with a phone that shall show the codes, too");
                Ok(())
            },
        )?;
        app.ui.say(&format!("`awstok token {}` needs no typing now", shown(&owner.profile.name)));
        if self.json {
            let (serial, store) = (enrolled.serial, enrolled.store);
            return app
                .ui
                .print_json(&serde_json::json!({ "profile": owner.profile.name, "serial": serial, "store": store }));
        }
        app.ui.print(format!("{}\n", enrolled.serial))
    }
}
