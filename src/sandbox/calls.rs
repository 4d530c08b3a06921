//! Owns the record of the calls that came in, which tests and the sandbox's own display read.
//! It refuses to keep secrets of the signature; token codes stay, they are what tests count.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// A call as it came in and as it was answered.
#[derive(Debug, Clone)]
pub struct Call {
    /// The action of the Query API, `InstanceMetadata` or `ContainerCredentials`; empty where there was none.
    pub action: String,
    /// The HTTP method.
    pub method: String,
    /// The path as sent, such as `/latest/api/token`; `/` for a call of the Query API.
    pub path: String,
    /// The access key that signed it.
    pub access_key_id: Option<String>,
    /// All parameters, `TokenCode` included.
    pub parameters: BTreeMap<String, String>,
    /// The value of the `Host` header.
    pub host: String,
    /// When it came in, by the stand-in's clock.
    pub time: Timestamp,
    /// How it was answered: the HTTP status; 0 where a fault left no answer.
    pub status: u16,
    /// The error code; `None` for a success, and where a fault stood in for the answer.
    pub error: Option<String>,
}

impl Call {
    /// Gives a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}
