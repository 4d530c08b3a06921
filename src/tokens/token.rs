//! Owns one token as it lies in its file: read tolerantly, written exactly as the AWS CLI writes it, unknown keys kept.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::python_json;
use crate::clock::{instant, rfc3339};
use crate::error::Result;
use crate::secret::Secret;

/// With less than this left a token is renewed (as the SDK for Rust has it).
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// A sign-in.
#[derive(Debug, Clone)]
pub struct Token {
    /// What the portal takes.
    pub access_token: Secret<String>,
    /// When that ends.
    pub expires_at: Timestamp,
    /// Where one signed in, where the file says so.
    pub start_url: Option<String>,
    /// The region of IAM Identity Center, where the file says so.
    pub region: Option<String>,
    /// The client that it was given to.
    pub client_id: Option<String>,
    /// That client's secret.
    pub client_secret: Option<Secret<String>>,
    /// When that client's registration ends.
    pub registration_expires_at: Option<Timestamp>,
    /// What gives the next one, once.
    pub refresh_token: Option<Secret<String>>,
    /// Keys that mean nothing to awstok.
    others: Map<String, Value>,
}

/// What the renewal of a token takes.
#[derive(Debug, Clone, Copy)]
pub struct Renewable<'a> {
    /// The client.
    pub client_id: &'a str,
    /// Its secret.
    pub client_secret: &'a Secret<String>,
    /// What gives the next token, once.
    pub refresh_token: &'a Secret<String>,
}

/// The file, before it is believed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Said {
    start_url: Option<String>,
    region: Option<String>,
    access_token: Option<String>,
    expires_at: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    registration_expires_at: Option<String>,
    refresh_token: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Token {
    /// Makes a token that nothing else is known of.
    pub fn new(access_token: Secret<String>, expires_at: Timestamp) -> Self {
        Self {
            access_token,
            expires_at,
            start_url: None,
            region: None,
            client_id: None,
            client_secret: None,
            registration_expires_at: None,
            refresh_token: None,
            others: Map::new(),
        }
    }

    /// Tells whether it was given for a sign-in at `start_url`; what doesn't say counts.
    pub fn is_from(&self, start_url: &str) -> bool {
        let bare = |url: &str| url.trim_end_matches(['/', '#']).to_owned();
        self.start_url.as_deref().is_none_or(|own| bare(own) == bare(start_url))
    }

    /// Tells whether it needn't be renewed yet.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.duration_since(now) >= MARGIN
    }

    /// Tells whether it hasn't ended.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }

    /// Gives what its renewal takes; none where something is missing or the registration has ended.
    pub fn renewable(&self, now: Timestamp) -> Option<Renewable<'_>> {
        self.registration_expires_at.filter(|end| *end > now)?;
        Some(Renewable {
            client_id: self.client_id.as_deref()?,
            client_secret: self.client_secret.as_ref()?,
            refresh_token: self.refresh_token.as_ref()?,
        })
    }

    /// Gives the token that follows this one; without a new refresh token the old one stays good.
    pub fn renewed(
        &self,
        access_token: Secret<String>,
        expires_at: Timestamp,
        refresh: Option<Secret<String>>,
    ) -> Self {
        Self { access_token, expires_at, refresh_token: refresh.or_else(|| self.refresh_token.clone()), ..self.clone() }
    }

    /// Reads the text of a file; the words of a refusal hold nothing of it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let said: Said = serde_json::from_slice(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => "the JSON holds a value of the wrong type".to_owned(),
            _ => format!("it is no JSON (line {}, column {})", error.line(), error.column()),
        })?;
        let secret = |text: Option<String>| text.map(Secret::new);
        let access_token = secret(said.access_token).ok_or("`accessToken` is missing")?;
        let expires_at = said.expires_at.ok_or("`expiresAt` is missing")?;
        let token = Self {
            expires_at: instant(&expires_at).ok_or("`expiresAt` is no instant")?,
            access_token,
            start_url: said.start_url,
            region: said.region,
            client_id: said.client_id,
            client_secret: secret(said.client_secret),
            registration_expires_at: said.registration_expires_at.as_deref().and_then(instant),
            refresh_token: secret(said.refresh_token),
            others: said.others,
        };
        if token.is_sound() { Ok(token) } else { Err("it holds characters that no token has".into()) }
    }

    /// Tells whether the access token can be sent in a header.
    pub fn is_sound(&self) -> bool {
        let token = self.access_token.expose();
        !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())
    }

    /// Writes it, the keys in the AWS CLI's order.
    pub(super) fn text(&self) -> Result<Zeroizing<Vec<u8>>> {
        let text = |secret: &Option<Secret<String>>| secret.as_ref().map(|secret| secret.expose().clone());
        let known = [
            ("startUrl", self.start_url.clone()),
            ("region", self.region.clone()),
            ("accessToken", Some(self.access_token.expose().clone())),
            ("expiresAt", Some(rfc3339(self.expires_at))),
            ("clientId", self.client_id.clone()),
            ("clientSecret", text(&self.client_secret)),
            ("registrationExpiresAt", self.registration_expires_at.map(rfc3339)),
            ("refreshToken", text(&self.refresh_token)),
        ];
        let known = known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::String(value?))));
        python_json(&Value::Object(known.chain(self.others.clone()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"startUrl": "https://d-123.awsapps.com/start", "region": "us-west-2", "accessToken": "cachedtoken", "expiresAt": "2021-12-25T21:30:00Z", "clientId": "clientid", "clientSecret": "YSBzZWNyZXQ=", "registrationExpiresAt": "2022-12-25T13:30:00Z", "refreshToken": "cachedrefreshtoken"}"#;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_whole_file_is_written_as_it_was_read() {
        let token = Token::parse(FULL.as_bytes()).unwrap();
        assert_eq!((token.expires_at, token.registration_expires_at), (at(1_640_467_800), Some(at(1_671_975_000))));
        assert_eq!(std::str::from_utf8(&token.text().unwrap()).unwrap(), FULL);
        assert!(!format!("{token:?}").contains("cached") && !format!("{token:?}").contains("YSBz"));
    }

    #[test]
    fn unknown_keys_stay_and_a_refresh_token_too() {
        let text = FULL.replace('}', r#", "custom": {"a": [1, null]}}"#);
        let token = Token::parse(text.as_bytes()).unwrap();
        let next = token.renewed(Secret::from("next"), at(1_640_471_400), None);
        let wanted = text.replace("cachedtoken", "next").replace("T21:30", "T22:30");
        assert_eq!(std::str::from_utf8(&next.text().unwrap()).unwrap(), wanted);
        let rotated = token.renewed(Secret::from("next"), at(1_640_471_400), Some(Secret::from("rotated")));
        assert_eq!(rotated.refresh_token.unwrap().expose(), "rotated");
    }

    #[test]
    fn it_is_good_for_five_minutes_more_and_renewable_with_all_parts() {
        let token = Token::parse(FULL.as_bytes()).unwrap();
        let end = 1_640_467_800;
        assert!(token.is_good(at(end - 301)) && token.is_good(at(end - 300)) && !token.is_good(at(end - 299)));
        assert!(token.is_alive(at(end - 1)) && !token.is_alive(at(end)));
        assert!(token.renewable(at(end)).is_some() && token.renewable(at(1_671_975_000)).is_none());
        for key in ["clientId", "clientSecret", "registrationExpiresAt", "refreshToken"] {
            let without = FULL.replace(&format!("\"{key}\""), "\"x\"");
            assert!(Token::parse(without.as_bytes()).unwrap().renewable(at(end)).is_none(), "{key}");
        }
        let minimal = r#"{"accessToken":"cachedtoken","expiresAt":"2021-12-25T21:30:00Z"}"#;
        assert!(Token::parse(minimal.as_bytes()).unwrap().renewable(at(end)).is_none());
    }
}
