//! Owns what a rotation says of itself: each step, and the keys by their ids.
//! It refuses secrets.

use serde::Serialize;

/// What came of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is done, in this run or in one before.
    Done,
    /// It failed.
    Failed,
    /// It wasn't come to, or wasn't wished.
    #[default]
    Skipped,
}

/// The steps, in their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Steps {
    /// CreateAccessKey.
    pub create: Outcome,
    /// GetCallerIdentity with the new key, until AWS knows it everywhere.
    pub verify: Outcome,
    /// The new key in the place of the old one.
    pub store: Outcome,
    /// UpdateAccessKey of the old key.
    pub deactivate: Outcome,
    /// DeleteAccessKey of the old key.
    pub delete: Outcome,
}

/// A rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The profile.
    pub profile: String,
    /// The id of the key that was there before.
    pub old_key: String,
    /// The id of the new key, where there is one.
    pub new_key: Option<String>,
    /// What came of each step.
    pub steps: Steps,
    /// Whether an interrupted run was finished.
    pub resumed: bool,
}
