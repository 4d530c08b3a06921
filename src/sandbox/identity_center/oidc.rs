//! Owns RegisterClient and CreateToken, with the error codes of AWS's service model.
//! It refuses a code, a device or a refresh token that isn't the client's own.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::devices;
use super::records::Tokens;
use crate::sandbox::query::Query;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::world::World;

/// The grant of a browser's redirect.
const CODE: &str = "authorization_code";
/// The grant of a device that a person approves elsewhere.
pub(super) const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The grant that renews a sign-in.
const REFRESH: &str = "refresh_token";

/// Gives the word of OAuth for an error code: `SlowDownException` → `slow_down`.
pub(super) fn error(code: &str) -> String {
    let name = code.strip_suffix("Exception").unwrap_or(code);
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// Refuses a request that lacks something or says it wrongly.
pub(super) fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "InvalidRequestException", message)
}

fn invalid_grant(message: &str) -> Refusal {
    Refusal::new(400, "InvalidGrantException", message)
}

/// Takes a text that must be there.
pub(super) fn required<'a>(query: &'a Query, name: &str) -> Result<&'a str, Refusal> {
    query.get(name).filter(|value| !value.is_empty()).ok_or_else(|| invalid(&format!("Missing parameter {name}")))
}

/// Takes a list of texts; none where it is missing.
fn texts(query: &Query, name: &str) -> Result<Vec<String>, Refusal> {
    let Some(list) = query.get(name) else { return Ok(Vec::new()) };
    serde_json::from_str(list).map_err(|_| invalid(&format!("{name} is not a list of strings")))
}

/// Registers a client.
pub(super) fn register_client(query: &Query, world: &mut World, now: Timestamp) -> Result<Value, Refusal> {
    required(query, "clientName")?;
    if required(query, "clientType")? != "public" {
        return Err(Refusal::new(400, "InvalidClientMetadataException", "The client type has to be public"));
    }
    let (scopes, grants) = (texts(query, "scopes")?, texts(query, "grantTypes")?);
    let redirects = texts(query, "redirectUris")?;
    let is_scope = |scope: &String| !scope.is_empty() && scope.chars().all(|c| c.is_ascii_graphic() && c != ',');
    if !scopes.iter().all(is_scope) {
        return Err(Refusal::new(400, "InvalidScopeException", "Invalid scope provided"));
    }
    if !grants.iter().all(|grant| [CODE, DEVICE, REFRESH].contains(&grant.as_str())) {
        return Err(Refusal::new(400, "UnsupportedGrantTypeException", "Unsupported grant type provided"));
    }
    if grants.iter().any(|grant| grant == CODE) && (redirects.is_empty() || query.get("issuerUrl").is_none()) {
        return Err(invalid("authorization_code needs redirectUris and issuerUrl"));
    }
    if !redirects.iter().all(|uri| is_loopback(uri)) {
        return Err(Refusal::new(400, "InvalidRedirectUriException", "Invalid redirect URI provided"));
    }
    let issuer = query.get("issuerUrl");
    let registered = world.register(issuer, scopes, grants, redirects, now);
    let (id, client) = registered.ok_or_else(|| invalid("Invalid issuer URL provided"))?;
    Ok(json!({
        "clientId": id,
        "clientSecret": client.secret.expose(),
        "clientIdIssuedAt": now.as_second(),
        "clientSecretExpiresAt": client.end.as_second(),
    }))
}

/// Gives tokens for a code, an approved device or a refresh token.
pub(super) fn create_token(
    query: &Query,
    world: &mut World,
    now: Timestamp,
    limit: Option<Duration>,
) -> Result<Value, Refusal> {
    let (id, secret) = (required(query, "clientId")?, required(query, "clientSecret")?);
    let grant = required(query, "grantType")?;
    let client = world.client(id, secret, now)?;
    if !client.grant_types.is_empty() && !client.grant_types.iter().any(|allowed| allowed == grant) {
        return Err(Refusal::new(400, "UnauthorizedClientException", "The client isn't registered for this grant"));
    }
    let tokens = match grant {
        DEVICE => devices::redeem(required(query, "deviceCode")?, id, &client, world, now, limit),
        CODE => redeem(query, id, world, now, limit),
        REFRESH => world
            .renew_sign_in(required(query, "refreshToken")?, id, now, limit)
            .ok_or_else(|| invalid_grant("Invalid refresh token provided")),
        _ => Err(Refusal::new(400, "UnsupportedGrantTypeException", "Unsupported grant type provided")),
    }?;
    Ok(render(tokens, now))
}

fn render(tokens: Tokens, now: Timestamp) -> Value {
    let left = tokens.expires_at.as_second() - now.as_second();
    let mut members = json!({"accessToken": tokens.access, "tokenType": "Bearer", "expiresIn": left});
    if let (Some(refresh), Some(members)) = (tokens.refresh, members.as_object_mut()) {
        members.insert("refreshToken".into(), refresh.into());
    }
    members
}

/// Gives tokens for a code that came through the browser; it is good once.
fn redeem(
    query: &Query,
    client_id: &str,
    world: &mut World,
    now: Timestamp,
    limit: Option<Duration>,
) -> Result<Tokens, Refusal> {
    let (code, redirect_uri) = (required(query, "code")?, required(query, "redirectUri")?);
    let challenge = BASE64URL.encode(Sha256::digest(required(query, "codeVerifier")?));
    let unknown = || invalid_grant("Invalid authorization code provided");
    let found = world.identity_centers.codes.remove(code).filter(|code| code.client_id == client_id);
    let found = found.ok_or_else(unknown)?;
    if found.end <= now {
        return Err(Refusal::new(400, "ExpiredTokenException", "The authorization code has expired"));
    }
    if found.redirect_uri != redirect_uri {
        return Err(invalid_grant("The redirect URI isn't the one of the authorization"));
    }
    if found.challenge != challenge {
        return Err(invalid_grant("The code verifier doesn't match the challenge"));
    }
    world.begin_sign_in(&found.start_url, client_id, found.scopes, now, limit).ok_or_else(unknown)
}

/// Tells whether a URI leads to this machine, over `http`, and holds nothing but plain characters.
pub(super) fn is_loopback(uri: &str) -> bool {
    loopback_path(uri).is_some()
}

/// Gives the path of a URI on this machine; its port is any.
pub(super) fn loopback_path(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("http://").filter(|rest| rest.chars().all(|c| c.is_ascii_graphic()))?;
    let (authority, _) = rest.split_once('/')?;
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let is_port = port.parse::<u16>().is_ok();
    (is_port && matches!(host, "127.0.0.1" | "localhost" | "[::1]")).then(|| rest.get(authority.len()..))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_words_of_oauth() {
        assert_eq!(error("AuthorizationPendingException"), "authorization_pending");
        assert_eq!(error("SlowDownException"), "slow_down");
    }

    #[test]
    fn redirects_lead_to_this_machine() {
        assert_eq!(loopback_path("http://127.0.0.1:4711/oauth/callback"), Some("/oauth/callback"));
        assert_eq!(loopback_path("http://127.0.0.1/oauth/callback"), Some("/oauth/callback"));
        for bad in
            ["http://127.0.0.1.evil.com/x", "https://127.0.0.1/x", "http://127.0.0.1:x/", "http://127.0.0.1/\r\nX: y"]
        {
            assert_eq!(loopback_path(bad), None, "{bad}");
        }
    }
}
