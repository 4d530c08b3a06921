//! Owns the question that stands before guarded credentials, the flags that answer it, and the way to a plan past it.
//! It refuses to look at masters: only the profile that is handed out is guarded.

use crate::app::App;
use crate::arguments::OneProfile;
use crate::broker::{Broker, Wish};
use crate::error::{Failure, Kind, Result, usage};
use crate::profile::Guard;
use crate::profile::plan::Plan;
use crate::ui::consent::Consent;
use crate::ui::shown;

/// The answers of the command line to guards.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Permission {
    /// Answer yes where a profile with `guard = confirm` asks
    #[arg(short = 'y', long)]
    yes: bool,
    /// Answer a profile with `guard = type-name`
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// Lift `guard = read-only`, after a confirmation
    #[arg(long)]
    pub write: bool,
}

impl Permission {
    /// Asks what the profile's guard wants to be asked, unless the command line answered it.
    ///
    /// # Errors
    /// Exit 1 for a no, 2 for the wrong name in `--confirm`, 5 where nobody can be asked.
    pub fn admit(&self, app: &App, plan: &Plan) -> Result<()> {
        let profile = shown(&plan.profile);
        match plan.guard {
            None => Ok(()),
            Some(Guard::ReadOnly) if !self.write => Ok(()),
            Some(guard @ (Guard::Confirm | Guard::ReadOnly)) => {
                let what = if guard == Guard::ReadOnly { "credentials that may write" } else { "the credentials" };
                let consent = Consent {
                    question: &format!("hand out {what} of `{profile}`?"),
                    would: &guarded(&profile),
                    declined: &declined(&profile),
                    hint: &instead("--yes"),
                };
                app.ui.agree(self.yes, consent)
            }
            Some(Guard::TypeName) => match &self.confirm {
                Some(name) if *name == plan.profile => Ok(()),
                Some(_) => Err(usage(format!("`--confirm` doesn't name the profile `{profile}`")).into()),
                None if !app.ui.can_ask() => {
                    Err(app.ui.unanswered(&guarded(&profile), &instead(&format!("--confirm {profile}"))))
                }
                None => match app.ui.ask_line(&format!("type `{profile}` to hand out its credentials"))? {
                    name if name == plan.profile => Ok(()),
                    _ => Err(Failure::new(Kind::Other, declined(&profile)).into()),
                },
            },
        }
    }
}

/// One profile whose credentials are handed out, and the answers to its guard.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OneGuarded {
    #[command(flatten)]
    profile: OneProfile,
    #[command(flatten)]
    permission: Permission,
}

impl From<OneProfile> for OneGuarded {
    fn from(profile: OneProfile) -> Self {
        Self { profile, ..Self::default() }
    }
}

impl OneGuarded {
    /// Chooses the profile.
    ///
    /// # Errors
    /// As `Broker::choose`.
    pub fn choose(&self, broker: &Broker<'_>) -> Result<String> {
        broker.choose(self.profile.given())
    }

    /// Chooses the profile and plans how its credentials come about; its guard agrees.
    ///
    /// # Errors
    /// As `choose` and `plan_of`.
    pub fn plan(&self, app: &App, broker: &Broker<'_>, wish: Wish) -> Result<Plan> {
        self.plan_of(&self.choose(broker)?, app, broker, wish)
    }

    /// The same for a profile that is chosen.
    ///
    /// # Errors
    /// As `Broker::plan` and `Permission::admit`.
    pub fn plan_of(&self, name: &str, app: &App, broker: &Broker<'_>, wish: Wish) -> Result<Plan> {
        let plan = broker.plan(name, Wish { write: self.permission.write, ..wish })?;
        self.permission.admit(app, &plan)?;
        Ok(plan)
    }
}

fn declined(profile: &str) -> String {
    format!("the credentials of `{profile}` were not handed out")
}

fn guarded(profile: &str) -> String {
    format!("profile `{profile}` is guarded")
}

fn instead(flag: &str) -> String {
    format!("pass `{flag}`, or take `guard` out of its file")
}
