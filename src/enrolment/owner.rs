//! Owns who calls IAM for a profile: the IAM user behind it, with a session made with MFA where there is a device.
//! It refuses profiles that no IAM user stands behind.

use aws_credential_types::Credentials;

use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::error::{Result, invalid};
use crate::iam::{Caller, Iam, User};
use crate::profile::Profile;
use crate::profile::plan::{Base, Plan, Step};
use crate::ui::shown;

/// What the calls are signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// The user's session, opened with a code where there is a device.
    Session,
    /// A session only where there is one already: the device may be out of step.
    AtHand,
}

/// An IAM user who looks after their own devices.
#[derive(Debug)]
pub struct Owner<'a> {
    broker: &'a Broker<'a>,
    iam: Iam,
    /// The user's profile.
    pub profile: Profile,
    /// The user.
    pub user: User,
    credentials: Credentials,
}

impl<'a> Owner<'a> {
    /// Finds the user behind the profile `name`, and what signs the calls.
    ///
    /// # Errors
    /// `Kind::Invalid` where no IAM user stands behind it; where AWS refuses or can't be reached, or a code can't be had.
    pub fn of(broker: &'a Broker<'a>, name: &str, signing: Signing) -> Result<Self> {
        let plan = broker.plan(name, Wish::default())?;
        let Base::LongTerm { profile, .. } = &plan.base else {
            return Err(invalid(format!(
                "`{}` begins with {}, and only an IAM user has MFA devices",
                shown(name),
                plan.base.what()
            ))
            .hint("name the profile of an IAM user")
            .into());
        };
        let profile = broker.load(profile)?;
        let plan = broker.plan(&profile.name, Wish::default())?;
        let credentials = match session(broker, &plan, signing)? {
            Some(credentials) => credentials,
            None => long_term(broker, &plan)?,
        };
        let caller =
            Caller { credentials: &credentials, region: profile.region.as_deref(), arn: profile.mfa.id.as_deref() };
        let iam = broker.iam();
        let user = iam.get_user(caller)?;
        Ok(Self { broker, iam, profile, user, credentials })
    }

    /// The handle to IAM.
    pub fn iam(&self) -> &Iam {
        &self.iam
    }

    /// What knows the user's settings and passphrases.
    pub(super) fn broker(&self) -> &'a Broker<'a> {
        self.broker
    }

    /// Who signs a call.
    pub fn caller(&self) -> Caller<'_> {
        let region = self.profile.region.as_deref();
        Caller { credentials: &self.credentials, region, arn: Some(&self.user.arn) }
    }
}

/// Gives the user's session; none where it would be opened without a code, which IAM doesn't take.
fn session(broker: &Broker<'_>, plan: &Plan, signing: Signing) -> Result<Option<Credentials>> {
    if !matches!(plan.steps.as_slice(), [Step::GetSessionToken { mfa: Some(_), .. }]) {
        return Ok(None);
    }
    let want = Want::to_use();
    Ok(match signing {
        Signing::Session => Some(broker.resolve_one(plan, &want)?.session.credentials),
        Signing::AtHand => broker.cached(plan, &want).map(|session| session.credentials),
    })
}

/// Gives the user's long-term credentials, from wherever the secret is kept.
fn long_term(broker: &Broker<'_>, plan: &Plan) -> Result<Credentials> {
    let plan = Plan { steps: Vec::new(), ..plan.clone() };
    Ok(broker.resolve_one(&plan, &Want::to_use())?.session.credentials)
}
