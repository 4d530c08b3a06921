//! Owns the metadata service of the EC2 instance: tokens, lists, values and the role's credentials, as EC2 gives them.
//! It refuses every version of the data but `latest`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::faults::{self, Fault};
use super::http::{Reply, Request};
use super::instance::{Access, Instance};
use super::random::unique_id;
use super::rotation::{Order, hand_out};
use super::world::World;
use crate::clock::rfc3339;

/// The path of the tokens.
const TOKEN: &str = "/latest/api/token";
/// The header that carries a token.
const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token";
/// The header that says how long a token is to be good, or is still good.
const TTL_HEADER: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// The longest life of a token, in seconds.
const LONGEST: i64 = 21_600;

/// Tells whether a request is for the metadata service.
pub(super) fn is_meant(path: &str) -> bool {
    path == "/latest" || path.starts_with("/latest/")
}

/// Answers a request; without an instance there is nothing.
pub(super) fn answer(request: &Request, world: &mut World, now: Timestamp, faults: &[Fault]) -> Reply {
    respond(request, world, now, faults).unwrap_or_else(refusal)
}

/// Makes the page with which the service refuses.
pub(super) fn refusal(status: u16) -> Reply {
    let title = format!("{status} - {}", super::http::reason(status));
    let page = format!(
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n\
         <!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n\
         \t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n \
         <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n </body>\n</html>\n"
    );
    reply(status, "text/html", page)
}

fn respond(request: &Request, world: &mut World, now: Timestamp, faults: &[Fault]) -> Result<Reply, u16> {
    let instance = world.instance.as_ref().map(|post| post.holder.clone()).ok_or(404_u16)?;
    if instance.access == Access::Disabled {
        return Err(403);
    }
    if request.path == TOKEN {
        return give_token(request, &instance, world, now);
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Err(405);
    }
    let token = request.header(TOKEN_HEADER).filter(|_| !matches!(instance.access, Access::V1Only(_)));
    let left = match token {
        Some(token) => {
            let end = world.random.end_of_metadata_token(&instance.id, token).filter(|end| *end > now);
            Some(end.ok_or(401_u16)?.duration_since(now).as_secs())
        }
        None if instance.access == Access::V2Only => return Err(401),
        None => None,
    };
    let mut reply = value(&request.path, &instance, world, now, faults)?;
    if let Some(left) = left {
        reply.headers.push((TTL_HEADER, left.to_string()));
    }
    Ok(reply)
}

fn give_token(request: &Request, instance: &Instance, world: &World, now: Timestamp) -> Result<Reply, u16> {
    if request.method != "PUT" {
        return Err(405);
    }
    if let Access::V1Only(status) = instance.access {
        return Err(status);
    }
    // whoever asks for others gets none
    if request.header("x-forwarded-for").is_some() {
        return Err(403);
    }
    let life = request.header(TTL_HEADER).and_then(|text| text.trim().parse::<i64>().ok());
    let life = life.filter(|life| (1..=LONGEST).contains(life)).ok_or(400_u16)?;
    let end = now.saturating_add(SignedDuration::from_secs(life)).map_err(|_| 400_u16)?;
    let mut reply = reply(200, "text/plain", world.random.metadata_token(&instance.id, end));
    reply.headers.push((TTL_HEADER, life.to_string()));
    Ok(reply)
}

fn value(path: &str, instance: &Instance, world: &mut World, now: Timestamp, faults: &[Fault]) -> Result<Reply, u16> {
    let plain = |text: String| reply(200, "text/plain", text);
    let mut values: BTreeMap<String, String> =
        instance.values().into_iter().map(|(path, value)| (format!("meta-data/{path}"), value)).collect();
    values.insert("dynamic/instance-identity/document".into(), instance.identity_document());
    let path = path.strip_prefix("/latest").unwrap_or(path).trim_start_matches('/');
    // behind a value a slash does no harm: botocore sends one
    let leaf = path.strip_suffix('/').unwrap_or(path);
    if let Some(role) = instance.role_name() {
        let of_credentials = format!("meta-data/iam/security-credentials/{role}");
        let members = match leaf {
            "meta-data/iam/info" => Some(info(instance, now)),
            _ if leaf == of_credentials => Some(credentials(instance, world, now, faults)),
            _ => None,
        };
        if let Some(mut members) = members {
            faults::falsify(&mut members, faults);
            return Ok(plain(pretty(&members)));
        }
        values.extend(["meta-data/iam/info".into(), of_credentials].map(|path| (path, String::new())));
    }
    if let Some(value) = values.get(leaf) {
        return Ok(plain(value.clone()));
    }
    list(&values, path).map(plain).ok_or(404)
}

/// Lists a folder: one name a line, a slash behind those of folders, no line break at the end.
fn list(values: &BTreeMap<String, String>, folder: &str) -> Option<String> {
    let folder = if folder.is_empty() || folder.ends_with('/') { folder.to_owned() } else { format!("{folder}/") };
    let names: BTreeSet<&str> = values
        .keys()
        .filter_map(|path| path.strip_prefix(&folder))
        .map(|rest| rest.find('/').and_then(|slash| rest.get(..=slash)).unwrap_or(rest))
        .collect();
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join("\n"))
}

fn info(instance: &Instance, now: Timestamp) -> Map<String, Value> {
    let arn = instance.profile_arn().unwrap_or_default();
    members(json!({
        "Code": "Success",
        "LastUpdated": rfc3339(now),
        "InstanceProfileId": unique_id("AIPA", &arn),
        "InstanceProfileArn": arn,
    }))
}

fn credentials(instance: &Instance, world: &mut World, now: Timestamp, faults: &[Fault]) -> Map<String, Value> {
    let order = Order {
        service: "ec2.amazonaws.com",
        role_arn: instance.role.as_deref().unwrap_or_default(),
        session_name: &instance.id,
        rhythm: instance.rhythm,
    };
    let before = world.instance.as_mut().and_then(|post| post.handed.take());
    let handed = hand_out(before, &order, world, now, faults::lifetime(faults));
    if let Some(post) = &mut world.instance {
        post.handed.clone_from(&handed);
    }
    let Some((handed, session)) = handed.and_then(|handed| Some((handed.clone(), handed.credentials.session?))) else {
        let role = order.role_arn.rsplit('/').next().unwrap_or_default();
        return members(json!({
            "Code": "AssumeRoleUnauthorizedAccess",
            "Message": format!(
                "EC2 cannot assume the role {role}.  Please see documentation at \
                 https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."
            ),
            "LastUpdated": rfc3339(now),
        }));
    };
    members(json!({
        "Code": "Success",
        "LastUpdated": rfc3339(handed.since),
        "Type": "AWS-HMAC",
        "AccessKeyId": handed.credentials.access_key_id,
        "SecretAccessKey": handed.credentials.secret_access_key.expose(),
        "Token": session.token.expose(),
        "Expiration": rfc3339(session.expiration),
    }))
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Writes JSON as EC2 does: a member a line, two blanks before it, a blank before the colon.
pub(super) fn pretty(members: &Map<String, Value>) -> String {
    let lines: Vec<String> =
        members.iter().map(|(name, value)| format!("  {} : {value}", Value::from(name.as_str()))).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

fn reply(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Reply {
    let mut reply = Reply::new(status, content_type, body);
    reply.headers.push(("Server", "EC2ws".to_owned()));
    reply
}
