//! Owns the few actions of IAM (Query API 2010-05-08) by which a user looks at their own account entry.
//! It refuses to change anything.

use super::refusal::Refusal;
use super::sts::Call;
use super::world::World;
use super::xml::Element;

/// Performs an action: gives what stands inside its result.
pub(super) fn perform(action: &str, call: &Call, world: &World) -> Result<Vec<Element>, Refusal> {
    // IAM takes a user's session only where it was made with MFA
    if call.caller.principal.role_arn.is_none() && call.caller.session.as_ref().is_some_and(|session| !session.mfa) {
        return Err(Refusal::unknown_token());
    }
    match action {
        "GetUser" => Ok(vec![Element::of("User", user(call)?)]),
        "ListMFADevices" => list_mfa_devices(call, world),
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

fn list_mfa_devices(call: &Call, world: &World) -> Result<Vec<Element>, Refusal> {
    let name = user_name(call)?;
    let member = |serial: &str| {
        let fields = [("UserName", name), ("SerialNumber", serial), ("EnableDate", "2026-01-01T00:00:00Z")];
        Element::of("member", fields.map(|(field, value)| Element::text(field, value)).into())
    };
    let devices = world.devices_of(&call.caller.principal.arn).map(member).collect();
    Ok(vec![Element::of("MFADevices", devices), Element::text("IsTruncated", "false")])
}

/// Gives the name of the calling user, which is the only one that may be asked about.
fn user_name<'a>(call: &'a Call) -> Result<&'a str, Refusal> {
    let caller = &call.caller.principal;
    if caller.role_arn.is_some() {
        return Err(Refusal::validation("Must specify userName when calling with non-User credentials"));
    }
    let name = caller.arn.rsplit('/').next().unwrap_or_default();
    match call.query.get("UserName") {
        Some(other) if other != name => {
            Err(Refusal::new(404, "NoSuchEntity", format!("The user with name {other} cannot be found.")))
        }
        _ => Ok(name),
    }
}
