//! Owns what is noted of a rotation on its way: how far it came, and which keys it is about.
//! It refuses a secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What may have been done; each is noted before it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// A key may have been created; nobody has its secret.
    Create,
    /// The new key is there; only the run that made it has its secret.
    Verify,
    /// The new key works; it may stand in the profile.
    Store,
    /// The profile holds the new key; the old one may be inactive.
    Deactivate,
    /// The old key is inactive; it may be deleted.
    Delete,
}

/// What is noted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) stage: Stage,
    /// The id of the key that is replaced.
    pub(super) old_key: String,
    /// The id of the key that replaces it, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) new_key: Option<String>,
    /// When it began.
    pub(super) since: Timestamp,
}

impl Begun {
    pub(super) fn at(&self, stage: Stage) -> Self {
        Self { stage, ..self.clone() }
    }
}
