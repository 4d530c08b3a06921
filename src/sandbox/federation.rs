//! Owns the federation endpoint of the sign-in service: a token for a session, and the browser that comes with it.
//! It refuses the sessions of users, a length where none may be asked for, and tokens twice or after 15 minutes.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::http::{Reply, Request};
use super::query::Query;
use super::refusal::Refusal;
use super::world::World;
use super::xml::escape;
use crate::partition::Partition;

const PATH: &str = "/federation";
/// How long a token lets someone in.
const LIFE: SignedDuration = SignedDuration::from_mins(15);

/// The tokens that nobody came with yet: who each lets in, and until when.
pub(super) type Tokens = HashMap<String, (String, Timestamp)>;

/// Tells whether a request is for the endpoint.
pub(super) fn is_meant(path: &str) -> bool {
    path == PATH
}

/// Answers a program that asks for a token, or a browser that comes with one.
pub(super) fn answer(request: &Request, query: &Query, world: &mut World, now: Timestamp) -> Result<Reply, Refusal> {
    match query.get("Action") {
        Some("getSigninToken") if matches!(request.method.as_str(), "GET" | "POST") => token(query, world, now),
        Some("login") if request.method == "GET" => login(query, world, now),
        _ => Err(refused("unknown action")),
    }
}

/// Renders a refusal, which names no code.
pub(super) fn refusal(refusal: &Refusal) -> Reply {
    let page = format!("<!doctype html>\n<title>AWS</title>\n<p>{}</p>\n", escape(&refusal.message));
    Reply::new(refusal.status, "text/html", page)
}

fn refused(message: &str) -> Refusal {
    Refusal::new(400, "BadRequest", message)
}

fn token(query: &Query, world: &mut World, now: Timestamp) -> Result<Reply, Refusal> {
    let given: Value = query.get("Session").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let member = |name: &str| given.get(name).and_then(Value::as_str);
    let (Some(id), Some(secret), Some(session_token)) =
        (member("sessionId"), member("sessionKey"), member("sessionToken"))
    else {
        return Err(refused("the session is malformed"));
    };
    let found = world.find(id, Some(session_token), now).map_err(|_| refused("the session is unknown"))?;
    let alive = found.session.as_ref().is_some_and(|session| session.expiration > now);
    if !alive || found.secret_access_key.expose() != secret {
        return Err(refused("the session is unknown or expired"));
    }
    if found.principal.role_arn.is_none() {
        return Err(refused("a session of GetSessionToken can't be federated"));
    }
    if let Some(duration) = query.get("SessionDuration") {
        let in_range = duration.parse::<u32>().is_ok_and(|seconds| (900..=43_200).contains(&seconds));
        if !in_range || found.principal.chained {
            return Err(refused("SessionDuration can't be asked for"));
        }
    }
    let token = world.random.sign_in_token("");
    let end = now.saturating_add(LIFE).unwrap_or(now);
    world.sign_in_tokens.insert(token.clone(), (found.principal.arn, end));
    Ok(Reply::new(200, "application/json", serde_json::json!({ "SigninToken": token }).to_string()))
}

fn login(query: &Query, world: &mut World, now: Timestamp) -> Result<Reply, Refusal> {
    let (token, destination) = (query.get("SigninToken").unwrap_or_default(), query.get("Destination"));
    let known = world.sign_in_tokens.remove(token).filter(|(_, end)| *end > now);
    let (arn, _) = known.ok_or_else(|| refused("the token is unknown, used or expired"))?;
    let partition = Partition::of_arn(&arn);
    let destination = destination.filter(|url| partition.is_some_and(|partition| partition.is_console(url)));
    let destination = destination.ok_or_else(|| refused("the destination is no console"))?;
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>A stand-in for the AWS console</title>\n\
         <p>Signed in as <b>{}</b>.</p>\n<p>AWS would go on to {}.</p>\n</html>\n",
        escape(&arn),
        escape(destination),
    );
    Ok(Reply::new(200, "text/html; charset=utf-8", page))
}
