//! Owns the portal: accounts and roles of whoever is signed in, credentials of these roles, and signing out.
//! It refuses tokens that aren't good, and roles that aren't assigned.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Account, IdentityCenter};
use crate::partition::Partition;
use crate::sandbox::http::Request;
use crate::sandbox::query::Query;
use crate::sandbox::random::unique_id;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::world::{Grant, Principal, World};

/// The header that carries the access token.
const TOKEN: &str = "x-amz-sso_bearer_token";

/// Gives the ARN of the role that stands in an account for an assigned one.
pub(super) fn role_arn(center: &IdentityCenter, account_id: &str, role: &str) -> String {
    let partition = Partition::of_region(&center.region).id();
    let id = unique_id("", &format!("{account_id}/{role}")).to_ascii_lowercase();
    let id = id.get(..16).unwrap_or(&id);
    format!("arn:{partition}:iam::{account_id}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{role}_{id}")
}

fn unauthorized() -> Refusal {
    Refusal::new(401, "UnauthorizedException", "Session token not found or invalid")
}

fn no_access() -> Refusal {
    Refusal::new(403, "ForbiddenException", "No access")
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "InvalidRequestException", message)
}

/// Finds the instance that a request's token is for.
fn center<'a>(request: &Request, world: &'a World, now: Timestamp) -> Result<&'a IdentityCenter, Refusal> {
    let token = request.header(TOKEN).ok_or_else(unauthorized)?;
    let records = &world.identity_centers;
    let sign_in = records.sign_ins.iter().find(|sign_in| sign_in.lets_in(token, now)).ok_or_else(unauthorized)?;
    records.known.get(&sign_in.start_url).ok_or_else(unauthorized)
}

fn account<'a>(center: &'a IdentityCenter, query: &Query) -> Result<&'a Account, Refusal> {
    let id = query.get("account_id").filter(|id| !id.is_empty()).ok_or_else(|| invalid("Missing accountId"))?;
    center.accounts.iter().find(|account| account.id == id).ok_or_else(no_access)
}

/// Lists the accounts.
pub(super) fn list_accounts(request: &Request, query: &Query, world: &World, now: Timestamp) -> Result<Value, Refusal> {
    let center = center(request, world, now)?;
    let member = |account: &Account| json!({"accountId": account.id, "accountName": account.name, "emailAddress": account.email});
    let (page, next) = page(&center.accounts, center.page, query)?;
    Ok(json!({"nextToken": next, "accountList": page.iter().map(member).collect::<Vec<_>>()}))
}

/// Lists the roles in an account.
pub(super) fn list_account_roles(
    request: &Request,
    query: &Query,
    world: &World,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let center = center(request, world, now)?;
    let account = account(center, query)?;
    let (page, next) = page(&account.roles, center.page, query)?;
    let member = |role: &String| json!({"roleName": role, "accountId": account.id});
    Ok(json!({"nextToken": next, "roleList": page.iter().map(member).collect::<Vec<_>>()}))
}

/// Gives one page of a list, and the token of the next.
fn page<'a, T>(list: &'a [T], limit: usize, query: &Query) -> Result<(&'a [T], Option<String>), Refusal> {
    let wanted = query.get("max_result").map_or(Ok(20), str::parse::<usize>);
    let wanted = wanted.ok().filter(|wanted| (1..=100).contains(wanted)).ok_or_else(|| invalid("Invalid maxResult"))?;
    let start = match query.get("next_token") {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")
            .and_then(|start| start.parse().ok())
            .filter(|start| *start < list.len())
            .ok_or_else(|| invalid("Invalid nextToken"))?,
    };
    let end = start.saturating_add(wanted.min(limit.max(1))).min(list.len());
    let next = (end < list.len()).then(|| format!("page-{end}"));
    Ok((list.get(start..end).unwrap_or_default(), next))
}

/// Gives credentials of a role.
pub(super) fn get_role_credentials(
    request: &Request,
    query: &Query,
    world: &mut World,
    now: Timestamp,
    limit: Option<Duration>,
) -> Result<Value, Refusal> {
    let center = center(request, world, now)?.clone();
    let account = account(&center, query)?;
    let role = query.get("role_name").filter(|role| !role.is_empty()).ok_or_else(|| invalid("Missing roleName"))?;
    if !account.roles.iter().any(|have| have == role) {
        return Err(no_access());
    }
    let principal = Principal::of_role(&center.role_arn(&account.id, role), &center.user).ok_or_else(no_access)?;
    let life = limit.map_or(center.role_lifetime, |limit| limit.min(center.role_lifetime));
    let issued = world.issue(Grant { principal, mfa: false, life, token_size: 0 }, now);
    let session = issued.session.ok_or_else(no_access)?;
    Ok(json!({"roleCredentials": {
        "accessKeyId": issued.access_key_id,
        "secretAccessKey": issued.secret_access_key.expose(),
        "sessionToken": session.token.expose(),
        "expiration": session.expiration.as_millisecond(),
    }}))
}

/// Ends the sign-in that a token is of.
pub(super) fn logout(request: &Request, world: &mut World, now: Timestamp) -> Result<Value, Refusal> {
    center(request, world, now)?;
    let token = request.header(TOKEN).unwrap_or_default();
    world.identity_centers.sign_ins.retain(|sign_in| !sign_in.lets_in(token, now));
    Ok(Value::Null)
}
