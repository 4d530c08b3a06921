//! Owns the life of MFA devices: created with a seed, enabled with two consecutive codes, resynchronised, deactivated, deleted.
//! It refuses a ninth device of a user, and to delete one that is somebody's.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{SERIAL, absent, conflict, user_name};
use crate::sandbox::query::{Characters, Check};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::sts::{Call, NAME};
use crate::sandbox::totp::{Authenticator, Device};
use crate::sandbox::world::World;
use crate::sandbox::xml::Element;
use crate::secret::Secret;

/// The devices that a user may have.
const MOST: usize = 8;
const CODE: Characters = Characters(r"[\d]+", |c| c.is_ascii_digit());
/// How far off, in windows, a device may be that is enabled, and one that is resynchronised.
const ENABLED_WITHIN: u64 = 2;
const RESYNCED_WITHIN: u64 = 20;
/// A PNG of one black dot, in place of the QR code.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

pub(super) fn list(call: &Call, world: &World) -> Result<Vec<Element>, Refusal> {
    let name = user_name(call)?;
    let member = |serial: &str| {
        let fields = [("UserName", name), ("SerialNumber", serial), ("EnableDate", "2026-01-01T00:00:00Z")];
        Element::of("member", fields.map(|(field, value)| Element::text(field, value)).into())
    };
    let devices = world.devices_of(&call.caller.principal.arn).map(member).collect();
    Ok(vec![Element::of("MFADevices", devices), Element::text("IsTruncated", "false")])
}

pub(super) fn list_virtual(call: &Call, world: &World) -> Vec<Element> {
    let prefix = account_prefix(call);
    let of_account = world.devices.iter().filter(|(serial, _)| serial.starts_with(&prefix));
    let member = |(serial, device): (&String, &Authenticator)| {
        let mut fields = vec![Element::text("SerialNumber", serial.as_str())];
        if let Some(owner) = &device.owner {
            let name = owner.rsplit('/').next().unwrap_or_default();
            let owner = [("Path", "/"), ("UserName", name), ("UserId", "AIDAOWNER"), ("Arn", owner.as_str())];
            let mut owner: Vec<_> = owner.map(|(field, value)| Element::text(field, value)).into();
            owner.push(Element::text("CreateDate", "2026-01-01T00:00:00Z"));
            fields.push(Element::of("User", owner));
        }
        Element::of("member", fields)
    };
    vec![Element::of("VirtualMFADevices", of_account.map(member).collect()), Element::text("IsTruncated", "false")]
}

pub(super) fn create(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let mut check = Check::new(call.query);
    let name = check.required("VirtualMFADeviceName", 1..=226, &NAME);
    check.finish()?;
    let serial = format!("{}{name}", account_prefix(call));
    if world.devices.contains_key(&serial) {
        return Err(conflict("EntityAlreadyExists", "MFADevice entity at the same path and name already exists."));
    }
    let seed = world.random.mfa_seed();
    let device = Device { serial: serial.clone(), seed: Secret::new(seed.clone()) };
    let device = Authenticator::new(None, &device).map_err(|_| Refusal::validation("the seed"))?;
    world.devices.insert(serial.clone(), device);
    let fields = [
        ("SerialNumber", serial),
        // a blob is in base 64 on its way, whatever is in it
        ("Base32StringSeed", BASE64_STANDARD.encode(seed)),
        ("QRCodePNG", PNG.to_owned()),
    ];
    Ok(vec![Element::of("VirtualMFADevice", fields.map(|(field, value)| Element::text(field, value)).into())])
}

pub(super) fn enable(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    user_name(call)?;
    let (serial, codes) = serial_and_codes(call)?;
    let owner = call.caller.principal.arn.clone();
    let count = world.devices_of(&owner).count();
    let device = world.devices.get_mut(serial).filter(|device| device.owner.as_ref().is_none_or(|is| *is == owner));
    let device = device.ok_or_else(|| unknown(serial))?;
    if device.owner.is_some() {
        return Err(conflict("EntityAlreadyExists", "MFA Device is already in use"));
    }
    if count >= MOST {
        return Err(conflict("LimitExceeded", format!("Cannot exceed quota for MFADevicesPerUser: {MOST}")));
    }
    if !device.accept_two(codes, call.now, ENABLED_WITHIN) {
        return Err(wrong_codes());
    }
    device.owner = Some(owner);
    Ok(Vec::new())
}

pub(super) fn resync(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let (serial, codes) = serial_and_codes(call)?;
    let device = own(call, world, serial)?;
    if device.accept_two(codes, call.now, RESYNCED_WITHIN) { Ok(Vec::new()) } else { Err(wrong_codes()) }
}

pub(super) fn deactivate(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let serial = serial(call)?;
    own(call, world, serial)?.owner = None;
    Ok(Vec::new())
}

pub(super) fn delete(call: &Call, world: &mut World) -> Result<Vec<Element>, Refusal> {
    let serial = serial(call)?;
    let device = world.devices.get(serial).filter(|_| serial.starts_with(&account_prefix(call)));
    if device.ok_or_else(|| unknown(serial))?.owner.is_some() {
        return Err(conflict("DeleteConflict", "Cannot delete entity, must remove users from device first."));
    }
    world.devices.remove(serial);
    Ok(Vec::new())
}

fn own<'w>(call: &Call, world: &'w mut World, serial: &str) -> Result<&'w mut Authenticator, Refusal> {
    let name = user_name(call)?;
    let owner = &call.caller.principal.arn;
    let device = world.devices.get_mut(serial).filter(|device| device.owner.as_ref() == Some(owner));
    device.ok_or_else(|| absent(format!("MFA Device {serial} is not valid for user {name}.")))
}

fn serial<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let mut check = Check::new(call.query);
    let serial = check.required("SerialNumber", 9..=256, &SERIAL);
    check.finish().map(|()| serial)
}

fn serial_and_codes<'a>(call: &Call<'a>) -> Result<(&'a str, [&'a str; 2]), Refusal> {
    let mut check = Check::new(call.query);
    let serial = check.required("SerialNumber", 9..=256, &SERIAL);
    let codes = ["AuthenticationCode1", "AuthenticationCode2"].map(|name| check.required(name, 6..=6, &CODE));
    check.finish().map(|()| (serial, codes))
}

fn account_prefix(call: &Call) -> String {
    let caller = &call.caller.principal;
    let partition = caller.arn.split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:iam::{}:mfa/", caller.account)
}

fn unknown(serial: &str) -> Refusal {
    absent(format!("VirtualMFADevice with serial number {serial} doesn't exist."))
}

fn wrong_codes() -> Refusal {
    Refusal::new(403, "InvalidAuthenticationCode", "Authentication code for device is not valid")
}
