//! Owns what a cache file says of a session whose credentials aren't in it in clear: where they are, and what lists may show.
//! It refuses to hold anything that a program could sign with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::session::{Session, Span, Summary};

/// Such a file.
#[derive(Serialize, Deserialize)]
pub(super) struct Elsewhere {
    version: u32,
    pub(super) profile: String,
    pub(super) store: Keep,
    issued_at: Timestamp,
    pub(super) expiration: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    /// The session's whole entry, sealed: an age file in ASCII armor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
}

/// Where its credentials are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Keep {
    /// In the keyring.
    Keyring,
    /// In this file, sealed for the key under the passphrase.
    Passphrase,
}

const VERSION: u32 = 1;

impl Elsewhere {
    /// Describes a session; none for one without an end.
    pub(super) fn of(session: &Session, profile: &str, store: Keep, sealed: Option<String>) -> Option<Self> {
        Some(Self {
            version: VERSION,
            profile: profile.to_owned(),
            store,
            issued_at: session.issued_at,
            expiration: session.expiration()?,
            arn: session.arn.clone(),
            account_id: session.account_id().map(str::to_owned),
            sealed,
        })
    }

    /// Reads a file; none where it is something else.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|found: &Self| found.version == VERSION)
    }

    /// Gives what it says of the session.
    pub(super) fn summary(self) -> Summary {
        Summary {
            span: Span { issued_at: self.issued_at, expiration: Some(self.expiration) },
            arn: self.arn,
            account_id: self.account_id,
            is_temporary: true,
        }
    }
}
