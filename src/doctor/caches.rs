//! Owns what the AWS CLI left in its caches: whether each file is whole, and how long a sign-in lasts.
//! It refuses to keep or show a token.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use crate::locked_file;

/// No cache of the AWS CLI is larger, and nobody has more of them.
const LARGEST: u64 = 1 << 20;
const MOST: usize = 1_000;

/// A file of a cache.
#[derive(Debug)]
pub struct Cached {
    /// Where it is.
    pub path: PathBuf,
    /// Why it can't be read; none for one that is whole.
    pub torn: Option<String>,
    /// The sign-in that it is.
    pub sign_in: Option<SignIn>,
}

/// A sign-in to IAM Identity Center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// When its token ends.
    pub ends: Option<Timestamp>,
    /// Whether SDKs can renew it.
    pub is_renewable: bool,
}

/// What a token file holds; the tokens themselves are only looked for.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Token {
    access_token: Option<serde::de::IgnoredAny>,
    refresh_token: Option<serde::de::IgnoredAny>,
    client_id: Option<serde::de::IgnoredAny>,
    client_secret: Option<serde::de::IgnoredAny>,
    expires_at: Option<String>,
}

/// Reads the folders of sign-ins and of role sessions.
pub fn read(folders: &[&Path]) -> Vec<Cached> {
    let mut found = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let paths = entries.take(MOST).filter_map(|entry| Some(entry.ok()?.path()));
        let mut paths: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
        paths.sort();
        found.extend(paths.into_iter().map(one));
    }
    found
}

fn one(path: PathBuf) -> Cached {
    match locked_file::read_bounded(&path, LARGEST) {
        Err(error) => Cached { torn: Some(error.to_string()), sign_in: None, path },
        Ok(bytes) => match serde_json::from_slice::<Token>(&bytes) {
            // the parser's words may quote what it read
            Err(_) if bytes.trim_ascii().is_empty() => Cached { torn: Some("it is empty".into()), sign_in: None, path },
            // a list would pass for an object whose keys are all missing
            Ok(token) if bytes.trim_ascii_start().starts_with(b"{") => sign_in(path, token),
            _ => Cached { torn: Some("it is no whole JSON object".into()), sign_in: None, path },
        },
    }
}

fn sign_in(path: PathBuf, token: Token) -> Cached {
    if token.access_token.is_none() {
        // a client's registration, or a role's session
        return Cached { path, torn: None, sign_in: None };
    }
    let torn = match &token.expires_at {
        None => Some("it has a token and no `expiresAt`"),
        Some(text) if ends(text).is_none() => Some("its `expiresAt` is no instant"),
        Some(_) => None,
    };
    let is_renewable = [&token.refresh_token, &token.client_id, &token.client_secret].iter().all(|part| part.is_some());
    let ends = token.expires_at.as_deref().and_then(ends);
    let sign_in = Some(SignIn { ends, is_renewable });
    Cached { path, torn: torn.map(str::to_owned), sign_in }
}

/// Reads an instant as the AWS CLI and older tools write it: RFC 3339, or with `UTC` at its end.
pub fn ends(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| format!("{}Z", text.strip_suffix("UTC")?.trim_end()).parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> (Option<String>, Option<SignIn>) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".aws/sso/cache");
        crate::locked_file::private_folder(&folder).unwrap();
        #[allow(clippy::disallowed_methods)] // a test's own file
        std::fs::write(folder.join("a.json"), text).unwrap();
        let mut found = read(&[&folder]);
        let one = found.remove(0);
        assert!(!format!("{one:?}").contains("canary"));
        (one.torn, one.sign_in)
    }

    #[test]
    fn whole_torn_and_other_files_are_told_apart() {
        let (torn, sign_in) = judged(
            r#"{"startUrl":"https://x","accessToken":"canary","expiresAt":"2026-01-02T03:04:05UTC","refreshToken":"canary","clientId":"a","clientSecret":"canary"}"#,
        );
        let sign_in = sign_in.unwrap();
        assert_eq!((torn, sign_in.is_renewable), (None, true));
        assert_eq!(sign_in.ends, "2026-01-02T03:04:05Z".parse().ok());
        assert_eq!(judged(r#"{"clientId":"a","clientSecret":"canary","expiresAt":"x"}"#), (None, None));
        for torn in ["", "{\"accessToken\":\"canary", "[]", r#"{"accessToken":"canary"}"#] {
            assert!(judged(torn).0.is_some(), "{torn}");
        }
        assert!(judged(r#"{"accessToken":"canary","startUrl":"x","expiresAt":"soon"}"#).0.is_some());
    }
}
