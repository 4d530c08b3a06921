//! Owns the plan: the steps by which a profile's credentials come about, as plain data.
//! It refuses network, clock and prompt; `explain` prints it, `credentials::resolve` walks it.

use std::path::PathBuf;
use std::time::Duration;

use super::{CodeFrom, Guard, SignIn, Store};
use crate::partition::Partition;
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
    /// The profiles whose sessions aren't kept in files, and where else; none for nowhere.
    pub caches: Vec<(String, Option<Store>)>,
    /// Why this path was chosen, one sentence a choice, for `explain`.
    pub reasons: Vec<String>,
}

impl Plan {
    /// The account that the credentials belong to: the last role's, else what the first profile says of itself.
    pub fn account_id(&self) -> Option<&str> {
        match self.steps.iter().rev().find_map(Step::role_arn) {
            Some(arn) => arn.split(':').nth(4),
            None => self.base.account_id(),
        }
    }

    /// The partition that the credentials are of, where the plan says it: the last role's, else that of the sign-in.
    pub fn partition(&self) -> Option<Partition> {
        match (self.steps.iter().rev().find_map(Step::role_arn), &self.base) {
            (Some(arn), _) => Partition::of_arn(arn),
            (None, Base::Sso { sign_in, .. }) => Some(Partition::of_region(&sign_in.region)),
            (None, Base::WebIdentity { request, .. }) => Partition::of_arn(&request.role_arn),
            (None, _) => None,
        }
    }

    /// Tells whether long-term credentials are handed out as they are.
    pub fn is_long_term(&self) -> bool {
        self.steps.is_empty() && matches!(self.base, Base::LongTerm { .. })
    }

    /// Where the sessions of a profile are kept; none for nowhere.
    pub fn cache_of(&self, profile: &str) -> Option<Store> {
        self.caches.iter().find(|(name, _)| name == profile).map_or(Some(Store::File), |(_, store)| *store)
    }

    /// Everything that gives a session, in order: the base where it is fetched, then the calls.
    pub fn stages(&self) -> Vec<Stage<'_>> {
        let base = Some(Stage::Base(&self.base)).filter(|_| self.base.is_fetched());
        base.into_iter().chain(self.steps.iter().map(Stage::Step)).collect()
    }
}

/// One thing on the way that gives a session.
#[derive(Debug, Clone, Copy)]
pub enum Stage<'a> {
    /// The source of the first credentials, asked for them.
    Base(&'a Base),
    /// A call to STS.
    Step(&'a Step),
}

impl<'a> Stage<'a> {
    /// What is done, as people know it: the API's name of a call, else the source.
    pub fn what(self) -> &'static str {
        match self {
            Self::Base(base) => base.what(),
            Self::Step(step) => step.api(),
        }
    }

    /// The profile that this stage serves.
    pub fn profile(self) -> &'a str {
        match self {
            Self::Base(base) => base.profile(),
            Self::Step(step) => step.profile(),
        }
    }

    /// The device whose code this stage spends.
    pub fn mfa(self) -> Option<&'a Device> {
        match self {
            Self::Base(_) => None,
            Self::Step(step) => step.mfa(),
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
        /// The secret access key, or where it is.
        secret_access_key: UserSecret,
        /// The user's account, where its profile names it.
        account_id: Option<String>,
    },
    /// The environment variables (`credential_source = Environment`).
    Environment {
        /// The profile that says so.
        profile: String,
        /// The account, where the profile names it.
        account_id: Option<String>,
    },
    /// The role of an EC2 instance (`credential_source = Ec2InstanceMetadata`).
    InstanceMetadata {
        /// The profile that says so.
        profile: String,
        /// The account, where the profile names it.
        account_id: Option<String>,
        /// What the profile says of the metadata service.
        service: MetadataService,
    },
    /// The role of a container (`credential_source = EcsContainer`).
    Container {
        /// The profile that says so.
        profile: String,
        /// The account, where the profile names it.
        account_id: Option<String>,
    },
    /// Another program (`credential_process`).
    Process {
        /// The profile that names it.
        profile: String,
        /// The account, where the profile names it.
        account_id: Option<String>,
        /// The program and its arguments, split as a shell would; at least one word.
        words: Vec<String>,
    },
    /// A role of IAM Identity Center.
    Sso {
        /// The profile that names account and role.
        profile: String,
        /// Where one signs in for it.
        sign_in: SignIn,
        /// The account.
        account_id: String,
        /// The name of the role, which is that of a permission set.
        role_name: String,
    },
    /// A role, assumed with a web identity token.
    WebIdentity {
        /// The profile that names role and token.
        profile: String,
        /// Everything that goes into the request.
        request: Box<AssumeRoleWithWebIdentity>,
        /// The region of the call, as for the other calls to STS.
        region: Option<String>,
    },
}

impl Base {
    /// The profile that says where the credentials come from.
    pub fn profile(&self) -> &str {
        match self {
            Self::LongTerm { profile, .. }
            | Self::Environment { profile, .. }
            | Self::InstanceMetadata { profile, .. }
            | Self::Container { profile, .. }
            | Self::Process { profile, .. }
            | Self::Sso { profile, .. }
            | Self::WebIdentity { profile, .. } => profile,
        }
    }

    /// The account that the profile names, or the role's.
    pub fn account_id(&self) -> Option<&str> {
        match self {
            Self::LongTerm { account_id, .. }
            | Self::Environment { account_id, .. }
            | Self::InstanceMetadata { account_id, .. }
            | Self::Container { account_id, .. }
            | Self::Process { account_id, .. } => account_id.as_deref(),
            Self::Sso { account_id, .. } => Some(account_id),
            Self::WebIdentity { request, .. } => request.role_arn.split(':').nth(4),
        }
    }

    /// What it is, as people know it.
    pub fn what(&self) -> &'static str {
        match self {
            Self::LongTerm { .. } => "long-term credentials",
            Self::Environment { .. } => "the environment's credentials",
            Self::InstanceMetadata { .. } => "the instance's credentials",
            Self::Container { .. } => "the container's credentials",
            Self::Process { .. } => "credential_process",
            Self::Sso { .. } => "GetRoleCredentials",
            Self::WebIdentity { .. } => "AssumeRoleWithWebIdentity",
        }
    }

    /// Tells whether the credentials are fetched from somewhere, and so cached until they end; else they are at hand.
    pub fn is_fetched(&self) -> bool {
        !matches!(self, Self::LongTerm { .. } | Self::Environment { .. })
    }

    /// Tells whether the credentials are surely a role's; of the environment's and a program's, nobody knows beforehand.
    pub fn is_role_session(&self) -> bool {
        matches!(
            self,
            Self::InstanceMetadata { .. } | Self::Container { .. } | Self::Sso { .. } | Self::WebIdentity { .. }
        )
    }
}

/// The secret access key of an IAM user, as a plan knows it.
#[derive(Debug, Clone)]
pub enum UserSecret {
    /// It stands in the profile file.
    InFile(Secret<String>),
    /// It is kept elsewhere under the profile's name, and read when a call is to be signed with it.
    KeptIn(Store),
}

impl From<&str> for UserSecret {
    fn from(secret: &str) -> Self {
        Self::InFile(secret.into())
    }
}

/// What a profile says of the instance metadata service; the environment's word stands before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataService {
    /// `ec2_metadata_service_endpoint`, a URL.
    pub endpoint: Option<String>,
    /// `ec2_metadata_service_endpoint_mode` is `IPv6`.
    pub ipv6: bool,
    /// `ec2_metadata_v1_disabled`.
    pub v1_disabled: bool,
}

/// The parameters of AssumeRoleWithWebIdentity, checked against STS's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeRoleWithWebIdentity {
    /// The role.
    pub role_arn: String,
    /// `RoleSessionName`; without one each call makes up its own, as the SDKs do.
    pub session_name: Option<String>,
    /// The file with the token, read anew for each call.
    pub token_file: PathBuf,
    /// 900 to 43200 seconds.
    pub duration: Duration,
    /// An inline session policy (JSON text).
    pub policy: Option<String>,
    /// Managed session policies.
    pub policy_arns: Vec<String>,
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

/// What a device is, by its serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// A virtual device: whoever has its seed makes its codes.
    Virtual,
    /// A hardware device that shows codes.
    Hardware,
    /// A passkey or security key (FIDO): it gives no codes, and STS takes nothing else.
    Fido,
}

impl DeviceKind {
    /// Tells the kind of a device; a serial number that is no ARN is a hardware device's.
    pub fn of(serial: &str) -> Self {
        match serial.split(':').nth(5) {
            Some(resource) if resource.starts_with("u2f/") => Self::Fido,
            Some(resource) if resource.starts_with("mfa/") => Self::Virtual,
            _ => Self::Hardware,
        }
    }
}

/// An MFA device and the way to get its codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// ARN or serial number: `SerialNumber` of the calls.
    pub serial: String,
    /// How its codes are got.
    pub code_from: CodeFrom,
    /// The profile that says so, and that knows the rest: seed, account.
    pub profile: String,
}
