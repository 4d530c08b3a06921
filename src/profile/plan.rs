//! Owns the plan: the steps by which a profile's credentials come about, as plain data.
//! It refuses network, clock and prompt; `explain` prints it, `credentials::resolve` walks it.

use std::time::Duration;

use super::Guard;
use crate::secret::Secret;

/// Where the first credentials come from, and the calls that follow.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The profile that is handed out.
    pub profile: String,
    /// Where the first credentials come from.
    pub base: Base,
    /// The calls to STS, in order; none for long-term credentials used as they are.
    pub steps: Vec<Step>,
    /// The region that is handed out along with the credentials: the profile's own, else none (the environment's then).
    pub region: Option<String>,
    /// What is asked before the credentials are handed out.
    pub guard: Option<Guard>,
    /// Why this path was chosen, one sentence a choice, for `explain`.
    pub reasons: Vec<String>,
}

impl Plan {
    /// The account that the credentials belong to: the last role's, else the user's where its profile names it.
    pub fn account_id(&self) -> Option<&str> {
        let Base::LongTerm { account_id, .. } = &self.base;
        match self.steps.iter().rev().find_map(Step::role_arn) {
            Some(arn) => arn.split(':').nth(4),
            None => account_id.as_deref(),
        }
    }
}

/// The first credentials.
#[derive(Debug, Clone)]
pub enum Base {
    /// An IAM user's long-term credentials in a profile file.
    LongTerm {
        /// The profile whose file holds them.
        profile: String,
        /// `AKIA…`.
        access_key_id: String,
        /// The secret access key.
        secret_access_key: Secret<String>,
        /// The user's account, where its profile names it.
        account_id: Option<String>,
    },
}

/// One call to STS, signed with what the step before it gave.
#[derive(Debug, Clone)]
pub enum Step {
    /// GetSessionToken (STS API reference).
    GetSessionToken {
        /// The profile that this step serves.
        profile: String,
        /// The device whose code goes along.
        mfa: Option<Device>,
        /// 900 to 129600 seconds.
        duration: Duration,
        /// The region of the call: the served profile's own, else none (the environment's then). It belongs to the step,
        /// not to the plan, so that roles in different regions share the session of one user.
        region: Option<String>,
    },
    /// AssumeRole (STS API reference).
    AssumeRole {
        /// The profile that this step serves.
        profile: String,
        /// Everything that goes into the request.
        request: Box<AssumeRole>,
        /// The region of the call, as for GetSessionToken.
        region: Option<String>,
    },
}

impl Step {
    /// The API's name of the call.
    pub fn api(&self) -> &'static str {
        match self {
            Self::GetSessionToken { .. } => "GetSessionToken",
            Self::AssumeRole { .. } => "AssumeRole",
        }
    }

    /// The profile that this step serves.
    pub fn profile(&self) -> &str {
        match self {
            Self::GetSessionToken { profile, .. } | Self::AssumeRole { profile, .. } => profile,
        }
    }

    /// The role that this step assumes.
    pub fn role_arn(&self) -> Option<&str> {
        match self {
            Self::GetSessionToken { .. } => None,
            Self::AssumeRole { request, .. } => Some(&request.role_arn),
        }
    }

    /// The device whose code this step spends.
    pub fn mfa(&self) -> Option<&Device> {
        match self {
            Self::GetSessionToken { mfa, .. } => mfa.as_ref(),
            Self::AssumeRole { request, .. } => request.mfa.as_ref(),
        }
    }

    /// The region of the call; without one the environment's counts.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::GetSessionToken { region, .. } | Self::AssumeRole { region, .. } => region.as_deref(),
        }
    }

    /// The lifetime that is asked for.
    pub fn duration(&self) -> Duration {
        match self {
            Self::GetSessionToken { duration, .. } => *duration,
            Self::AssumeRole { request, .. } => request.duration,
        }
    }
}

/// The parameters of AssumeRole, checked against STS's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role.
    pub role_arn: String,
    /// `RoleSessionName`, 2 to 64 of `[\w+=,.@-]`.
    pub session_name: String,
    /// 900 to 43200 seconds; 3600 at most where the signing credentials are temporary.
    pub duration: Duration,
    /// The device whose code goes along, where the role is assumed straight from long-term credentials.
    pub mfa: Option<Device>,
    /// `ExternalId`.
    pub external_id: Option<String>,
    /// `SourceIdentity`.
    pub source_identity: Option<String>,
    /// Session tags in the order of the profile file.
    pub tags: Vec<(String, String)>,
    /// The keys of the tags that are passed on in a chain.
    pub transitive_tag_keys: Vec<String>,
    /// An inline session policy (JSON text).
    pub policy: Option<String>,
    /// Managed session policies.
    pub policy_arns: Vec<String>,
}

/// An MFA device and the way to get its codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// ARN or serial number: `SerialNumber` of the calls.
    pub serial: String,
}
