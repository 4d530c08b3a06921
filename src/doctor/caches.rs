//! Owns what the AWS CLI left in its caches: whether each file is whole, and how long a sign-in lasts.
//! It refuses to keep or show a token.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::locked_file;
use crate::tokens::Token;

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
    pub ends: Timestamp,
    /// Whether SDKs can renew it.
    pub is_renewable: bool,
}

/// What tells a sign-in from a client's registration and a role's session.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Kind {
    access_token: Option<IgnoredAny>,
}

/// Reads the folders of sign-ins and of role sessions.
pub fn read(folders: &[&Path], now: Timestamp) -> Vec<Cached> {
    let mut found = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let paths = entries.take(MOST).filter_map(|entry| Some(entry.ok()?.path()));
        let mut paths: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
        paths.sort();
        found.extend(paths.into_iter().map(|path| one(path, now)));
    }
    found
}

fn one(path: PathBuf, now: Timestamp) -> Cached {
    let (torn, sign_in) = match locked_file::read_bounded(&path, LARGEST) {
        Err(error) => (Some(error.to_string()), None),
        Ok(bytes) if bytes.trim_ascii().is_empty() => (Some("it is empty".into()), None),
        Ok(bytes) => match serde_json::from_slice::<Kind>(&bytes) {
            // a list would pass for an object whose keys are all missing
            Ok(kind) if bytes.trim_ascii_start().starts_with(b"{") => {
                match kind.access_token.map(|_| Token::parse(&bytes)) {
                    Some(Ok(token)) => {
                        let is_renewable = token.renewable(now).is_some();
                        (None, Some(SignIn { ends: token.expires_at, is_renewable }))
                    }
                    Some(Err(why)) => (Some(why), None),
                    // a client's registration, or a role's session
                    None => (None, None),
                }
            }
            // the parser's words may quote what it read
            _ => (Some("it is no whole JSON object".into()), None),
        },
    };
    Cached { path, torn, sign_in }
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
        let mut found = read(&[&folder], "2026-01-02T00:00:00Z".parse().unwrap());
        let one = found.remove(0);
        assert!(!format!("{one:?}").contains("canary"));
        (one.torn, one.sign_in)
    }

    #[test]
    fn whole_torn_and_other_files_are_told_apart() {
        let whole = r#"{"startUrl":"https://x","accessToken":"canary","expiresAt":"2026-01-02T03:04:05UTC","refreshToken":"canary","clientId":"a","clientSecret":"canary","registrationExpiresAt":"2026-01-03T00:00:00Z"}"#;
        let (torn, sign_in) = judged(whole);
        let sign_in = sign_in.unwrap();
        assert_eq!((torn, sign_in.is_renewable), (None, true));
        // with a client that is registered no more nobody renews it
        assert!(!judged(&whole.replace("2026-01-03", "2026-01-01")).1.unwrap().is_renewable);
        assert_eq!(Some(sign_in.ends), "2026-01-02T03:04:05Z".parse().ok());
        assert_eq!(judged(r#"{"clientId":"a","clientSecret":"canary","expiresAt":"x"}"#), (None, None));
        for torn in ["", "{\"accessToken\":\"canary", "[]", r#"{"accessToken":"canary"}"#] {
            assert!(judged(torn).0.is_some(), "{torn}");
        }
        assert!(judged(r#"{"accessToken":"canary","startUrl":"x","expiresAt":"soon"}"#).0.is_some());
    }
}
