//! Owns the actions of STS (Query API 2011-06-15): who is calling, sessions for users, sessions for roles.
//! It refuses what STS refuses, in its words; the limits are those of the service's published model.

use std::time::Duration;

use jiff::Timestamp;

use super::query::{Characters, Check, Query};
use super::refusal::Refusal;
use super::trust::{self, Request};
use super::world::{Credentials, Grant, Principal, World};
use super::xml::Element;
use crate::clock::rfc3339;

pub(super) const HOUR: i64 = 3_600;
/// The longest session token, in bytes.
const MAX_TOKEN: i64 = 4_096;
const SERIAL: Characters = Characters(r"[\w+=/:,.@-]*", |c| is_word(c) || "+=/:,.@-".contains(c));
const CODE: Characters = Characters(r"[\d]*", |c| c.is_ascii_digit());
pub(super) const NAME: Characters = Characters(r"[\w+=,.@-]*", |c| is_word(c) || "+=,.@-".contains(c));
const EXTERNAL_ID: Characters = Characters(r"[\w+=,.@:\/-]*", |c| is_word(c) || "+=,.@:/-".contains(c));
pub(super) const ARN: Characters = Characters(
    r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD]+",
    |c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..),
);
const POLICY: Characters =
    Characters(r"[\u0009\u000A\u000D\u0020-\u00FF]+", |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}'));
const TAG: Characters =
    Characters(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", |c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c));

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A call by someone whose signature was accepted.
pub(super) struct Call<'a> {
    pub(super) caller: &'a Credentials,
    pub(super) query: &'a Query,
    pub(super) now: Timestamp,
    /// Cuts the life of what is issued, whatever was asked for.
    pub(super) lifetime: Option<Duration>,
}

/// Performs an action: gives what stands inside its result.
pub(super) fn perform(action: &str, call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    match action {
        "GetCallerIdentity" => Ok(get_caller_identity(&call.caller.principal)),
        "GetSessionToken" => get_session_token(call, world),
        "AssumeRole" => assume_role(call, world),
        _ => {
            Err(Refusal::new(400, "InvalidAction", format!("Could not find operation {action} for version 2011-06-15")))
        }
    }
}

fn get_caller_identity(caller: &Principal) -> Vec<Element> {
    vec![
        Element::text("Arn", caller.arn.as_str()),
        Element::text("UserId", caller.user_id.as_str()),
        Element::text("Account", caller.account.as_str()),
    ]
}

fn get_session_token(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let mut check = Check::new(call.query);
    let duration = check.number("DurationSeconds", 900..=129_600)?.unwrap_or(12 * HOUR);
    let code = MfaCode::read(&mut check);
    let token_size = token_size(&mut check)?;
    check.finish()?;
    if call.caller.session.is_some() {
        return Err(Refusal::denied("Cannot call GetSessionToken with session credentials"));
    }
    let mfa = code.spend(call, world)?;
    let grant =
        Grant { principal: call.caller.principal.clone(), mfa, life: life(call.lifetime, duration), token_size };
    Ok(vec![credentials(world.issue(grant, call.now))])
}

fn assume_role(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let mut check = Check::new(call.query);
    let role_arn = check.required("RoleArn", 20..=2048, &ARN);
    let session_name = check.required("RoleSessionName", 2..=64, &NAME);
    let duration = check.number("DurationSeconds", 900..=12 * HOUR)?.unwrap_or(HOUR);
    let external_id = check.optional("ExternalId", 2..=1224, &EXTERNAL_ID);
    let source_identity = check.optional("SourceIdentity", 2..=64, &NAME);
    let code = MfaCode::read(&mut check);
    let tags = Tags::read(call.query, &mut check);
    let policies = Policies::read(call.query, &mut check);
    let token_size = token_size(&mut check)?;
    check.finish()?;
    let session = Principal::of_role(role_arn, session_name);
    let session = session.ok_or_else(|| Refusal::validation(format!("{role_arn} is invalid")))?;
    policies.check()?;
    let caller = &call.caller.principal;
    tags.check(caller)?;

    let code_given = code.spend(call, world)?;
    let mfa = code_given || call.caller.session.as_ref().is_some_and(|session| session.mfa);
    let temporary = call.caller.session.is_some();
    let request = Request { role_arn, external_id, source_identity, mfa, temporary, duration };
    trust::allow(world.role(role_arn), caller, &request)?;

    let principal = Principal {
        source_identity: source_identity.map(str::to_owned).or_else(|| caller.source_identity.clone()),
        transitive_tags: tags.handed_on(caller),
        chained: caller.role_arn.is_some(),
        ..session
    };
    let assumed = assumed_role_user(&principal);
    let identity = principal.source_identity.clone();
    // a role session doesn't carry the MFA of the call that made it
    let issued =
        world.issue(Grant { principal, mfa: false, life: life(call.lifetime, duration), token_size }, call.now);
    let utilization = token_utilization(&issued);
    let mut result = vec![credentials(issued), assumed, utilization];
    result.extend(policies.packed_size(tags.keys.len()));
    result.extend(identity.map(|identity| Element::text("SourceIdentity", identity)));
    Ok(result)
}

/// Reads how long the session token is to be at least.
pub(super) fn token_size(check: &mut Check) -> Result<usize, Refusal> {
    let size = check.number("MinimumSessionTokenSize", 0..=MAX_TOKEN)?;
    Ok(size.and_then(|size| usize::try_from(size).ok()).unwrap_or_default())
}

/// Says how much of the longest session token this one is.
pub(super) fn token_utilization(issued: &Credentials) -> Element {
    let size = issued.session.as_ref().map_or(0, |session| session.token.expose().len());
    Element::text("SessionTokenUtilization", percent(size))
}

fn percent(size: usize) -> String {
    (size * 100).div_ceil(MAX_TOKEN.unsigned_abs() as usize).min(100).to_string()
}

/// Gives how long a session lives that was asked for `duration` seconds.
pub(super) fn life(limit: Option<Duration>, duration: i64) -> Duration {
    let asked = Duration::from_secs(duration.unsigned_abs());
    limit.map_or(asked, |limit| limit.min(asked))
}

/// Says who a session of a role is.
pub(super) fn assumed_role_user(principal: &Principal) -> Element {
    let fields = [("AssumedRoleId", &principal.user_id), ("Arn", &principal.arn)];
    Element::of("AssumedRoleUser", fields.map(|(name, text)| Element::text(name, text.as_str())).into())
}

/// Writes credentials.
pub(super) fn credentials(issued: Credentials) -> Element {
    let mut elements = vec![
        Element::text("AccessKeyId", issued.access_key_id),
        Element::text("SecretAccessKey", issued.secret_access_key.expose().as_str()),
    ];
    if let Some(session) = issued.session {
        elements.push(Element::text("SessionToken", session.token.expose().as_str()));
        elements.push(Element::text("Expiration", rfc3339(session.expiration)));
    }
    Element::of("Credentials", elements)
}

/// The two MFA parameters of a call.
struct MfaCode<'a> {
    serial: Option<&'a str>,
    code: Option<&'a str>,
}

impl<'a> MfaCode<'a> {
    fn read(check: &mut Check<'a>) -> Self {
        Self {
            serial: check.optional("SerialNumber", 9..=256, &SERIAL),
            code: check.optional("TokenCode", 6..=6, &CODE),
        }
    }

    /// Judges the code and spends it; tells whether there was one.
    fn spend(&self, call: &Call, world: &mut World) -> Result<bool, Refusal> {
        match (self.serial, self.code) {
            (None, None) => Ok(false),
            (Some(serial), Some(code)) => {
                world.check_code(&call.caller.principal.arn, serial, code, call.now).map(|()| true)
            }
            _ => Err(Refusal::denied(
                "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
            )),
        }
    }
}

/// What limits a session besides the role's own policies.
pub(super) struct Policies<'a> {
    policy: Option<&'a str>,
    count: usize,
}

impl<'a> Policies<'a> {
    pub(super) fn read(query: &Query, check: &mut Check<'a>) -> Self {
        let policy = check.optional("Policy", 1..=2048, &POLICY);
        let count = query.members("PolicyArns").len();
        check.at_most("PolicyArns", count, 10);
        Self { policy, count }
    }

    /// Refuses what isn't JSON.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let is_policy = |text| serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object());
        match self.policy {
            Some(text) if !is_policy(text) => {
                Err(Refusal::new(400, "MalformedPolicyDocument", "Syntax errors in policy."))
            }
            _ => Ok(()),
        }
    }

    /// Says how much room policies and tags take; nothing where there are none.
    pub(super) fn packed_size(&self, tags: usize) -> Option<Element> {
        let size = self.policy.map_or(0, str::len) + 60 * self.count + 40 * tags;
        (size > 0).then(|| Element::text("PackedPolicySize", percent(size)))
    }
}

/// The session tags of a call.
struct Tags {
    keys: Vec<String>,
    transitive: Vec<String>,
}

impl Tags {
    fn read(query: &Query, check: &mut Check) -> Self {
        let mut keys = Vec::new();
        let tags = query.members("Tags");
        check.at_most("Tags", tags.len(), 50);
        for (index, tag) in tags.iter().enumerate() {
            let [key, value] = ["Key", "Value"].map(|field| tag.get(field).copied().unwrap_or_default());
            check.text(&format!("tags.{}.member.key", index + 1), key, 1..=128, &TAG);
            check.text(&format!("tags.{}.member.value", index + 1), value, 0..=256, &TAG);
            keys.push(key.to_owned());
        }
        let members = query.members("TransitiveTagKeys");
        check.at_most("TransitiveTagKeys", members.len(), 50);
        let transitive = members.iter().filter_map(|member| member.get("")).map(|&key| key.to_owned()).collect();
        Self { keys, transitive }
    }

    fn check(&self, caller: &Principal) -> Result<(), Refusal> {
        let same = |a: &String, b: &String| a.to_lowercase() == b.to_lowercase();
        let twice = |(index, key): (usize, &String)| self.keys.iter().skip(index + 1).any(|other| same(key, other));
        if self.keys.iter().enumerate().any(twice) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(Refusal::new(400, "InvalidParameterValue", message));
        }
        if self.transitive.iter().any(|key| !self.keys.iter().any(|have| same(have, key))) {
            return Err(Refusal::validation(
                "The specified transitive tag key must be included in the requested tags.",
            ));
        }
        if self.keys.iter().any(|key| caller.transitive_tags.iter().any(|have| same(have, key))) {
            return Err(Refusal::new(
                400,
                "InvalidParameterValue",
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key \
                 from the calling session.",
            ));
        }
        Ok(())
    }

    fn handed_on(&self, caller: &Principal) -> Vec<String> {
        caller.transitive_tags.iter().chain(&self.transitive).cloned().collect()
    }
}
