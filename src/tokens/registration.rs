//! Owns the registration of a client as it lies in its file, and the name of that file, which says what it is registered for.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::python_json;
use crate::clock::{instant, rfc3339};
use crate::error::Result;
use crate::secret::Secret;

/// A registration that ends sooner isn't used to sign in, as the AWS CLI has it.
const MARGIN: SignedDuration = SignedDuration::from_mins(15);
/// What a sign-in by redirect is for, where nothing is said.
const USUAL_SCOPE: &str = "sso:account:access";
/// The grant of a sign-in by redirect.
const AUTHORIZATION_CODE: &str = "authorization_code";

/// What a client is registered for.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The name of the `[sso-session]`.
    pub session: Option<&'a str>,
    /// The start URL.
    pub start_url: &'a str,
    /// The region of IAM Identity Center.
    pub region: &'a str,
    /// The scopes that were asked for; none where nothing is said.
    pub scopes: &'a [String],
    /// Whether it signs in by redirect; else by device code.
    pub by_redirect: bool,
}

/// A registered client.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// When the registration ends.
    pub expires_at: Timestamp,
    /// The grants that it was registered for; those for device codes say none.
    pub grant_types: Vec<String>,
}

/// The file, before it is believed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    client_id: String,
    client_secret: String,
    expires_at: String,
    #[serde(default)]
    grant_types: Vec<String>,
}

impl Client<'_> {
    /// Gives the scopes that are registered; a sign-in by redirect always has one.
    pub fn registered_scopes(&self) -> Vec<String> {
        match self.by_redirect && self.scopes.is_empty() {
            true => vec![USUAL_SCOPE.to_owned()],
            false => self.scopes.to_vec(),
        }
    }

    /// Gives the grants that are registered.
    pub fn grant_types(&self) -> Vec<String> {
        let grants: &[&str] = if self.by_redirect { &[AUTHORIZATION_CODE, "refresh_token"] } else { &[] };
        grants.iter().map(|grant| (*grant).to_owned()).collect()
    }

    /// Gives the text that the file is named after.
    pub(super) fn key(&self) -> Vec<u8> {
        // sorted, as Python sorts them
        let scopes = if self.scopes.is_empty() { Value::Null } else { json!(self.scopes) };
        let key = json!({
            "region": self.region,
            "scopes": scopes,
            "session_name": self.session,
            "startUrl": self.start_url,
            "tool": "botocore",
        });
        // strings can always be written
        python_json(&key).map(|text| text.to_vec()).unwrap_or_default()
    }
}

impl Registration {
    /// Tells whether a client can sign in with it now.
    pub(super) fn serves(&self, client: &Client<'_>, now: Timestamp) -> bool {
        let by_redirect = self.grant_types.iter().any(|grant| grant == AUTHORIZATION_CODE);
        by_redirect == client.by_redirect && self.expires_at.duration_since(now) >= MARGIN
    }

    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let said: Said = serde_json::from_slice(text).ok()?;
        Some(Self {
            client_id: said.client_id,
            client_secret: Secret::new(said.client_secret),
            expires_at: instant(&said.expires_at)?,
            grant_types: said.grant_types,
        })
    }

    pub(super) fn text(&self, client: &Client<'_>) -> Result<Zeroizing<Vec<u8>>> {
        let mut map = Map::new();
        map.insert("clientId".into(), json!(self.client_id));
        map.insert("clientSecret".into(), json!(self.client_secret.expose()));
        map.insert("expiresAt".into(), json!(rfc3339(self.expires_at)));
        for (key, list) in [("scopes", client.registered_scopes()), ("grantTypes", self.grant_types.clone())] {
            if !list.is_empty() {
                map.insert(key.into(), json!(list));
            }
        }
        python_json(&Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sha1;
    use super::*;

    fn client<'a>(session: Option<&'a str>, scopes: &'a [String], by_redirect: bool) -> Client<'a> {
        Client { session, start_url: "https://example.awsapps.com/start", region: "us-east-1", scopes, by_redirect }
    }

    #[test]
    fn files_are_named_as_the_aws_cli_names_them() {
        let scopes = ["sso:account:access".to_owned()];
        let named = |client: &Client<'_>| sha1(&client.key());
        assert_eq!(named(&client(Some("my-sso"), &scopes, true)), "e83b78ff73aa2ebd41812af5abcc466dca567738");
        assert_eq!(named(&client(None, &[], false)), "6c6f31f93a84fcbeca9b94bb5d13f4109559e71a");
    }

    #[test]
    fn the_content_is_the_aws_clis() {
        let end: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let of = |client: &Client<'_>| {
            let registration = Registration {
                client_id: "id".into(),
                client_secret: Secret::from("s"),
                expires_at: end,
                grant_types: client.grant_types(),
            };
            let text = registration.text(client).unwrap();
            let back = Registration::parse(&text).unwrap();
            assert!(back.serves(client, end - MARGIN) && !back.serves(client, end - MARGIN / 2));
            assert!(!back.serves(&Client { by_redirect: !client.by_redirect, ..*client }, end - MARGIN));
            String::from_utf8(text.to_vec()).unwrap()
        };
        let head = r#"{"clientId": "id", "clientSecret": "s", "expiresAt": "2026-01-02T03:04:05Z""#;
        assert_eq!(of(&client(None, &[], false)), format!("{head}}}"));
        let redirect = r#", "scopes": ["sso:account:access"], "grantTypes": ["authorization_code", "refresh_token"]}"#;
        assert_eq!(of(&client(Some("s"), &[], true)), format!("{head}{redirect}"));
    }
}
