//! Owns the life of users' access keys: two at most, active or not, last used when, and unknown everywhere else for a while.
//! It refuses to show a secret twice.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{absent, conflict, user_name};
use crate::clock::rfc3339;
use crate::sandbox::query::{Characters, Check};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::sts::Call;
use crate::sandbox::world::{Credentials, World};
use crate::sandbox::xml::Element;
use crate::secret::Secret;

/// The access keys that a user may have.
const MOST: usize = 2;
const ID: Characters = Characters(r"[\w]+", |c| c.is_ascii_alphanumeric() || c == '_');

/// What is known of long-term keys besides their secrets.
#[derive(Default)]
pub(in crate::sandbox) struct AccessKeys {
    keys: BTreeMap<String, AccessKey>,
    /// How many calls with a new key are refused before it is known.
    pub(in crate::sandbox) unknown_for: u32,
}

struct AccessKey {
    active: bool,
    created: Option<Timestamp>,
    last_used: Option<Timestamp>,
    unknown_for: u32,
}

impl AccessKeys {
    /// Notes a call signed with a key; false where the key may not sign, or isn't known yet.
    pub(in crate::sandbox) fn sign(&mut self, id: &str, now: Timestamp) -> bool {
        let key = self.keys.entry(id.to_owned()).or_insert(AccessKey::OLD);
        if key.unknown_for > 0 {
            key.unknown_for -= 1;
            return false;
        }
        if key.active {
            key.last_used = Some(now);
        }
        key.active
    }
}

impl AccessKey {
    /// A key that was there from the beginning.
    const OLD: Self = Self { active: true, created: None, last_used: None, unknown_for: 0 };

    fn status(&self) -> &'static str {
        if self.active { "Active" } else { "Inactive" }
    }

    fn created(&self) -> String {
        self.created.map_or_else(|| "2026-01-01T00:00:00Z".to_owned(), rfc3339)
    }
}

pub(super) fn create(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let name = user_name(call)?;
    if ids(call, world).len() >= MOST {
        return Err(conflict("LimitExceeded", format!("Cannot exceed quota for AccessKeysPerUser: {MOST}")));
    }
    let id = world.random.access_key_id().replacen("ASIA", "AKIA", 1);
    let secret = world.random.secret_access_key();
    let unknown_for = world.access_keys.unknown_for;
    let key = AccessKey { active: true, created: Some(call.now), last_used: None, unknown_for };
    let fields = [
        ("UserName", name.to_owned()),
        ("AccessKeyId", id.clone()),
        ("Status", key.status().to_owned()),
        ("SecretAccessKey", secret.clone()),
        ("CreateDate", key.created()),
    ];
    world.access_keys.keys.insert(id.clone(), key);
    let principal = call.caller.principal.clone();
    let credentials =
        Credentials { principal, access_key_id: id.clone(), secret_access_key: Secret::new(secret), session: None };
    world.credentials.insert(id, credentials);
    Ok(vec![Element::of("AccessKey", fields.map(|(field, value)| Element::text(field, value)).into())])
}

pub(super) fn list(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let name = user_name(call)?;
    let mut members = Vec::new();
    for id in ids(call, world) {
        let key = world.access_keys.keys.entry(id.clone()).or_insert(AccessKey::OLD);
        let created = key.created();
        let fields = [("UserName", name), ("AccessKeyId", &id), ("Status", key.status()), ("CreateDate", &created)];
        members.push(Element::of("member", fields.map(|(field, value)| Element::text(field, value)).into()));
    }
    Ok(vec![Element::of("AccessKeyMetadata", members), Element::text("IsTruncated", "false")])
}

pub(super) fn update(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let id = own(call, world)?;
    let active = match call.query.get("Status") {
        Some("Active") => true,
        Some("Inactive") => false,
        _ => return Err(Refusal::validation("Member must satisfy enum value set: [Active, Inactive]")),
    };
    world.access_keys.keys.entry(id).or_insert(AccessKey::OLD).active = active;
    Ok(Vec::new())
}

pub(super) fn delete(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let id = own(call, world)?;
    world.credentials.remove(&id);
    world.access_keys.keys.remove(&id);
    Ok(Vec::new())
}

pub(super) fn last_used(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let id = own(call, world)?;
    let used = world.access_keys.keys.get(&id).and_then(|key| key.last_used);
    let mut fields = vec![
        Element::text("ServiceName", if used.is_some() { "sts" } else { "N/A" }),
        Element::text("Region", if used.is_some() { "us-east-1" } else { "N/A" }),
    ];
    fields.extend(used.map(|used| Element::text("LastUsedDate", rfc3339(used))));
    Ok(vec![Element::text("UserName", user_name(call)?), Element::of("AccessKeyLastUsed", fields)])
}

/// Gives the key that the call is about, which must be the caller's own.
fn own(call: &Call, world: &World) -> Result<String, Refusal> {
    user_name(call)?;
    let mut check = Check::new(call.query);
    let id = check.required("AccessKeyId", 16..=128, &ID);
    check.finish()?;
    let found = ids(call, world).into_iter().find(|own| own == id);
    found.ok_or_else(|| absent(format!("The Access Key with id {id} cannot be found.")))
}

fn ids(call: &Call, world: &World) -> Vec<String> {
    let of_caller = |key: &&Credentials| key.session.is_none() && key.principal.arn == call.caller.principal.arn;
    let mut ids: Vec<_> = world.credentials.values().filter(of_caller).map(|key| key.access_key_id.clone()).collect();
    ids.sort();
    ids
}
