//! Owns the environment of a program that gets credentials: the parent's, without any other source of credentials.
//! It refuses to let a variable of before win over what is handed out, and to hand on awstok's own secrets.

use std::ffi::{OsStr, OsString};

use crate::environment::Environment;

/// Sources of credentials, and what SDKs read before or beside the keys (AWS SDKs and Tools Reference Guide,
/// environment variables). Regions, endpoints, proxies and certificates stay.
const SOURCES: [&str; 12] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CREDENTIAL_FILE",
];

/// The container endpoint's variables, all of them.
const CONTAINER: &str = "AWS_CONTAINER_";

/// What awstok was told for itself.
const SECRETS: [&str; 2] = ["AWSTOK_MFA_CODE", "AWSTOK_PASSPHRASE"];

/// Gives the environment of a program that gets `changes` (a name and what to set, or none to unset): the parent's
/// without other sources, then these.
pub fn child_environment<'a>(
    parent: &Environment,
    changes: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Vec<(OsString, OsString)> {
    let changes: Vec<_> = changes.collect();
    let changed = |name: &OsStr| changes.iter().any(|(other, _)| is(name, other));
    let kept = parent.iter().filter(|(name, _)| !is_dropped(name) && !changed(name));
    let set = changes.iter().filter_map(|(name, value)| Some(((*name).into(), (*value)?.into())));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).chain(set).collect()
}

fn is_dropped(name: &OsStr) -> bool {
    let container =
        name.to_str().and_then(|name| name.get(..CONTAINER.len())).is_some_and(|start| is(start, CONTAINER));
    container || SOURCES.iter().chain(&SECRETS).any(|dropped| is(name, dropped))
}

/// Compares names of variables as the system does: on Windows case doesn't matter.
fn is(name: impl AsRef<OsStr>, other: &str) -> bool {
    if cfg!(windows) { name.as_ref().eq_ignore_ascii_case(other) } else { name.as_ref() == other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_sources_and_own_secrets_go_and_everything_else_stays() {
        let parent: Environment = SOURCES
            .iter()
            .chain(&SECRETS)
            .map(|name| (*name, "old"))
            .chain([("AWS_CONTAINER_CREDENTIALS_FULL_URI", "old"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "old")])
            .chain([
                ("AWS_REGION", "eu-west-1"),
                ("AWS_ENDPOINT_URL", "https://x"),
                ("EMPTY", ""),
                ("AWSTOK_PROFILE", "a"),
            ])
            .collect();
        let changes = [("AWS_ACCESS_KEY_ID", Some("new")), ("AWSTOK_PROFILE", Some("b")), ("AWS_SECURITY_TOKEN", None)];
        let child = child_environment(&parent, changes.into_iter());
        let expected = [
            ("AWS_ENDPOINT_URL", "https://x"),
            ("AWS_REGION", "eu-west-1"),
            ("EMPTY", ""),
            ("AWS_ACCESS_KEY_ID", "new"),
            ("AWSTOK_PROFILE", "b"),
        ];
        assert_eq!(child, expected.map(|(name, value)| (OsString::from(name), OsString::from(value))));
    }
}
