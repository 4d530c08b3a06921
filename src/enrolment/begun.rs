//! Owns what is noted of an enrolment on its way: how far it came, and where its seed is kept aside.
//! It refuses a seed, unless the file is where the seed is to be kept.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use crate::secret::Secret;

/// What may have been done; each is noted before it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// The device may have been created; nobody has its seed.
    Create,
    /// The device is there and its seed is kept aside; it may have been enabled.
    Enable,
    /// The device is enabled.
    Write,
}

/// What is noted.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) stage: Stage,
    pub(super) serial: String,
    pub(super) store: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
}

impl Begun {
    pub(super) fn new(serial: String, store: &str) -> Self {
        Self { stage: Stage::Create, serial, store: store.to_owned(), seed: None }
    }

    /// The seed, where the file is its place.
    pub(super) fn seed(&self) -> Option<Secret<String>> {
        self.seed.clone().map(Secret::new)
    }

    pub(super) fn at(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }

    pub(super) fn with_seed(mut self, seed: Option<&Secret<String>>) -> Self {
        self.seed = seed.map(|seed| seed.expose().clone());
        self
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}
