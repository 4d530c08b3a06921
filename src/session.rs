//! Owns the result of every credential source: credentials with the facts that lists and summaries need.
//! It refuses values that could break a file or a shell, and credentials that are over; `now` is handed in.

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use zeroize::Zeroize as _;

/// Credentials together with when they were issued and to whom.
#[derive(Debug, Clone)]
pub struct Session {
    /// The credentials; `expiry` and `account_id` are set where the source says them.
    pub credentials: Credentials,
    /// When the source handed them out; the lifetime is counted from here.
    pub issued_at: Timestamp,
    /// The ARN of the assumed role, where a role was assumed.
    pub arn: Option<String>,
    /// The region of the machine, where the source is the machine.
    pub region: Option<String>,
}

/// When credentials were issued, and when they end: all that their freshness depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When the source handed them out.
    pub issued_at: Timestamp,
    /// When they end; long-term credentials don't.
    pub expiration: Option<Timestamp>,
}

/// A session without its credentials: what lists and plans say of it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Its life.
    pub span: Span,
    /// The ARN of the assumed role, where a role was assumed.
    pub arn: Option<String>,
    /// The account that it belongs to.
    pub account_id: Option<String>,
    /// Whether the credentials are temporary ones.
    pub is_temporary: bool,
}

impl Session {
    /// Gives its life.
    pub fn span(&self) -> Span {
        Span { issued_at: self.issued_at, expiration: self.expiration() }
    }

    /// Gives what may be told of it to everyone.
    pub fn summary(&self) -> Summary {
        Summary {
            span: self.span(),
            arn: self.arn.clone(),
            account_id: self.account_id().map(str::to_owned),
            is_temporary: self.credentials.session_token().is_some(),
        }
    }

    /// Gives the end of the credentials' life; long-term credentials have none.
    pub fn expiration(&self) -> Option<Timestamp> {
        self.credentials.expiry().and_then(|end| Timestamp::try_from(end).ok())
    }

    /// Gives the account the credentials belong to: the source's word, else the role's ARN.
    pub fn account_id(&self) -> Option<&str> {
        let from_arn = || self.arn.as_deref().and_then(|arn| arn.split(':').nth(4)).filter(|id| !id.is_empty());
        self.credentials.account_id().map(|id| id.as_str()).or_else(from_arn)
    }

    /// Tells whether every value can be written into a file as it is. Key ids are what STS's model allows, `[\w]*`, and with
    /// a dash, as some that stand in for AWS have them.
    pub fn is_sound(&self) -> bool {
        let credentials = &self.credentials;
        let key = credentials.access_key_id();
        let printable = |value: &str| value.bytes().all(|b| b.is_ascii_graphic() && b != b'[' && b != b']');
        let secret = |value: &str, most| (1..=most).contains(&value.len()) && printable(value);
        (1..=128).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
            && secret(credentials.secret_access_key(), 1_024)
            && credentials.session_token().is_none_or(|token| secret(token, 32 * 1_024))
            && self.account_id().is_none_or(is_account)
            && self.arn.as_deref().is_none_or(|arn| arn.len() <= 2_048 && arn.starts_with("arn:") && printable(arn))
            && self.region.as_deref().is_none_or(crate::partition::is_region_name)
    }
}

fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())
}

/// What a source says, before it is believed. The names are those of the JSON of a `credential_process`; the endpoints of
/// machines say `Token`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Said {
    /// The key id.
    pub access_key_id: Option<String>,
    /// The secret.
    pub secret_access_key: Option<String>,
    /// The token of temporary credentials.
    #[serde(alias = "Token")]
    pub session_token: Option<String>,
    /// The end of their life, RFC 3339.
    pub expiration: Option<String>,
    /// Twelve digits.
    pub account_id: Option<String>,
    /// The role's ARN.
    pub role_arn: Option<String>,
}

/// What credentials must be to be believed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Demand {
    /// They have a token and an end.
    pub temporary: bool,
    /// They live no longer than this.
    pub longest: Option<SignedDuration>,
}

impl Said {
    /// Reads JSON of at most one object.
    ///
    /// # Errors
    /// Where it is something else; the words hold nothing of it.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        // the parser's own words may repeat a value
        serde_json::from_slice(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => "the JSON holds a value of the wrong type".into(),
            _ if json.trim_ascii().is_empty() => "it is empty".to_owned(),
            _ => format!("it is no JSON (line {}, column {})", error.line(), error.column()),
        })
    }

    /// Makes a session of it, whose life is counted from `now`.
    ///
    /// # Errors
    /// What is missing or can't be true; the words hold none of the values, save times.
    pub fn session(mut self, demand: Demand, now: Timestamp) -> Result<Session, String> {
        let missing = |name: &str| format!("`{name}` is missing");
        let end = match self.expiration.as_deref() {
            Some(text) => Some(instant(text).ok_or("`Expiration` is no instant")?),
            None if demand.temporary => return Err(missing("Expiration")),
            None => None,
        };
        if let Some(end) = end.filter(|end| *end <= now) {
            return Err(format!("the credentials expired already ({end})"));
        }
        if let Some((end, longest)) =
            end.zip(demand.longest).filter(|(end, longest)| end.duration_since(now) > *longest)
        {
            return Err(format!(
                "the credentials live longer than AWS ever grants: {end} is more than {longest:#} ahead"
            ));
        }
        if demand.temporary && self.session_token.is_none() {
            return Err(missing("Token"));
        }
        let mut built = Credentials::builder()
            .access_key_id(self.access_key_id.take().ok_or_else(|| missing("AccessKeyId"))?)
            .secret_access_key(self.secret_access_key.take().ok_or_else(|| missing("SecretAccessKey"))?)
            .provider_name("awstok");
        built.set_session_token(self.session_token.take());
        built.set_expiry(end.map(Into::into));
        if let Some(account) = self.account_id.take() {
            built = built.account_id(account);
        }
        let session = Session { credentials: built.build(), issued_at: now, arn: self.role_arn.take(), region: None };
        session
            .is_sound()
            .then_some(session)
            .ok_or_else(|| "the credentials are incomplete, or hold characters that AWS never uses".into())
    }
}

impl Drop for Said {
    fn drop(&mut self) {
        self.secret_access_key.zeroize();
        self.session_token.zeroize();
    }
}

/// Reads an instant as sources write it: RFC 3339, perhaps with a fraction or an offset.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    fn said(json: &str) -> Result<Session, String> {
        let said: Said = serde_json::from_str(json).unwrap();
        said.session(Demand::default(), now())
    }

    #[test]
    fn what_programs_say_becomes_a_session() {
        let full = r#"{"AccessKeyId":"foo","SecretAccessKey":"bar","SessionToken":"baz","Expiration":"2999-01-01T00:00:00Z","AccountId":"123456789012"}"#;
        let session = said(full).unwrap();
        assert_eq!(session.credentials.session_token(), Some("baz"));
        assert_eq!((session.account_id(), session.issued_at), (Some("123456789012"), now()));
        let token =
            r#"{"AccessKeyId":"foo","SecretAccessKey":"bar","Token":"baz","Expiration":"2026-01-02T05:00:00.5+01:00"}"#;
        let end = said(token).unwrap().expiration().unwrap();
        assert_eq!(end.to_string(), "2026-01-02T04:00:00.5Z");
        assert!(said(r#"{"AccessKeyId":"foo","SecretAccessKey":"bar"}"#).unwrap().expiration().is_none());
    }

    #[test]
    fn what_cant_be_true_is_refused() {
        let with = |key: &str, value: &str| format!(r#"{{"AccessKeyId":"a","SecretAccessKey":"b","{key}":{value}}}"#);
        for (json, words) in [
            ("{}".to_owned(), "`AccessKeyId` is missing"),
            (r#"{"AccessKeyId":"a"}"#.into(), "`SecretAccessKey` is missing"),
            (r#"{"AccessKeyId":"","SecretAccessKey":"b"}"#.into(), "incomplete"),
            (r#"{"AccessKeyId":"a b","SecretAccessKey":"b"}"#.into(), "characters"),
            (with("SessionToken", r#""x\n[default]""#), "characters"),
            (with("SessionToken", r#""""#), "incomplete"),
            (with("AccountId", r#""12""#), "characters"),
            (with("RoleArn", r#""x""#), "characters"),
            (with("Expiration", r#""soon""#), "no instant"),
            (with("Expiration", r#""2026-01-02T03:04:05Z""#), "expired already"),
        ] {
            let refused = said(&json).unwrap_err();
            assert!(refused.contains(words), "{json}: {refused}");
        }
        let strict = Demand { temporary: true, longest: Some(SignedDuration::from_hours(36)) };
        let judged = |json: &str| serde_json::from_str::<Said>(json).unwrap().session(strict, now()).map(drop);
        assert!(judged(&with("Token", r#""t""#)).unwrap_err().contains("`Expiration` is missing"));
        assert!(judged(&with("Expiration", r#""2026-01-02T04:00:00Z""#)).unwrap_err().contains("`Token` is missing"));
        let late = r#"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"t","Expiration":"9999-01-01T00:00:00Z"}"#;
        assert!(judged(late).unwrap_err().contains("longer than AWS ever grants"));
    }
}
