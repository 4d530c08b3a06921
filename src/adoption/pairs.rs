//! Owns the convention of aws-mfa: the section `x-long-term` holds the keys of a user, and `x` the session got with them.
//! It refuses a pair whose `x` has a source of its own.

use super::found::{Found, FoundKey};

/// What aws-mfa calls the section of the long-term keys.
const SUFFIX: &str = "-long-term";

/// What aws-mfa writes into the section of the session.
const OF_SESSION: [&str; 9] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "assumed_role",
    "assumed_role_arn",
    "expiration",
    "aws_mfa_device",
    "principal_arn",
];

/// A profile, and the section that its long-term keys stand in, where that isn't its own.
pub(super) struct Paired {
    pub(super) found: Found,
    pub(super) long_term: Option<String>,
}

/// Joins the pairs; every other profile stays what it is.
pub(super) fn joined(all: Vec<Found>) -> Vec<Paired> {
    let bases: Vec<String> = all.iter().filter_map(|found| base_of(found, &all)).collect();
    let mut joined = Vec::new();
    let (long, others): (Vec<Found>, Vec<Found>) = all
        .into_iter()
        .partition(|found| found.name.strip_suffix(SUFFIX).is_some_and(|base| bases.iter().any(|known| known == base)));
    let mut others: Vec<Option<Found>> = others.into_iter().map(Some).collect();
    for long in long {
        let base = long.name.strip_suffix(SUFFIX).unwrap_or_default().to_owned();
        let session = others
            .iter_mut()
            .find(|other| other.as_ref().is_some_and(|other| other.name == base))
            .and_then(Option::take);
        joined.push(pair(base, long, session));
    }
    joined.extend(others.into_iter().flatten().map(|found| Paired { found, long_term: None }));
    for paired in &mut joined {
        for key in paired.found.keys.iter_mut().filter(|key| key.key == "source_profile") {
            if let Some(base) = key.value.strip_suffix(SUFFIX).filter(|base| bases.iter().any(|known| known == base)) {
                let base = base.to_owned();
                key.value = base.into();
            }
        }
    }
    joined.sort_by(|one, other| one.found.name.cmp(&other.found.name));
    joined
}

/// Gives the `x` of an `x-long-term` that is half of a pair.
fn base_of(long: &Found, all: &[Found]) -> Option<String> {
    let base = long.name.strip_suffix(SUFFIX).filter(|base| !base.is_empty())?;
    let is_one = long.has("aws_access_key_id") && long.has("aws_mfa_device") && !long.has_temporary_keys();
    let has_source = |found: &Found| {
        let own_keys = found.has("aws_access_key_id") && !found.has_temporary_keys();
        let own = ["role_arn", "credential_process", "web_identity_token_file", "sso_session", "sso_start_url"];
        own_keys || own.iter().any(|key| found.has(key))
    };
    let is_free = !all.iter().any(|found| found.name == base && has_source(found));
    (is_one && is_free).then(|| base.to_owned())
}

fn pair(base: String, long: Found, session: Option<Found>) -> Paired {
    let trouble = long.trouble.or_else(|| session.as_ref()?.trouble.clone());
    let mut keys: Vec<FoundKey> = Vec::new();
    for mut key in long.keys {
        match key.key.as_str() {
            "aws_mfa_device" => key.key = "mfa_serial".into(),
            // the user assumes a role with keys of its own
            "assume_role" => {
                keys.push(FoundKey {
                    key: "source_profile".into(),
                    value: base.clone().into(),
                    nested: Vec::new(),
                    in_credentials: true,
                });
                key.key = "role_arn".into();
            }
            _ => {}
        }
        keys.push(key);
    }
    for key in session.into_iter().flat_map(|session| session.keys) {
        if !OF_SESSION.contains(&key.key.as_str()) && !keys.iter().any(|known| known.key == key.key) {
            keys.push(key);
        }
    }
    Paired { long_term: Some(long.name), found: Found { name: base, keys, trouble } }
}
