//! Owns IAM Identity Center in the stand-in: sign-ins (OIDC), the pages on which a person approves them, and the portal.
//! It refuses what isn't registered, signed in or assigned; nothing here is signed with SigV4, as at AWS.

mod browser;
mod devices;
mod oidc;
mod portal;
mod records;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

pub(super) use self::records::Records;
pub use self::records::SignedIn;

use super::faults::{self, Fault};
use super::http::{Reply, Request};
use super::query::Query;
use super::refusal::Refusal;
use super::world::World;

/// The scope without which the portal answers nothing.
const SCOPE: &str = "sso:account:access";

/// An instance of IAM Identity Center: its start URL, and the accounts and roles that its one user sees.
#[derive(Debug, Clone)]
pub struct IdentityCenter {
    /// The start URL, by which clients name the instance.
    pub start_url: String,
    /// The region in which it is kept; the partition of its roles follows from it.
    pub region: String,
    /// Who signs in; the sessions of the roles bear the name.
    pub user: String,
    /// What happens on the pages.
    pub approval: Approval,
    /// What becomes of a refresh token that was used.
    pub renewal: Renewal,
    /// How long an access token lives that can be renewed (one hour).
    pub token_lifetime: Duration,
    /// How long a sign-in lasts, renewals included (eight hours).
    pub sign_in_lifetime: Duration,
    /// How long a client stays registered (90 days).
    pub registration_lifetime: Duration,
    /// How long a device code, or a code on its way through the browser, may be used (ten minutes).
    pub code_lifetime: Duration,
    /// How long a device has to wait between two questions (one second).
    pub poll_interval: Duration,
    /// How long the credentials of a role live (one hour).
    pub role_lifetime: Duration,
    /// How many entries a page of a list has at most (100).
    pub page: usize,
    accounts: Vec<Account>,
}

/// An account as the portal shows it.
#[derive(Debug, Clone)]
struct Account {
    id: String,
    name: String,
    email: String,
    roles: Vec<String>,
}

/// What happens to a sign-in that waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// A person approves or denies it on the page.
    ByPage,
    /// It is approved without anybody.
    AtOnce,
    /// It is approved once the device has asked in vain so often; in a browser, at once.
    AfterPolls(u32),
    /// It is denied.
    Denied,
    /// Nobody ever comes.
    Never,
}

/// What becomes of a refresh token that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// It is the next one as well.
    Keeps,
    /// There is a new one, and the old one is good until that is used: an answer that got lost does no harm.
    Replaces,
    /// There is a new one, and the old one is good for nothing.
    ReplacesAtOnce,
}

impl IdentityCenter {
    /// Makes an instance without accounts, whose sign-ins a person approves on the page.
    pub fn new(start_url: &str, region: &str) -> Self {
        let hours = |count: u64| Duration::from_secs(count * 3_600);
        Self {
            start_url: start_url.to_owned(),
            region: region.to_owned(),
            user: "ann@example.com".to_owned(),
            approval: Approval::ByPage,
            renewal: Renewal::Replaces,
            token_lifetime: hours(1),
            sign_in_lifetime: hours(8),
            registration_lifetime: hours(90 * 24),
            code_lifetime: Duration::from_secs(600),
            poll_interval: Duration::from_secs(1),
            role_lifetime: hours(1),
            page: 100,
            accounts: Vec::new(),
        }
    }

    /// Assigns roles of an account to the user; one of the same id is replaced.
    #[must_use]
    pub fn account(mut self, id: &str, name: &str, email: &str, roles: &[&str]) -> Self {
        let [id, name, email] = [id, name, email].map(str::to_owned);
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self.accounts.retain(|account| account.id != id);
        self.accounts.push(Account { id, name, email, roles });
        self
    }

    /// Sets what happens on the pages.
    #[must_use]
    pub fn approval(mut self, approval: Approval) -> Self {
        self.approval = approval;
        self
    }

    /// Gives the ARN of the role that stands in an account for an assigned role.
    pub fn role_arn(&self, account_id: &str, role: &str) -> String {
        portal::role_arn(self, account_id, role)
    }
}

impl World {
    /// Adds an instance of IAM Identity Center, or replaces the one of the same start URL; its sign-ins stay.
    pub fn add_identity_center(&mut self, center: IdentityCenter) {
        self.identity_centers.known.insert(center.start_url.clone(), center);
    }

    /// Gives an instance, to change it.
    pub fn identity_center(&mut self, start_url: &str) -> Option<&mut IdentityCenter> {
        self.identity_centers.known.get_mut(start_url)
    }

    /// Ends all sign-ins, as an administrator can.
    pub fn end_sign_ins(&mut self) {
        self.identity_centers.sign_ins.clear();
    }

    /// Makes all access tokens invalid before their time; refresh tokens stay good.
    pub fn end_access_tokens(&mut self) {
        self.identity_centers.sign_ins.iter_mut().for_each(records::SignIn::end_access);
    }

    /// Forgets all registered clients.
    pub fn forget_clients(&mut self) {
        self.identity_centers.clients.clear();
    }
}

/// What is asked of Identity Center.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    RegisterClient,
    StartDeviceAuthorization,
    CreateToken,
    Authorize,
    VerifyDevice,
    GetRoleCredentials,
    ListAccounts,
    ListAccountRoles,
    Logout,
}

impl Call {
    /// Finds what a path is for.
    pub(super) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/client/register" => Self::RegisterClient,
            "/device_authorization" => Self::StartDeviceAuthorization,
            "/token" => Self::CreateToken,
            "/authorize" => Self::Authorize,
            "/device" => Self::VerifyDevice,
            "/federation/credentials" => Self::GetRoleCredentials,
            "/assignment/accounts" => Self::ListAccounts,
            "/assignment/roles" => Self::ListAccountRoles,
            "/logout" => Self::Logout,
            _ => return None,
        })
    }

    /// Gives the name by which rules and records know it: AWS's for its actions.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RegisterClient => "RegisterClient",
            Self::StartDeviceAuthorization => "StartDeviceAuthorization",
            Self::CreateToken => "CreateToken",
            Self::Authorize => "Authorize",
            Self::VerifyDevice => "VerifyDevice",
            Self::GetRoleCredentials => "GetRoleCredentials",
            Self::ListAccounts => "ListAccounts",
            Self::ListAccountRoles => "ListAccountRoles",
            Self::Logout => "Logout",
        }
    }

    fn is_oidc(self) -> bool {
        matches!(self, Self::RegisterClient | Self::StartDeviceAuthorization | Self::CreateToken)
    }

    fn is_page(self) -> bool {
        matches!(self, Self::Authorize | Self::VerifyDevice)
    }

    fn allows(self, method: &str) -> bool {
        match self {
            _ if self.is_page() => matches!(method, "GET" | "HEAD" | "POST"),
            _ if self.is_oidc() || self == Self::Logout => method == "POST",
            _ => method == "GET",
        }
    }
}

/// Answers a request.
pub(super) fn answer(
    call: Call,
    request: &Request,
    query: &Query,
    world: &mut World,
    now: Timestamp,
    faults: &[Fault],
) -> Result<Reply, Refusal> {
    if !call.allows(&request.method) {
        return Err(Refusal::new(405, "MethodNotAllowed", "this method is not allowed here"));
    }
    let limit = faults::lifetime(faults);
    let result = match call {
        Call::RegisterClient => oidc::register_client(query, world, now)?,
        Call::StartDeviceAuthorization => devices::start(request, query, world, now)?,
        Call::CreateToken => oidc::create_token(query, world, now, limit)?,
        Call::Authorize => return browser::authorize(request, query, world, now, faults),
        Call::VerifyDevice => return Ok(browser::verify_device(request, query, world, now)),
        Call::GetRoleCredentials => portal::get_role_credentials(request, query, world, now, limit)?,
        Call::ListAccounts => portal::list_accounts(request, query, world, now)?,
        Call::ListAccountRoles => portal::list_account_roles(request, query, world, now)?,
        Call::Logout => portal::logout(request, world, now)?,
    };
    let mut members = match result {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    faults::falsify(&mut members, faults);
    // `Logout` has no result
    let body = if call == Call::Logout { String::new() } else { Value::from(members).to_string() };
    let mut reply = Reply::new(200, "application/json", body);
    reply.headers.push(("x-amzn-RequestId", world.request_id()));
    Ok(reply)
}

/// Renders a refusal as the service does that refuses.
pub(super) fn refusal(call: Call, refusal: &Refusal) -> Reply {
    if call.is_page() {
        return browser::complaint(refusal.status, &refusal.message);
    }
    let body = if call.is_oidc() {
        json!({"error": oidc::error(refusal.code), "error_description": refusal.message})
    } else {
        json!({"message": refusal.message, "__type": format!("com.amazonaws.switchboard.portal#{}", refusal.code)})
    };
    let mut reply = Reply::new(refusal.status, "application/json", body.to_string());
    reply.headers.push(("x-amzn-ErrorType", refusal.code.to_owned()));
    reply
}

/// Says that there were too many calls.
pub(super) fn throttling(call: Call) -> Reply {
    let (status, code, message) = match call {
        _ if call.is_oidc() => (400, "SlowDownException", "Too many requests"),
        _ => (429, "TooManyRequestsException", "HTTP 429 Unknown Code"),
    };
    refusal(call, &Refusal::new(status, code, message))
}

/// Gives the end of something that lives so long from now; whole seconds, as AWS counts.
fn end(now: Timestamp, life: Duration) -> Timestamp {
    let end = now.saturating_add(SignedDuration::try_from(life).unwrap_or(SignedDuration::MAX)).unwrap_or(now);
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}
