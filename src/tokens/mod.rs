//! Owns the files in which the AWS CLI keeps sign-ins to IAM Identity Center (`~/.aws/sso/cache`), shared with it: names, form,
//! tokens, client registrations; and, not written, the credentials that it got with them (`~/.aws/cli/cache`). It refuses to trust what lies there, and to leave half a file behind; it calls nobody.

mod json;
mod registration;
mod roles;
mod token;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use crate::encoding::hex;
use crate::error::{Failure, Kind, Result, invalid};
use crate::flight::Flight;
use crate::locked_file::{Fingerprint, Lock, Mode, Replaced, private_folder, read, read_bounded, remove, replace};
use crate::paths::Paths;

pub use registration::{Client, Registration};
pub use roles::{CliRoles, RoleOf};
pub use token::{Renewable, Token};

/// Far more than any token takes.
const MOST_BYTES: u64 = 256 * 1024;
/// How often a file that another program writes at the same time is written again.
const MOST_WRITES: usize = 20;
/// A renewal that failed isn't tried again for this long, while the token lives (as the SDK for Rust has it).
const PAUSE: Duration = Duration::from_secs(30);

/// The folder of tokens and registrations.
#[derive(Debug, Clone)]
pub struct TokenFiles {
    folder: PathBuf,
    locks: PathBuf,
}

impl TokenFiles {
    /// Names the places; nothing is read yet.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.sso_cache.clone(), locks: paths.locks() }
    }

    /// Gives the file of the token of a sign-in, by the name of its `[sso-session]` or else its start URL.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.json", sha1(name.as_bytes())))
    }

    /// Gives the file of the lock that whoever renews or replaces the token holds.
    pub fn lock_file(&self, name: &str) -> PathBuf {
        self.locks.join(format!("sso-{}.lock", sha1(name.as_bytes())))
    }

    /// Reads the token of a sign-in at `start_url`, expired or not; a missing or empty file holds none, and neither does one that
    /// was written while the sign-in of that name was elsewhere.
    ///
    /// # Errors
    /// `Kind::Invalid` where the file holds something else: torn, or written by two programs at once.
    pub fn read(&self, name: &str, start_url: &str) -> Result<Option<Token>> {
        let file = self.file(name);
        let Some(bytes) = bounded(&file).map_err(|error| unusable(&file, &error.to_string()))? else { return Ok(None) };
        if bytes.trim_ascii().is_empty() {
            return Ok(None);
        }
        let token = Token::parse(&bytes).map_err(|why| unusable(&file, &why))?;
        Ok(Some(token).filter(|token| token.is_from(start_url)))
    }

    /// Writes a token in place of what is there, which survives a power cut: a refresh token is good once.
    ///
    /// # Errors
    /// Where the file can't be written; the old one stays then.
    pub fn write(&self, name: &str, token: &Token, lock: &Lock) -> Result<()> {
        self.put(&self.file(name), &token.text()?, lock)?;
        remove(&self.tried(name), lock)
    }

    /// Removes a token; tells whether there was one.
    ///
    /// # Errors
    /// Where the file can't be removed.
    pub fn remove(&self, name: &str, lock: &Lock) -> Result<bool> {
        let file = self.file(name);
        let was_there = file.symlink_metadata().is_ok();
        remove(&file, lock)?;
        Ok(was_there)
    }

    /// Reads the registration of a client, unless it ends too soon to sign in with.
    pub fn read_registration(&self, client: &Client<'_>, now: Timestamp) -> Option<Registration> {
        let bytes = bounded(&self.registration_file(client)).ok()??;
        Registration::parse(&bytes).filter(|found| found.serves(client, now))
    }

    /// Keeps the registration of a client.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn write_registration(&self, client: &Client<'_>, registration: &Registration) -> Result<()> {
        let file = self.registration_file(client);
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let flight = Flight::enter(&self.locks.join(format!("sso-{name}.lock")), None)?;
        self.put(&file, &registration.text(client)?, flight.lock())
    }

    /// Gives the file of a client's registration.
    pub fn registration_file(&self, client: &Client<'_>) -> PathBuf {
        self.folder.join(format!("{}.json", sha1(&client.key())))
    }

    /// Remembers that a renewal failed just now.
    pub fn remember_failure(&self, name: &str, now: Timestamp, lock: &Lock) {
        let file = self.tried(name);
        let seen = read(&file).ok().flatten().map_or(Fingerprint::ABSENT, |found| found.seen);
        // without it, the next process tries a little sooner
        let _ = replace(&file, now.as_second().to_string().as_bytes(), Mode::Secret, &seen, lock);
    }

    /// Tells whether a renewal failed so lately that it isn't tried again.
    pub fn failed_lately(&self, name: &str, now: Timestamp) -> bool {
        let text = read_bounded(&self.tried(name), 32).ok();
        let then = text.and_then(|text| std::str::from_utf8(&text).ok()?.trim().parse::<i64>().ok());
        then.is_some_and(|then| {
            let ago = now.as_second().saturating_sub(then);
            (0..i64::try_from(PAUSE.as_secs()).unwrap_or(i64::MAX)).contains(&ago)
        })
    }

    fn tried(&self, name: &str) -> PathBuf {
        self.lock_file(name).with_extension("tried")
    }

    fn put(&self, file: &Path, text: &[u8], lock: &Lock) -> Result<()> {
        if !self.folder.is_dir() {
            private_folder(&self.folder)?;
        }
        for _ in 0..MOST_WRITES {
            let seen = read(file)?.map_or(Fingerprint::ABSENT, |found| found.seen);
            if replace(file, text, Mode::Secret, &seen, lock)? == Replaced::Done {
                return Ok(());
            }
        }
        Err(Failure::new(Kind::Other, format!("`{}` is written by another program all the time", file.display()))
            .hint("run it again once that program is done")
            .into())
    }
}

fn bounded(file: &Path) -> std::io::Result<Option<Zeroizing<Vec<u8>>>> {
    match read_bounded(file, MOST_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn unusable(file: &Path, why: &str) -> Failure {
    invalid(format!("`{}` can't be used as a sign-in: {why}", file.display()))
        .hint("`awstok sso login` writes it anew, or remove the file")
}

/// Names a file after `text`, as the AWS CLI does.
fn sha1(text: &[u8]) -> String {
    hex(&Sha1::digest(text))
}

/// Writes JSON as Python's `json.dumps` does.
fn python_json(value: &serde_json::Value) -> Result<Zeroizing<Vec<u8>>> {
    json::dumps(value).map(Zeroizing::new).context("a sign-in can't be written as JSON")
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the tests play the other programs
mod tests {
    use super::*;
    use crate::secret::Secret;

    const START_URL: &str = "https://x.awsapps.com/start";

    fn files(home: &Path) -> TokenFiles {
        TokenFiles::new(&Paths::from_environment(&[("HOME", home)].into_iter().collect()).unwrap())
    }

    fn token(access: &str) -> Token {
        let mut token = Token::new(Secret::from(access), "2026-01-02T03:04:05Z".parse().unwrap());
        token.start_url = Some(START_URL.into());
        token
    }

    #[test]
    fn files_are_named_as_the_aws_cli_names_them() {
        let files = files(Path::new("/h"));
        for (name, hash) in [
            ("my-sso", "0ad374308c5a4e22f723adf10145eafad7c4031c"),
            ("https://example.awsapps.com/start", "e8be5486177c5b5392bd9aa76563515b29358e6e"),
            ("admin", "d033e22ae348aeb5660fc2140aec35850c4da997"),
            ("dev-scopes", "75e4d41276d8bd17f85986fc6cccef29fd725ce3"),
            ("https://d-92671207e4.awsapps.com/start", "13f9d35043871d073ab260e020f0ffde092cb14b"),
            ("test", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"),
        ] {
            assert_eq!(files.file(name), Path::new("/h/.aws/sso/cache").join(format!("{hash}.json")));
        }
    }

    #[test]
    fn a_token_reads_back_and_goes() {
        let home = tempfile::tempdir().unwrap();
        let files = files(home.path());
        assert!(files.read("corp", START_URL).unwrap().is_none());
        let flight = Flight::enter(&files.lock_file("corp"), None).unwrap();
        files.write("corp", &token("one"), flight.lock()).unwrap();
        files.write("corp", &token("two"), flight.lock()).unwrap();
        assert_eq!(files.read("corp", START_URL).unwrap().unwrap().access_token.expose(), "two");
        // written as people write it, and of another portal
        assert!(files.read("corp", &format!("{START_URL}/#/")).unwrap().is_some());
        assert!(files.read("corp", "https://y.awsapps.com/start").unwrap().is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&files.file("corp")), mode(&files.folder)), (0o600, 0o700));
        }
        assert!(files.remove("corp", flight.lock()).unwrap() && !files.remove("corp", flight.lock()).unwrap());
        assert!(files.read("corp", START_URL).unwrap().is_none());
    }

    #[test]
    fn what_holds_no_token_is_named_with_its_file() {
        let home = tempfile::tempdir().unwrap();
        let files = files(home.path());
        let file = files.file("corp");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        for (text, why) in [
            ("", None),
            (" \n", None),
            (r#"{"accessToken":"a","expiresAt":"2099-01-01T00:00:00Z"}"}"#, Some("no JSON")),
            ("{", Some("no JSON")),
            ("[]", Some("wrong type")),
            (r#"{"accessToken":"b","expiresAt":"notatimestamp"}"#, Some("`expiresAt` is no instant")),
            (r#"{"expiresAt":"2021-12-25T21:30:00Z"}"#, Some("`accessToken` is missing")),
            (r#"{"accessToken":"b"}"#, Some("`expiresAt` is missing")),
            (r#"{"accessToken":"b\r\nx: y","expiresAt":"2021-12-25T21:30:00Z"}"#, Some("characters")),
            (&format!("{{{}", " ".repeat(300_000)), Some("too large")),
        ] {
            std::fs::write(&file, text).unwrap();
            match (files.read("corp", START_URL), why) {
                (Ok(None), None) => {}
                (Err(error), Some(why)) => {
                    let said = crate::error::render(&error);
                    assert!(said.contains(why) && said.contains(file.to_str().unwrap()), "{said}");
                    assert!(said.contains("hint: `awstok sso login`"), "{said}");
                }
                (other, why) => panic!("{text}: {other:?}, not {why:?}"),
            }
        }
    }

    #[test]
    fn a_failed_renewal_is_remembered_for_half_a_minute() {
        let home = tempfile::tempdir().unwrap();
        let files = files(home.path());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let after = |seconds| now + jiff::SignedDuration::from_secs(seconds);
        assert!(!files.failed_lately("a", now));
        let flight = Flight::enter(&files.lock_file("a"), None).unwrap();
        files.remember_failure("a", now, flight.lock());
        assert!(files.failed_lately("a", after(29)) && !files.failed_lately("a", after(30)));
        assert!(!files.failed_lately("a", after(-1)) && !files.failed_lately("b", now));
        files.write("a", &token("new"), flight.lock()).unwrap();
        assert!(!files.failed_lately("a", now));
    }
}
