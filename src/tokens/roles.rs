//! Owns the credentials of roles of IAM Identity Center that the AWS CLI got and keeps (`~/.aws/cli/cache`): their names, and what
//! is still good of them. It refuses to write there more than an end, and takes whatever can't be used as not being there.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::{bounded, json, sha1};
use crate::clock::{instant, rfc3339};
use crate::error::Result;
use crate::locked_file::{Lock, remove};
use crate::paths::Paths;
use crate::session::{Demand, Said, Session};

/// With less than this left the AWS CLI gets new ones.
const MARGIN: SignedDuration = SignedDuration::from_mins(15);

/// No role's session lives longer than AWS ever grants.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// The folder of credentials.
#[derive(Debug, Clone)]
pub struct CliRoles {
    folder: PathBuf,
}

/// Whose credentials are looked for.
#[derive(Debug, Clone, Copy)]
pub struct RoleOf<'a> {
    /// The name of the `[sso-session]`; none for a bare start URL.
    pub session: Option<&'a str>,
    /// The address of the access portal.
    pub start_url: &'a str,
    /// The account, twelve digits.
    pub account_id: &'a str,
    /// The role.
    pub role_name: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    provider_type: Option<String>,
    credentials: Option<Said>,
}

impl CliRoles {
    /// Names the place; nothing is read yet.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.cli_cache() }
    }

    /// Gives the file of a role's credentials.
    pub fn file(&self, role: RoleOf<'_>) -> PathBuf {
        let sign_in = match role.session {
            Some(session) => ("sessionName", session),
            None => ("startUrl", role.start_url),
        };
        // in the order of the alphabet
        let key = json!({"accountId": role.account_id, "roleName": role.role_name, sign_in.0: sign_in.1});
        let text = json::dumps_minified(&key).unwrap_or_default();
        self.folder.join(format!("{}.json", sha1(&text)))
    }

    /// Removes a role's credentials, as `aws sso logout` does.
    ///
    /// # Errors
    /// Where the file can't be removed.
    pub fn forget(&self, role: RoleOf<'_>, lock: &Lock) -> Result<()> {
        remove(&self.file(role), lock)
    }

    /// Gives a role's credentials while they are good enough to be handed out.
    pub fn read(&self, role: RoleOf<'_>, now: Timestamp) -> Option<Session> {
        let bytes: Zeroizing<Vec<u8>> = bounded(&self.file(role)).ok()??;
        let file: File = serde_json::from_slice(&bytes).ok()?;
        if file.provider_type.as_deref() != Some("sso") {
            return None;
        }
        let mut said = file.credentials?;
        let end = said.expiration.as_deref().and_then(instant)?;
        said.expiration = Some(rfc3339(end));
        said.account_id.get_or_insert_with(|| role.account_id.to_owned());
        let strict = Demand { temporary: true, longest: Some(LONGEST) };
        let session = said.session(strict, now).ok()?;
        (end.duration_since(now) >= MARGIN && session.account_id() == Some(role.account_id)).then_some(session)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the tests play the AWS CLI
mod tests {
    use std::path::Path;

    use super::*;

    const ROLE: RoleOf<'_> = RoleOf {
        session: Some("my-sso"),
        start_url: "https://example.awsapps.com/start",
        account_id: "123456789012",
        role_name: "Admin",
    };

    fn roles(home: &Path) -> CliRoles {
        CliRoles::new(&Paths::from_environment(&[("HOME", home)].into_iter().collect()).unwrap())
    }

    #[test]
    fn files_are_named_as_the_aws_cli_names_them() {
        let roles = roles(Path::new("/h"));
        let file = |hash: &str| Path::new("/h/.aws/cli/cache").join(format!("{hash}.json"));
        assert_eq!(roles.file(ROLE), file("c30b99aca80d8f5b3178e353f05b2abcc9a4ccd3"));
        let legacy = RoleOf { session: None, ..ROLE };
        assert_eq!(roles.file(legacy), file("764b1819cd322a32dff569462ca869a4196b4fc1"));
    }

    #[test]
    fn what_is_good_is_taken_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let roles = roles(home.path());
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        assert!(roles.read(ROLE, now).is_none());
        let file = roles.file(ROLE);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let good = r#"{"ProviderType": "sso", "Credentials": {"AccessKeyId": "ASIA1", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2026-01-02T03:19:05Z", "AccountId": "123456789012"}}"#;
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            roles.read(ROLE, now)
        };
        let session = read(good).unwrap();
        assert_eq!(session.credentials.access_key_id(), "ASIA1");
        assert_eq!(session.expiration(), Some("2026-01-02T03:19:05Z".parse().unwrap()));
        for good in [good.replace("05Z", "05UTC"), good.replace(", \"AccountId\": \"123456789012\"", "")] {
            assert!(read(&good).is_some(), "{good}");
        }
        for bad in [
            good.replace("19:05Z", "19:04Z"),
            good.replace("2026-01", "2036-01"),
            good.replace("\"sso\"", "\"assume-role\""),
            good.replace("123456789012", "210987654321"),
            good.replace("ASIA1", "A\\nB"),
            good.replace("SessionToken", "Other"),
            good[..60].to_owned(),
            format!("{good}}}"),
            String::new(),
        ] {
            assert!(read(&bad).is_none(), "{bad}");
        }
    }
}
