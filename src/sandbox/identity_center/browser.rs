//! Owns what a browser sees: the page that asks whether a client may sign in, its redirect, and the page of the devices.
//! It refuses to send a browser anywhere but to this machine, and has no script.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::oidc::loopback_path;
use super::records::{Code, Decision};
use super::{Approval, end};
use crate::sandbox::faults::Fault;
use crate::sandbox::http::{Reply, Request};
use crate::sandbox::query::Query;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::sigv4::encode;
use crate::sandbox::world::World;
use crate::sandbox::xml::escape;

/// The parameters that the page hands back.
const OF_PAGE: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "state", "code_challenge_method", "scopes", "code_challenge"];

/// Answers the browser that a client sent: the page, or the way back.
pub(super) fn authorize(
    request: &Request,
    query: &Query,
    world: &mut World,
    now: Timestamp,
    faults: &[Fault],
) -> Result<Reply, Refusal> {
    let refused = |message: &str| Refusal::new(400, "InvalidRequestException", message);
    let get = |name: &str| query.get(name).unwrap_or_default();
    let (client_id, redirect_uri) = (get("client_id"), get("redirect_uri"));
    let client = world.identity_centers.clients.get(client_id).filter(|client| client.end > now).cloned();
    let client = client.ok_or_else(|| refused("this client is not registered"))?;
    // RFC 8252: on loopback the port is the client's choice
    let path = loopback_path(redirect_uri);
    if path.is_none() || !client.redirect_uris.iter().any(|uri| loopback_path(uri) == path) {
        return Err(refused("this redirect URI is not registered"));
    }
    let start_url = client.start_url.unwrap_or_default();
    let center = world.identity_centers.known.get(&start_url).cloned();
    let center = center.ok_or_else(|| refused("this client is registered for no instance"))?;
    let back = |answer: &[(&str, &str)]| redirect(redirect_uri, answer, get("state"), faults);
    if get("response_type") != "code" || get("code_challenge_method") != "S256" || get("code_challenge").is_empty() {
        return Ok(back(&[("error", "invalid_request")]));
    }
    let scopes: Vec<String> = get("scopes").split_whitespace().map(str::to_owned).collect();
    if !scopes.iter().all(|scope| client.scopes.contains(scope)) {
        return Ok(back(&[("error", "invalid_scope")]));
    }
    match decision(request, query).or_else(|| center.decision(u32::MAX)) {
        Some(Decision::Denied) => Ok(back(&[("error", "access_denied"), ("error_description", "the user said no")])),
        Some(Decision::Approved) => {
            let code = world.random.device_code();
            let record = Code {
                client_id: client_id.to_owned(),
                start_url,
                redirect_uri: redirect_uri.to_owned(),
                challenge: get("code_challenge").to_owned(),
                scopes,
                end: end(now, center.code_lifetime),
            };
            world.identity_centers.codes.insert(code.clone(), record);
            Ok(back(&[("code", &code)]))
        }
        None => {
            let fields: Vec<(&str, &str)> = OF_PAGE.iter().map(|name| (*name, get(name))).collect();
            let says =
                format!("A program on this machine wants to sign in to {} as {}.", center.start_url, center.user);
            Ok(question(&says, "/authorize", &fields, center.approval))
        }
    }
}

/// Answers the browser in which a person approves a device.
pub(super) fn verify_device(request: &Request, query: &Query, world: &mut World, now: Timestamp) -> Reply {
    let user_code = query.get("user_code").unwrap_or_default().trim().to_ascii_uppercase();
    if user_code.is_empty() {
        let form = "<form method=\"get\" action=\"/device\">\n<p><label>Code: <input name=\"user_code\"></label>\n\
                    <button>Continue</button></p>\n</form>\n";
        return page(200, "Sign in with a device", form);
    }
    let records = &mut world.identity_centers;
    let waiting = records.devices.values_mut().find(|device| device.user_code == user_code && device.end > now);
    let Some(device) = waiting.filter(|device| device.decision.is_none()) else {
        return complaint(400, "no device waits with this code");
    };
    let Some(center) = records.known.get(&device.start_url) else {
        return complaint(400, "this instance is gone");
    };
    let Some(decision) = decision(request, query) else {
        let says = format!("A device wants to sign in to {}. It shows {user_code}.", center.start_url);
        return question(&says, "/device", &[("user_code", &user_code)], center.approval);
    };
    device.decision = Some(decision);
    let outcome = match decision {
        Decision::Approved => "The device is signed in; this page can be closed.",
        Decision::Denied => "The device was denied; this page can be closed.",
    };
    page(200, "Sign in with a device", &format!("<p>{outcome}</p>\n"))
}

/// Gives the page that says what is wrong.
pub(super) fn complaint(status: u16, message: &str) -> Reply {
    page(status, "This can't be done", &format!("<p>{}</p>\n", escape(message)))
}

/// Reads which button was pressed.
fn decision(request: &Request, query: &Query) -> Option<Decision> {
    match (request.method.as_str(), query.get("decision")) {
        ("POST", Some("approve")) => Some(Decision::Approved),
        ("POST", Some("deny")) => Some(Decision::Denied),
        _ => None,
    }
}

fn question(says: &str, action: &str, fields: &[(&str, &str)], approval: Approval) -> Reply {
    let mut body = format!("<p>{}</p>\n", escape(says));
    if approval == Approval::Never {
        body.push_str("<p>Nobody is here who could say yes or no.</p>\n");
        return page(200, "Sign in", &body);
    }
    let _ = writeln!(body, "<form method=\"post\" action=\"{action}\">");
    for (name, value) in fields {
        let _ = writeln!(body, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    }
    body.push_str("<button name=\"decision\" value=\"approve\">Approve</button>\n");
    body.push_str("<button name=\"decision\" value=\"deny\">Deny</button>\n</form>\n");
    page(200, "Sign in", &body)
}

fn page(status: u16, title: &str, body: &str) -> Reply {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n\
         <h1>{title}</h1>\n{body}<p><small>a local stand-in for AWS IAM Identity Center</small></p>\n</body>\n</html>\n"
    );
    let mut reply = Reply::new(status, "text/html; charset=utf-8", html);
    reply.headers.push(("Cache-Control", "no-store".to_owned()));
    reply
}

/// Sends the browser back to the client.
fn redirect(uri: &str, answer: &[(&str, &str)], state: &str, faults: &[Fault]) -> Reply {
    let mut parameters: Vec<(&str, Option<String>)> =
        answer.iter().chain([&("state", state)]).map(|(name, value)| (*name, Some((*value).to_owned()))).collect();
    for fault in faults {
        if let Fault::Replace { element, value } = fault {
            parameters.iter_mut().filter(|(name, _)| name == element).for_each(|(_, old)| old.clone_from(value));
        }
    }
    let pairs = parameters.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", encode(&value?, false))));
    let joint = if uri.contains('?') { '&' } else { '?' };
    let mut reply = page(302, "Signed in", "<p>The browser goes on by itself.</p>\n");
    reply.headers.push(("Location", format!("{uri}{joint}{}", pairs.collect::<Vec<_>>().join("&"))));
    reply
}
