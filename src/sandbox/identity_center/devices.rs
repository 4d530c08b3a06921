//! Owns the sign-in of a device that a person approves elsewhere: StartDeviceAuthorization, and the asking until then.
//! It refuses a device that asks more often than it was told to.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::end;
use super::oidc::{DEVICE, invalid, required};
use super::records::{Client, Decision, Device, Tokens};
use crate::sandbox::http::Request;
use crate::sandbox::query::Query;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::world::World;

/// How many questions may come sooner than the interval says: botocore asks twice before it waits for the first time.
const AHEAD: u32 = 3;

/// Begins to wait for a person.
pub(super) fn start(request: &Request, query: &Query, world: &mut World, now: Timestamp) -> Result<Value, Refusal> {
    let (id, secret) = (required(query, "clientId")?, required(query, "clientSecret")?);
    let start_url = required(query, "startUrl")?;
    let client = world.client(id, secret, now)?;
    if !client.grant_types.is_empty() && !client.grant_types.iter().any(|grant| grant == DEVICE) {
        return Err(Refusal::new(400, "UnauthorizedClientException", "The client isn't registered for this grant"));
    }
    let center = world.identity_centers.known.get(start_url);
    let center = center.cloned().ok_or_else(|| invalid("Invalid start URL provided"))?;
    let (device_code, user_code) = (world.random.device_code(), world.random.user_code());
    let device = Device {
        user_code: user_code.clone(),
        client_id: id.to_owned(),
        start_url: start_url.to_owned(),
        since: now,
        end: end(now, center.code_lifetime),
        polls: 0,
        decision: None,
    };
    world.identity_centers.devices.insert(device_code.clone(), device);
    let page = format!("http://{}/device", request.header("host").unwrap_or("127.0.0.1"));
    Ok(json!({
        "deviceCode": device_code,
        "userCode": user_code,
        "verificationUri": page,
        "verificationUriComplete": format!("{page}?user_code={user_code}"),
        "expiresIn": center.code_lifetime.as_secs(),
        "interval": center.poll_interval.as_secs(),
    }))
}

/// Gives tokens for a device that was approved; it is good once.
pub(super) fn redeem(
    device_code: &str,
    client_id: &str,
    client: &Client,
    world: &mut World,
    now: Timestamp,
    limit: Option<Duration>,
) -> Result<Tokens, Refusal> {
    let unknown = || Refusal::new(400, "InvalidGrantException", "Invalid device code provided");
    let records = &mut world.identity_centers;
    let device = records.devices.get_mut(device_code).filter(|device| device.client_id == client_id);
    let device = device.ok_or_else(unknown)?;
    let center = records.known.get(&device.start_url).ok_or_else(unknown)?;
    if device.end <= now {
        return Err(Refusal::new(400, "ExpiredTokenException", "Device code has expired"));
    }
    let decision = device.decision.or_else(|| center.decision(device.polls));
    device.polls += 1;
    match decision {
        Some(Decision::Denied) => Err(Refusal::new(400, "AccessDeniedException", "The request was denied")),
        None if is_hasty(device, center.poll_interval, now) => {
            Err(Refusal::new(400, "SlowDownException", "Polling too frequently"))
        }
        None => Err(Refusal::new(400, "AuthorizationPendingException", "Authorization pending")),
        Some(Decision::Approved) => {
            let start_url = device.start_url.clone();
            records.devices.remove(device_code);
            let scopes = client.scopes.clone();
            world.begin_sign_in(&start_url, client_id, scopes, now, limit).ok_or_else(unknown)
        }
    }
}

fn is_hasty(device: &Device, interval: Duration, now: Timestamp) -> bool {
    let waited = now.duration_since(device.since).as_secs();
    let interval = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX).max(1);
    i64::from(device.polls) > i64::from(AHEAD) + waited / interval
}
