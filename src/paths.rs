//! Owns the places of all files (the README's table), computed from the environment.
//! It refuses to guess: without a home folder nothing is read or written.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::{Result, invalid};

/// Says, beside a stand-in in `AWS_SHARED_CREDENTIALS_FILE`, what stood there before.
pub const PERSONS_CREDENTIALS: &str = "AWSTOK_PERSONS_CREDENTIALS_FILE";
/// The same for `AWS_CONFIG_FILE`.
pub const PERSONS_CONFIG: &str = "AWSTOK_PERSONS_CONFIG_FILE";

/// Where everything is.
#[derive(Debug, Clone)]
pub struct Paths {
    /// One file a profile: `~/.aws/aws-profiles` or `AWSTOK_PROFILES_DIR`.
    pub profiles: PathBuf,
    /// `~/.aws/credentials` or `AWS_SHARED_CREDENTIALS_FILE`.
    pub credentials: PathBuf,
    /// `~/.aws/config` or `AWS_CONFIG_FILE`.
    pub config: PathBuf,
    /// `~/.aws/awstok` or `AWSTOK_HOME`.
    pub own: PathBuf,
    /// `~/.aws/sso/cache`, which the AWS CLI and SDKs know at this place only; without a home folder one of awstok's own.
    pub sso_cache: PathBuf,
}

impl Paths {
    /// Computes the places.
    ///
    /// # Errors
    /// Without `HOME` (on Windows also `USERPROFILE`, `HOMEDRIVE` and `HOMEPATH`), unless every place is overridden.
    pub fn from_environment(env: &Environment) -> Result<Self> {
        let mut places = Self::below(home(env), env)?;
        // what a command is shown in place of the person's files is no place to work on
        if places.credentials.starts_with(places.stand_ins()) {
            places.credentials = place(home(env), env, PERSONS_CREDENTIALS, "credentials")?;
        }
        if places.config.starts_with(places.stand_ins()) {
            places.config = place(home(env), env, PERSONS_CONFIG, "config")?;
        }
        Ok(places)
    }

    /// Computes the places for a diagnosis, which wants to say what it can, of the very files that SDKs find here.
    ///
    /// # Errors
    /// Never: there is a home folder of some kind.
    pub fn to_look_at(env: &Environment) -> Result<Self> {
        Self::below(Some(home_to_look_at(env)), env)
    }

    fn below(home: Option<PathBuf>, env: &Environment) -> Result<Self> {
        let place = |variable: &str, name: &str| place(home.clone(), env, variable, name);
        let own = place("AWSTOK_HOME", "awstok")?;
        let shared = home.as_ref().map(|home| home.join(".aws").join("sso").join("cache"));
        Ok(Self {
            profiles: place("AWSTOK_PROFILES_DIR", "aws-profiles")?,
            credentials: place("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
            config: place("AWS_CONFIG_FILE", "config")?,
            sso_cache: shared.unwrap_or_else(|| own.join("sso")),
            own,
        })
    }

    /// The settings file (INI, section `[defaults]`).
    pub fn settings(&self) -> PathBuf {
        self.own.join("settings")
    }

    /// The folder of the AWS files that commands are shown in place of the person's, a folder each.
    pub fn stand_ins(&self) -> PathBuf {
        self.own.join("exec")
    }

    /// The folder of cached sessions.
    pub fn cache(&self) -> PathBuf {
        self.own.join("cache")
    }

    /// The file with the key of sessions that are cached under a passphrase.
    pub fn session_key(&self) -> PathBuf {
        self.own.join("session-key.json")
    }

    /// The folder of lock files.
    pub fn locks(&self) -> PathBuf {
        self.own.join("locks")
    }

    /// The folder of old bytes that `undo` puts back.
    pub fn journal(&self) -> PathBuf {
        self.own.join("journal")
    }

    /// The record of what was handed out.
    pub fn log(&self) -> PathBuf {
        self.own.join("log")
    }

    /// The part of that record before the present one.
    pub fn older_log(&self) -> PathBuf {
        self.own.join("log.older")
    }

    /// The folder of records of used codes.
    pub fn mfa(&self) -> PathBuf {
        self.own.join("mfa")
    }

    /// The folder of long-term secrets under a passphrase.
    pub fn secrets(&self) -> PathBuf {
        self.own.join("secrets")
    }

    /// The note of an enrolment for profile `name` that isn't finished.
    pub fn enrolling(&self, name: &str) -> PathBuf {
        self.mfa().join(format!("{name}.enroll"))
    }

    /// The note of a rotation of profile `name` that isn't finished.
    pub fn rotating(&self, name: &str) -> PathBuf {
        self.secrets().join(format!("{name}.rotating"))
    }

    /// The mark of a move of profile `name`'s secrets that isn't finished.
    pub fn moving(&self, name: &str) -> PathBuf {
        self.secrets().join(format!("{name}.moving"))
    }

    /// The folders that are nobody else's business: that of the profile files, and awstok's own.
    pub fn private_folders(&self) -> [PathBuf; 7] {
        let (profiles, own) = (self.profiles.clone(), self.own.clone());
        [profiles, own, self.cache(), self.locks(), self.journal(), self.mfa(), self.secrets()]
    }

    /// The file of profile `name`.
    pub fn profile(&self, name: &str) -> PathBuf {
        self.profiles.join(name)
    }

    /// `~/.aws/cli/cache`, where the AWS CLI keeps the credentials of roles.
    pub fn cli_cache(&self) -> PathBuf {
        let of_aws = self.sso_cache.parent().and_then(std::path::Path::parent);
        of_aws.unwrap_or(&self.own).join("cli").join("cache")
    }
}

/// Shortens a path for people: the home folder becomes `~`.
pub fn tilde(path: &Path, env: &Environment) -> String {
    match home(env).and_then(|home| path.strip_prefix(home).ok().map(Path::to_path_buf)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// Gives what a variable names, else the place of that name below the home folder.
fn place(home: Option<PathBuf>, env: &Environment, variable: &str, name: &str) -> Result<PathBuf> {
    // no shell has replaced a `~` that came from a file of variables; SDKs do
    let named = env.path(variable).map(|path| match (path.strip_prefix("~"), &home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    });
    let place = named.or_else(|| home.map(|home| home.join(".aws").join(name)));
    Ok(place.ok_or_else(|| {
        invalid(format!("there is no home folder: neither `HOME` nor `{variable}` is set"))
            .hint("set `HOME` to your home folder")
    })?)
}

/// Gives the home folder for a diagnosis: where the environment names none, the account's, as most SDKs do; where the account has
/// none, the folder `~`, as Python does.
pub fn home_to_look_at(env: &Environment) -> PathBuf {
    home(env).or_else(std::env::home_dir).unwrap_or_else(|| PathBuf::from("~"))
}

/// Gives the home folder that the environment names.
#[cfg(not(windows))]
pub fn home(env: &Environment) -> Option<PathBuf> {
    env.path("HOME")
}

/// Gives the home folder that the environment names, or else Windows.
#[cfg(windows)]
pub fn home(env: &Environment) -> Option<PathBuf> {
    env.path("HOME")
        .or_else(|| env.path("USERPROFILE"))
        .or_else(|| {
            let mut drive = env.get("HOMEDRIVE")?.to_owned();
            drive.push(env.get("HOMEPATH")?);
            Some(drive.into())
        })
        .or_else(dirs::home_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(pairs: &[(&str, &str)]) -> Result<Paths> {
        Paths::from_environment(&pairs.iter().copied().collect())
    }

    #[test]
    fn overrides_win_and_empty_ones_do_not() {
        let found =
            paths(&[("HOME", "/home/user"), ("AWS_SHARED_CREDENTIALS_FILE", "rel/cred"), ("AWS_CONFIG_FILE", "")])
                .unwrap();
        assert_eq!(found.credentials, Path::new("rel/cred"));
        assert_eq!(found.config, Path::new("/home/user/.aws/config"));
        assert_eq!(found.profile("prod"), Path::new("/home/user/.aws/aws-profiles/prod"));
        assert_eq!(found.settings(), Path::new("/home/user/.aws/awstok/settings"));
    }

    #[test]
    fn a_tilde_that_no_shell_replaced_is_the_home_folder() {
        let config = |path| paths(&[("HOME", "/home/user"), ("AWS_CONFIG_FILE", path)]).unwrap().config;
        assert_eq!(config("~/c"), Path::new("/home/user/c"));
        assert_eq!(config("~other/c"), Path::new("~other/c"));
        assert_eq!(config("a/~/c"), Path::new("a/~/c"));
    }

    #[test]
    fn stand_ins_are_looked_through() {
        let home = ("HOME", "/home/user");
        let shown = ("AWS_SHARED_CREDENTIALS_FILE", "/home/user/.aws/awstok/exec/1/credentials");
        let found = paths(&[home, shown, (PERSONS_CREDENTIALS, "/their/own"), (PERSONS_CONFIG, "/not/asked")]).unwrap();
        assert_eq!((found.credentials, found.config), ("/their/own".into(), "/home/user/.aws/config".into()));
        assert_eq!(paths(&[home, shown]).unwrap().credentials, Path::new("/home/user/.aws/credentials"));
        let own = ("AWS_SHARED_CREDENTIALS_FILE", "/set/inside");
        let found = paths(&[home, own, (PERSONS_CREDENTIALS, "/their/own")]).unwrap();
        assert_eq!(found.credentials, Path::new("/set/inside"));
    }

    #[cfg(not(windows))]
    #[test]
    fn no_home_is_an_error() {
        assert!(paths(&[]).is_err());
    }
}
