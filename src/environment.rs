//! Owns the snapshot of the process's environment, taken once at the start, and what its variables are to others: sources of
//! credentials to SDKs, secrets to awstok. It refuses empty values: `FOO=` counts as unset, as the AWS SDKs have it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// What SDKs take credentials from, or are led to credentials by (AWS SDKs and Tools Reference Guide, environment variables).
/// Where others are handed out, each of them would win, contradict them or tell another end of them. Regions, endpoints,
/// proxies and certificates are none.
pub const SOURCES: [&str; 19] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    // read before the session token by the Python SDKs
    "AWS_SECURITY_TOKEN",
    // the names that the SDKs for Go and Java read as well
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    // a file of the first tools, which the Python SDKs read before any endpoint
    "AWS_CREDENTIAL_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    // instead of a signature, whatever the credentials
    "AWS_BEARER_TOKEN_BEDROCK",
];

/// How the names of further sources begin, of which SDKs have more each year.
const FAMILIES: [&str; 2] = ["AWS_CONTAINER_", "AWS_BEARER_TOKEN_"];

/// What awstok is told for itself alone.
const OWN_SECRETS: [&str; 2] = ["AWSTOK_MFA_CODE", "AWSTOK_PASSPHRASE"];

/// Tells whether SDKs would take credentials from a variable, or be led to some by it.
pub fn is_source(name: &OsStr) -> bool {
    let text = name.to_str().unwrap_or_default();
    FAMILIES.iter().any(|family| text.get(..family.len()).is_some_and(|start| is_named(start.as_ref(), family)))
        || SOURCES.iter().any(|source| is_named(name, source))
}

/// Compares names of variables as the system does: on Windows case doesn't matter.
pub fn is_named(name: &OsStr, other: &str) -> bool {
    if cfg!(windows) { name.eq_ignore_ascii_case(other) } else { name == other }
}

/// The environment variables as they were at the start.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Takes the snapshot of this process.
    #[allow(clippy::disallowed_methods)] // the one place that reads it
    pub fn of_this_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// Gives a variable's value unless it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Gives a variable's value as text; one that isn't UTF-8 counts as unset.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(OsStr::to_str)
    }

    /// Gives a variable's value as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// Tells whether a variable says yes: `1`, `true`, `yes` or `on` in any case.
    pub fn is_on(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|value| ["1", "true", "yes", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes)))
    }

    /// Gives what programs that awstok starts inherit, sorted by name: all but its own secrets.
    pub fn inherited(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.iter().filter(|(name, _)| !OWN_SECRETS.iter().any(|own| is_named(name, own)))
    }

    /// Gives all variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset() {
        let env: Environment = [("A", ""), ("B", "x"), ("C", "TRUE")].into_iter().collect();
        assert_eq!(env.text("A"), None);
        assert_eq!(env.text("B"), Some("x"));
        assert!(env.is_on("C") && !env.is_on("B") && !env.is_on("D"));
    }

    #[test]
    fn sources_are_known_by_name_and_by_family() {
        let all = SOURCES.into_iter().chain(["AWS_CONTAINER_X", "AWS_BEARER_TOKEN_X"]);
        assert!(all.into_iter().all(|name| is_source(name.as_ref())));
        for other in
            ["", "AWS_REGION", "AWS_CONTAINER", "XAWS_PROFILE", "AWS_PROFILES", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"]
        {
            assert!(!is_source(other.as_ref()), "{other}");
        }
    }

    #[test]
    fn own_secrets_are_not_inherited() {
        let env: Environment =
            [("AWSTOK_MFA_CODE", "1"), ("AWSTOK_PASSPHRASE", "x"), ("AWSTOK_PROFILE", "p")].into_iter().collect();
        assert_eq!(env.inherited().collect::<Vec<_>>(), [("AWSTOK_PROFILE".as_ref(), "p".as_ref())]);
    }
}
