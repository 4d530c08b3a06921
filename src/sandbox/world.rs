//! Owns who exists in the stand-in: users with their keys and devices, roles with their trust, and the sessions issued.
//! It refuses to talk: requests and answers are the services' business.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::arn::IamArn;
use super::container::Task;
use super::federation::Tokens;
use super::iam::AccessKeys;
use super::identity::{Issuer, TrustedIdentity};
use super::identity_center::Records;
use super::instance::Instance;
use super::random::{Random, unique_id};
use super::refusal::Refusal;
use super::rotation::Post;
use super::totp::{Authenticator, Device, Display};
use crate::error::{Result, invalid};
use crate::secret::Secret;

/// A user with one access key; adding the same user again adds another key.
#[derive(Debug, Clone)]
pub struct User {
    /// The ARN; it names partition and account.
    pub arn: String,
    /// The id of a long-term access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Secret<String>,
    /// The MFA device.
    pub device: Option<Device>,
}

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// The ARN; it names partition and account.
    pub arn: String,
    /// Who may assume it: ARNs of users, roles, assumed-role sessions and account roots, account ids, or `*`; and the
    /// services `ec2.amazonaws.com` and `ecs-tasks.amazonaws.com`.
    pub trusts: Vec<String>,
    /// Who may assume it with a token of an identity provider.
    pub identities: Vec<TrustedIdentity>,
    /// Whether the trust policy asks for `aws:MultiFactorAuthPresent`.
    pub requires_mfa: bool,
    /// The `sts:ExternalId` that the trust policy asks for.
    pub external_id: Option<String>,
    /// The longest session that may be asked for.
    pub max_duration: Duration,
}

impl User {
    /// Makes a user of the partition `aws` without a device.
    pub fn new(account: &str, name: &str, access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.into(),
            device: None,
        }
    }

    /// Gives the user an MFA device; `seed` is in base 32.
    #[must_use]
    pub fn device(mut self, serial: &str, seed: &str) -> Self {
        self.device = Some(Device { serial: serial.to_owned(), seed: seed.into() });
        self
    }
}

impl Role {
    /// Makes a role that nobody may assume yet, for one hour at most.
    pub fn new(arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            trusts: Vec::new(),
            identities: Vec::new(),
            requires_mfa: false,
            external_id: None,
            max_duration: Duration::from_secs(3_600),
        }
    }

    /// Lets one more principal assume the role.
    #[must_use]
    pub fn trusts(mut self, principal: &str) -> Self {
        self.trusts.push(principal.to_owned());
        self
    }

    /// Lets whoever has a token of this provider, for this audience and subject, assume the role; with `*` at its end
    /// a subject means whatever begins so.
    #[must_use]
    pub fn trusts_identity(mut self, issuer: &str, audience: &str, subject: &str) -> Self {
        let [issuer, audience, subject] = [issuer, audience, subject].map(str::to_owned);
        self.identities.push(TrustedIdentity { issuer, audience, subject });
        self
    }

    /// Asks for MFA.
    #[must_use]
    pub fn requires_mfa(mut self) -> Self {
        self.requires_mfa = true;
        self
    }

    /// Asks for an external id.
    #[must_use]
    pub fn external_id(mut self, id: &str) -> Self {
        self.external_id = Some(id.to_owned());
        self
    }

    /// Sets the longest session that may be asked for.
    #[must_use]
    pub fn max_duration(mut self, duration: Duration) -> Self {
        self.max_duration = duration;
        self
    }
}

/// Who a call is made as.
#[derive(Debug, Clone)]
pub(super) struct Principal {
    pub(super) account: String,
    pub(super) arn: String,
    pub(super) user_id: String,
    /// The role behind an assumed-role session; `None` for a user.
    pub(super) role_arn: Option<String>,
    /// Whether a role assumed that role.
    pub(super) chained: bool,
    /// What a role session hands on to the next.
    pub(super) source_identity: Option<String>,
    pub(super) transitive_tags: Vec<String>,
}

impl Principal {
    /// Makes who a session of a role is.
    pub(super) fn of_role(role_arn: &str, session_name: &str) -> Option<Self> {
        let arn = IamArn::parse(role_arn).filter(|arn| arn.kind == "role")?;
        Some(Self {
            account: arn.account.to_owned(),
            arn: format!("arn:{}:sts::{}:assumed-role/{}/{session_name}", arn.partition, arn.account, arn.name),
            user_id: format!("{}:{session_name}", unique_id("AROA", role_arn)),
            role_arn: Some(role_arn.to_owned()),
            chained: false,
            source_identity: None,
            transitive_tags: Vec::new(),
        })
    }
}

/// The credentials behind an access key id.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) principal: Principal,
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Secret<String>,
    /// What temporary credentials have; `None` for long-term ones.
    pub(super) session: Option<Session>,
}

/// What distinguishes temporary credentials.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) token: Secret<String>,
    pub(super) expiration: Timestamp,
    /// Whether `aws:MultiFactorAuthPresent` is true of calls made with it.
    pub(super) mfa: bool,
}

/// What temporary credentials are issued for.
pub(super) struct Grant {
    pub(super) principal: Principal,
    pub(super) mfa: bool,
    pub(super) life: Duration,
    /// The length that the session token has at least.
    pub(super) token_size: usize,
}

/// Everything that exists.
pub struct World {
    pub(super) credentials: HashMap<String, Credentials>,
    pub(super) access_keys: AccessKeys,
    roles: BTreeMap<String, Role>,
    pub(super) devices: BTreeMap<String, Authenticator>,
    pub(super) issuers: BTreeMap<String, Issuer>,
    pub(super) identity_centers: Records,
    pub(super) sign_in_tokens: Tokens,
    pub(super) instance: Option<Post<Instance>>,
    pub(super) task: Option<Post<Task>>,
    pub(super) random: Random,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// Makes an empty world; accounts exist through their users and roles.
    pub fn new() -> Self {
        Self {
            credentials: HashMap::new(),
            access_keys: AccessKeys::default(),
            roles: BTreeMap::new(),
            devices: BTreeMap::new(),
            issuers: BTreeMap::new(),
            identity_centers: Records::default(),
            sign_in_tokens: Tokens::new(),
            instance: None,
            task: None,
            random: Random::new(),
        }
    }

    /// Adds a user, or another key of one.
    ///
    /// # Errors
    /// When the ARN isn't a user's, the key id is taken by another user, or the device's seed isn't base 32 or its
    /// serial is taken by another user.
    pub fn add_user(&mut self, user: User) -> Result<()> {
        let arn = IamArn::parse(&user.arn).filter(|arn| arn.kind == "user");
        let arn = arn.ok_or_else(|| invalid(format!("`{}` is not the ARN of a user", user.arn)))?;
        if self.credentials.get(&user.access_key_id).is_some_and(|taken| taken.principal.arn != user.arn) {
            return Err(invalid(format!("the access key `{}` belongs to another user", user.access_key_id)).into());
        }
        if let Some(device) = &user.device {
            match self.devices.get(&device.serial) {
                Some(taken) if taken.owner.as_ref() != Some(&user.arn) => {
                    return Err(invalid(format!("the device `{}` belongs to another user", device.serial)).into());
                }
                // the codes that were used stay used
                Some(_) => {}
                None => {
                    self.devices.insert(device.serial.clone(), Authenticator::new(Some(&user.arn), device)?);
                }
            }
        }
        let principal = Principal {
            account: arn.account.to_owned(),
            user_id: unique_id("AIDA", &user.arn),
            arn: user.arn,
            role_arn: None,
            chained: false,
            source_identity: None,
            transitive_tags: Vec::new(),
        };
        let credentials = Credentials {
            principal,
            access_key_id: user.access_key_id,
            secret_access_key: user.secret_access_key,
            session: None,
        };
        self.credentials.insert(credentials.access_key_id.clone(), credentials);
        Ok(())
    }

    /// Adds a role, or replaces the one of the same ARN.
    ///
    /// # Errors
    /// When the ARN isn't a role's.
    pub fn add_role(&mut self, role: Role) -> Result<()> {
        if IamArn::parse(&role.arn).is_none_or(|arn| arn.kind != "role") {
            return Err(invalid(format!("`{}` is not the ARN of a role", role.arn)).into());
        }
        self.roles.insert(role.arn.clone(), role);
        Ok(())
    }

    /// Makes an access key or a session invalid, as if it had been deleted.
    pub fn remove_access_key(&mut self, access_key_id: &str) {
        self.credentials.remove(access_key_id);
    }

    /// Lets the next `calls` with each key that is made from now on fail, as if AWS didn't know it everywhere yet.
    pub fn forget_new_keys_for(&mut self, calls: u32) {
        self.access_keys.unknown_for = calls;
    }

    pub(super) fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.get(arn)
    }

    pub(super) fn device(&self, serial: &str) -> Option<&Authenticator> {
        self.devices.get(serial)
    }

    /// Writes what all displays show: a line each of serial, code (or `used`) and seconds left, with tabs between.
    pub(super) fn displays(&self, now: Timestamp) -> String {
        let line = |(serial, device): (&String, &Authenticator)| match device.display(now) {
            Display::Code { code, left } => format!("{serial}\t{code}\t{}\n", left.as_secs()),
            Display::Used { wait } => format!("{serial}\tused\t{}\n", wait.as_secs()),
        };
        self.devices.iter().map(line).collect()
    }

    /// Gives the serials of a user's devices.
    pub(super) fn devices_of<'a>(&'a self, user_arn: &'a str) -> impl Iterator<Item = &'a str> {
        self.devices
            .iter()
            .filter(move |(_, device)| device.owner.as_deref() == Some(user_arn))
            .map(|(serial, _)| serial.as_str())
    }

    pub(super) fn request_id(&mut self) -> String {
        self.random.request_id()
    }

    /// Finds the credentials of a request. The caller checks the signature and then the expiration.
    pub(super) fn find(
        &mut self,
        access_key_id: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Credentials, Refusal> {
        let found = self.credentials.get(access_key_id).ok_or_else(Refusal::unknown_token)?;
        if found.session.as_ref().map(|session| session.token.expose().as_str()) != token {
            return Err(Refusal::unknown_token());
        }
        if found.session.is_none() && !self.access_keys.sign(access_key_id, now) {
            return Err(Refusal::unknown_token());
        }
        Ok(found.clone())
    }

    /// Judges an MFA code given by `user_arn`; spends it.
    pub(super) fn check_code(
        &mut self,
        user_arn: &str,
        serial: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(device) = self.devices.get_mut(serial).filter(|device| device.owner.as_deref() == Some(user_arn))
        else {
            return Err(Refusal::denied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number \
                 is valid and associated with this user.",
            ));
        };
        if device.accept(code, now) {
            return Ok(());
        }
        // the blank at the end is AWS's
        Err(Refusal::denied("MultiFactorAuthentication failed with invalid MFA one time pass code. "))
    }

    /// Issues temporary credentials.
    pub(super) fn issue(&mut self, grant: Grant, now: Timestamp) -> Credentials {
        let end =
            now.saturating_add(SignedDuration::try_from(grant.life).unwrap_or(SignedDuration::MAX)).unwrap_or(now);
        // AWS's expirations have whole seconds
        let expiration = Timestamp::from_second(end.as_second()).unwrap_or(end);
        let token = Secret::new(self.random.session_token(grant.token_size));
        let issued = Credentials {
            principal: grant.principal,
            access_key_id: self.random.access_key_id(),
            secret_access_key: Secret::new(self.random.secret_access_key()),
            session: Some(Session { token, expiration, mfa: grant.mfa }),
        };
        self.credentials.insert(issued.access_key_id.clone(), issued.clone());
        issued
    }
}
