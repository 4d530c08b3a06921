//! Owns the AWS files that a command is shown in place of the person's, where their `[default]` would win over an endpoint.
//! It refuses to touch those: stand-ins lie in a private folder, and go with the command, or with the next run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::awsfiles::{Document, Naming};
use crate::error::Result;
use crate::locked_file::{self, Fingerprint, Lock, Mode};
use crate::paths::Paths;

/// What SDKs take before an endpoint where it stands in the profile that nobody named (botocore, `credentials.py`,
/// order of `create_credential_resolver`).
const BEFORE_AN_ENDPOINT: [&str; 14] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "role_arn",
    "source_profile",
    "credential_source",
    "web_identity_token_file",
    "credential_process",
    "login_session",
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "sso_role_name",
];

/// How long another awstok is waited for that makes stand-ins at this moment.
const PATIENCE: Duration = Duration::from_secs(5);

/// Files in a folder that goes when this is dropped.
#[derive(Debug)]
pub struct StandIns {
    folder: PathBuf,
    credentials: Option<PathBuf>,
    config: Option<PathBuf>,
    /// Held as long as the command runs: without a holder, the next run removes the folder.
    _lock: Lock,
}

impl StandIns {
    /// Makes stand-ins for the files whose `[default]` would win: no credentials at all, and the config file without the
    /// settings that would. None where nothing would win.
    ///
    /// # Errors
    /// Where the person's files can't be read, or the stand-ins not be written.
    pub fn where_needed(paths: &Paths) -> Result<Option<Self>> {
        let credentials = without(&paths.credentials, Naming::Plain)?.map(|_| Vec::new());
        let config = without(&paths.config, Naming::Profile)?;
        if credentials.is_none() && config.is_none() {
            return Ok(None);
        }
        let making = locked_file::lock(&paths.locks().join("exec"), PATIENCE)?;
        remove_left_over(paths);
        locked_file::private_folder(&paths.stand_ins())?;
        let folder = (0_u32..).map(|nth| paths.stand_ins().join(format!("{}-{nth}", std::process::id())));
        let folder = folder.into_iter().find(|folder| !folder.exists()).unwrap_or_else(|| paths.stand_ins());
        locked_file::private_folder(&folder)?;
        let lock = locked_file::lock(&folder.join("lock"), PATIENCE)?;
        let put = |name: &str, bytes: Option<Vec<u8>>| -> Result<Option<PathBuf>> {
            let Some(bytes) = bytes else { return Ok(None) };
            let file = folder.join(name);
            let _ = locked_file::replace_unsynced(&file, &bytes, Mode::Secret, &Fingerprint::ABSENT, &making)?;
            Ok(Some(file))
        };
        let (credentials, config) = (put("credentials", credentials)?, put("config", config)?);
        Ok(Some(Self { credentials, config, folder, _lock: lock }))
    }

    /// The folder that goes with the command.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The stand-in for the credentials file, which is empty.
    pub fn credentials(&self) -> Option<&Path> {
        self.credentials.as_deref()
    }

    /// The stand-in for the config file.
    pub fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }
}

impl Drop for StandIns {
    fn drop(&mut self) {
        // what can't be removed now, the next run removes
        let _ = locked_file::remove_private_folder(&self.folder);
    }
}

/// Removes the stand-ins of runs that were killed.
fn remove_left_over(paths: &Paths) {
    for entry in std::fs::read_dir(paths.stand_ins()).into_iter().flatten().flatten() {
        if let Ok(Some(_unheld)) = locked_file::try_lock(&entry.path().join("lock")) {
            let _ = locked_file::remove_private_folder(&entry.path());
        }
    }
}

/// Gives a file without what would win; none where nothing would, or where SDKs can't read the file either.
fn without(path: &Path, naming: Naming) -> Result<Option<Vec<u8>>> {
    let Some(found) = locked_file::read(path)? else { return Ok(None) };
    let Ok(document) = Document::parse(&found.bytes) else { return Ok(None) };
    let rest = document.print_without(|section, entry| {
        naming.name_of(section).is_some_and(|name| name == "default")
            && BEFORE_AN_ENDPOINT.iter().any(|key| entry.key().eq_ignore_ascii_case(key))
    });
    Ok((rest != found.bytes).then_some(rest))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // a test sets the scene
mod tests {
    use super::*;

    fn paths(home: &Path) -> Paths {
        Paths::from_environment(&[("HOME", home)].into_iter().collect()).unwrap()
    }

    fn written(credentials: &str, config: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        home
    }

    #[test]
    fn only_a_default_that_would_win_is_stood_in_for() {
        let home = written("[other]\naws_access_key_id = A\n", "[default]\nregion = x\n[profile a]\nrole_arn = r\n");
        assert!(StandIns::where_needed(&paths(home.path())).unwrap().is_none());
        assert!(!home.path().join(".aws/awstok").exists(), "nothing is made for nothing");

        let home = written(
            "[default]\nregion = x\n",
            "# mine\r\n[default]\r\nRole_ARN=r\r\n  nested\r\nregion=x\r\n[x]\r\nrole_arn=y\r\n",
        );
        let stand_ins = StandIns::where_needed(&paths(home.path())).unwrap().unwrap();
        assert_eq!(stand_ins.credentials(), None);
        let config = std::fs::read_to_string(stand_ins.config().unwrap()).unwrap();
        assert_eq!(config, "# mine\r\n[default]\r\nregion=x\r\n[x]\r\nrole_arn=y\r\n");
    }

    #[test]
    fn stand_ins_go_with_the_command_or_with_the_next_run() {
        let home = written("[default]\naws_access_key_id = A\n", "");
        let paths = paths(home.path());
        let listed = || std::fs::read_dir(paths.stand_ins()).unwrap().count();
        let (one, two) = (StandIns::where_needed(&paths).unwrap(), StandIns::where_needed(&paths).unwrap().unwrap());
        assert_eq!((std::fs::read(two.credentials().unwrap()).unwrap(), two.config(), listed()), (vec![], None, 2));
        drop(one);
        assert_eq!(listed(), 1);
        std::fs::create_dir(paths.stand_ins().join("killed")).unwrap();
        drop(StandIns::where_needed(&paths).unwrap());
        assert!(listed() == 1 && two.folder().exists());
    }
}
