//! Owns the credentials that an endpoint holds, ready to be sent: every answer is a copy of a pointer.
//! It refuses to give them out past their end, and wipes them when the last reader is gone.

use hyper::body::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::clock::rfc3339;
use crate::session::Session;

/// Large enough for the largest session token, so that no copy stays behind where a buffer grew.
const ROOM: usize = 16 << 10;

/// The name of the role where the credentials are a user's: instance metadata always has one.
const NAMELESS: &str = "awstok";

/// What the credentials belong to, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Belonging<'a> {
    /// The account; without it the session's own word counts.
    pub account_id: Option<&'a str>,
    /// The role that they are of; a session knows only its own name for it.
    pub role_arn: Option<&'a str>,
    /// The region that is handed out along with them.
    pub region: Option<&'a str>,
}

/// One session in the words of both protocols.
pub struct Held {
    container: Bytes,
    metadata: Bytes,
    expiration: Option<Timestamp>,
    issued_at: Timestamp,
    role_arn: Option<String>,
    account_id: Option<String>,
    region: Option<String>,
}

/// The document of the container protocol.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerDocument<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<&'a str>,
}

/// The document of instance metadata.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetadataDocument<'a> {
    code: &'static str,
    last_updated: &'a str,
    #[serde(rename = "Type")]
    kind: &'static str,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<&'a str>,
}

impl Held {
    /// Renders a session for both protocols.
    pub fn new(session: &Session, belonging: Belonging<'_>) -> Self {
        let credentials = &session.credentials;
        let expiration = session.expiration().map(rfc3339);
        let account_id = belonging.account_id.or_else(|| session.account_id());
        let container = rendered(&ContainerDocument {
            access_key_id: credentials.access_key_id(),
            secret_access_key: credentials.secret_access_key(),
            token: credentials.session_token(),
            expiration: expiration.as_deref(),
            account_id,
            role_arn: belonging.role_arn,
        });
        let metadata = rendered(&MetadataDocument {
            code: "Success",
            last_updated: &rfc3339(session.issued_at),
            kind: "AWS-HMAC",
            access_key_id: credentials.access_key_id(),
            secret_access_key: credentials.secret_access_key(),
            token: credentials.session_token(),
            expiration: expiration.as_deref(),
        });
        Self {
            container,
            metadata,
            expiration: session.expiration(),
            issued_at: session.issued_at,
            role_arn: belonging.role_arn.map(str::to_owned),
            account_id: account_id.map(str::to_owned),
            region: belonging.region.map(str::to_owned),
        }
    }

    /// Gives the document of the container protocol while the credentials are valid.
    pub(super) fn container(&self, now: Timestamp) -> Option<Bytes> {
        self.is_valid(now).then(|| self.container.clone())
    }

    /// Gives the document of instance metadata while the credentials are valid.
    pub(super) fn metadata(&self, now: Timestamp) -> Option<Bytes> {
        self.is_valid(now).then(|| self.metadata.clone())
    }

    /// Gives the name of the role.
    pub(super) fn role_name(&self) -> &str {
        self.role_arn.as_deref().and_then(|arn| arn.rsplit('/').next()).unwrap_or(NAMELESS)
    }

    pub(super) fn role_arn(&self) -> Option<&str> {
        self.role_arn.as_deref()
    }

    pub(super) fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    pub(super) fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    pub(super) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        self.expiration.is_none_or(|end| now < end)
    }
}

fn rendered(document: &impl Serialize) -> Bytes {
    let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
    // texts into memory: nothing there can fail
    let _ = serde_json::to_writer(&mut *text, document);
    Bytes::from_owner(text)
}
