//! Owns the environment of a program that gets credentials: the parent's, without any other source of credentials.
//! It refuses to let a variable of before win over what is handed out, and to hand on awstok's own secrets.

use std::ffi::{OsStr, OsString};

use crate::environment::{Environment, is_named, is_source};

/// Gives the environment of a program that gets `changes` (a name and what to set, or none to unset): the parent's
/// without other sources, then these.
pub fn child_environment<'a>(
    parent: &Environment,
    changes: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Vec<(OsString, OsString)> {
    let changes: Vec<_> = changes.collect();
    let changed = |name: &OsStr| changes.iter().any(|(other, _)| is_named(name, other));
    let kept = parent.inherited().filter(|(name, _)| !is_source(name) && !changed(name));
    let set = changes.iter().filter_map(|(name, value)| Some(((*name).into(), (*value)?.into())));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).chain(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::SOURCES;

    #[test]
    fn other_sources_and_own_secrets_go_and_everything_else_stays() {
        let parent: Environment = SOURCES
            .into_iter()
            .chain(["AWSTOK_MFA_CODE", "AWSTOK_PASSPHRASE", "AWS_BEARER_TOKEN_OF_TOMORROW"])
            .map(|name| (name, "old"))
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
