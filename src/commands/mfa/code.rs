//! `awstok mfa code`: prints a code, and nothing else.
//! It refuses to spend it, and to ask a person for one.

use jiff::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::{Broker, Wish};
use crate::error::{Result, invalid, usage};
use crate::mfa::{Devices, WINDOW};
use crate::profile::CodeFrom;
use crate::profile::plan::Device;
use crate::ui::shown;

/// Print the code of a device, from its seed, the YubiKey or the command
///
/// Examples:
///   awstok mfa code mainuser
///   awstok mfa code mainuser --at 2026-01-02T03:04:05Z
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    /// The code of that moment (RFC 3339, or Unix seconds), from a seed only
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    at: Option<Timestamp>,
    /// Print JSON: {"profile","mfa_id","code","seconds_left"}
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    profile: &'a str,
    mfa_id: Option<&'a str>,
    code: &'a str,
    seconds_left: u64,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let device = device(&broker, &name)?;
        let (now, maker) = (self.at.unwrap_or_else(|| app.clock.now()), broker.code_maker());
        let (code, left) = match (&device.code_from, self.at) {
            (CodeFrom::Virtual, _) => {
                let seed = maker.seed(&broker.load(&device.profile)?)?;
                (seed.code_at(now), seed.left(now).as_secs())
            }
            (_, Some(_)) => {
                return Err(usage("`--at` needs a stored seed")
                    .hint("leave `--at` out: others show the present code only")
                    .into());
            }
            (_, None) => {
                if device.code_from == CodeFrom::Yubikey {
                    app.ui.say("asking the YubiKey: touch it if it blinks");
                }
                let code = maker.code(&device)?;
                let code = code.ok_or_else(|| invalid(format!("nothing makes codes for `{}`", shown(&name))))?;
                (code, WINDOW.as_secs() - now.as_second().rem_euclid(WINDOW.as_secs() as i64).unsigned_abs())
            }
        };
        if self.at.is_none() && Devices::new(&app.paths, app.clock).was_used(&device.serial, &code) {
            app.ui.say("this code was used already; the next one is good");
        }
        if self.json {
            let mfa_id = Some(device.serial.as_str()).filter(|serial| !serial.is_empty());
            return app.ui.print_json(&Report { profile: &name, mfa_id, code: code.expose(), seconds_left: left });
        }
        app.ui.print(format!("{}\n", code.expose()))
    }
}

/// Finds what makes the codes of a profile: its own file, else that of the user behind it.
fn device(broker: &Broker<'_>, name: &str) -> Result<Device> {
    let profile = broker.load(name)?;
    if profile.mfa.code_from != CodeFrom::Prompt {
        let serial = profile.mfa.id.unwrap_or_default();
        return Ok(Device { serial, code_from: profile.mfa.code_from, profile: profile.name });
    }
    let plan = broker.plan(name, Wish::default())?;
    let device = plan.steps.iter().find_map(|step| step.mfa()).filter(|device| device.code_from != CodeFrom::Prompt);
    if let Some(device) = device {
        return Ok(device.clone());
    }
    let whose = plan.steps.iter().find_map(|step| step.mfa()).map_or(name, |device| &device.profile);
    Err(invalid(format!("nothing makes codes for `{}`: a person types them", shown(name)))
        .hint(format!("store the device's seed with `awstok mfa add {}`", shown(whose)))
        .into())
}

/// Reads a moment, as clap's value parser.
fn moment(text: &str) -> Result<Timestamp, String> {
    let seconds = text.parse::<i64>().ok().map(Timestamp::from_second);
    let moment = seconds.unwrap_or_else(|| text.parse()).ok();
    moment
        .filter(|moment| *moment >= Timestamp::UNIX_EPOCH)
        .ok_or_else(|| "a moment is written as `2026-01-02T03:04:05Z`, or in Unix seconds".to_owned())
}
