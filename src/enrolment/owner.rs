//! Owns who calls IAM for a profile: the IAM user behind it, with a session made with MFA where there is a device.
//! It refuses profiles that no IAM user stands behind.

use aws_credential_types::Credentials;

use crate::broker::{Broker, Wish};
use crate::credentials::Want;
use crate::error::{Result, invalid};
use crate::iam::{Caller, Iam, User};
use crate::profile::Profile;
use crate::profile::plan::{Base, DeviceKind, Step};
use crate::ui::shown;

/// Nothing but the user's keys.
const LONG_TERM: Wish = Wish { duration: None, read_only: false, write: false, long_term: true };

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
    /// Of [`user_behind`]; where AWS refuses or can't be reached, or a code can't be had.
    pub fn of(broker: &'a Broker<'a>, name: &str, signing: Signing) -> Result<Self> {
        let profile = user_behind(broker, name)?;
        let credentials = match session(broker, &profile, signing)? {
            Some(credentials) => credentials,
            None => {
                let plan = broker.plan(&profile.name, LONG_TERM)?;
                broker.resolve_one(&plan, &Want::to_use())?.session.credentials
            }
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

/// Finds the profile of the IAM user behind the profile `name`.
///
/// # Errors
/// `Kind::Invalid` where none stands behind it.
pub fn user_behind(broker: &Broker<'_>, name: &str) -> Result<Profile> {
    let plan = broker.plan(name, LONG_TERM)?;
    let Base::LongTerm { profile, .. } = &plan.base else {
        let what = plan.base.what();
        return Err(invalid(format!("`{}` begins with {what}, and only an IAM user has MFA devices", shown(name)))
            .hint("name the profile of an IAM user")
            .into());
    };
    broker.load(profile)
}

/// Gives the user's session; none where it would be opened without a code, which IAM doesn't take.
fn session(broker: &Broker<'_>, user: &Profile, signing: Signing) -> Result<Option<Credentials>> {
    if user.mfa.id.as_deref().is_none_or(|serial| DeviceKind::of(serial) == DeviceKind::Fido) {
        return Ok(None);
    }
    let mut plan = broker.plan(&user.name, Wish::default())?;
    // a role's file may hold the user's keys, too
    plan.steps.truncate(1);
    if !matches!(plan.steps.as_slice(), [Step::GetSessionToken { mfa: Some(_), .. }]) {
        return Ok(None);
    }
    let session = match signing {
        Signing::Session => Some(broker.resolve_one(&plan, &Want::to_use())?.session),
        // it isn't needed: a place that doesn't answer is no reason to stop
        Signing::AtHand => broker.at_hand(&plan, &Want::to_use()).unwrap_or_default(),
    };
    Ok(session.map(|session| session.credentials))
}
