//! Owns the actions of IAM (Query API 2010-05-08) by which users look after their own MFA devices and access keys.
//! It refuses every other user, policies, and what IAM refuses, in its words.

mod devices;
mod keys;

pub(super) use keys::AccessKeys;

use super::query::{Characters, Check};
use super::refusal::Refusal;
use super::sts::{Call, NAME};
use super::world::World;
use super::xml::Element;

const SERIAL: Characters = Characters(r"[\w+=/:,.@-]+", |c| c.is_ascii_alphanumeric() || "_+=/:,.@-".contains(c));

/// Performs an action: gives what stands inside its result.
pub(super) fn perform(action: &str, call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    // IAM takes a user's session only where it was made with MFA
    if call.caller.principal.role_arn.is_none() && call.caller.session.as_ref().is_some_and(|session| !session.mfa) {
        return Err(Refusal::unknown_token());
    }
    match action {
        "GetUser" => Ok(vec![Element::of("User", user(call)?)]),
        "ListMFADevices" => devices::list(call, world),
        "ListVirtualMFADevices" => Ok(devices::list_virtual(call, world)),
        "CreateVirtualMFADevice" => devices::create(call, world),
        "EnableMFADevice" => devices::enable(call, world),
        "ResyncMFADevice" => devices::resync(call, world),
        "DeactivateMFADevice" => devices::deactivate(call, world),
        "DeleteVirtualMFADevice" => devices::delete(call, world),
        "CreateAccessKey" => keys::create(call, world),
        "ListAccessKeys" => keys::list(call, world),
        "UpdateAccessKey" => keys::update(call, world),
        "DeleteAccessKey" => keys::delete(call, world),
        "GetAccessKeyLastUsed" => keys::last_used(call, world),
        _ => {
            Err(Refusal::new(400, "InvalidAction", format!("Could not find operation {action} for version 2010-05-08")))
        }
    }
}

fn user(call: &Call) -> Result<Vec<Element>, Refusal> {
    let (name, caller) = (user_name(call)?, &call.caller.principal);
    let path = caller.arn.split_once(":user").map_or("/", |(_, path)| path).trim_end_matches(name);
    Ok(vec![
        Element::text("Path", path),
        Element::text("UserName", name),
        Element::text("UserId", caller.user_id.as_str()),
        Element::text("Arn", caller.arn.as_str()),
        Element::text("CreateDate", "2026-01-01T00:00:00Z"),
    ])
}

/// Gives the name of the calling user, which is the only one that may be asked about.
fn user_name<'a>(call: &'a Call) -> Result<&'a str, Refusal> {
    let caller = &call.caller.principal;
    if caller.role_arn.is_some() {
        return Err(Refusal::validation("Must specify userName when calling with non-User credentials"));
    }
    let mut check = Check::new(call.query);
    let asked = check.optional("UserName", 1..=128, &NAME);
    check.finish()?;
    let name = caller.arn.rsplit('/').next().unwrap_or_default();
    match asked {
        Some(other) if other != name => Err(absent(format!("The user with name {other} cannot be found."))),
        _ => Ok(name),
    }
}

fn absent(message: String) -> Refusal {
    Refusal::new(404, "NoSuchEntity", message)
}

fn conflict(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(409, code, message)
}
