//! Owns the profiles folder as a reader sees it: which files are profiles, and one or all of them loaded.
//! It refuses to write, even to tighten a mode (it reports that), and to look at more files than it was asked for.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Failure, Result, invalid};

use super::sign_in::{self, SignIn};
use super::{Profile, Settings, file, name};

/// No profile file is larger; this keeps a mistaken link from filling the memory.
const LARGEST: u64 = 1024 * 1024;

/// What a plan is made from: profiles by name, and the files of session policies.
pub trait Loader {
    /// Loads a profile.
    ///
    /// # Errors
    /// When it is missing or invalid.
    fn load(&mut self, name: &str) -> Result<Profile>;

    /// Reads the file that `session_policy` names.
    ///
    /// # Errors
    /// When it can't be read.
    fn read_policy(&mut self, path: &str) -> Result<String>;

    /// Gives the place that a path in a profile file means.
    fn place(&self, path: &str) -> PathBuf;

    /// Finds out where a profile signs in to IAM Identity Center; none for one that doesn't.
    ///
    /// # Errors
    /// When its `[sso-session]` is missing or can't be used, or contradicts the profile.
    fn sign_in(&mut self, profile: &Profile) -> Result<Option<SignIn>>;
}

/// The profiles folder, loading each profile only when a plan comes to it.
#[derive(Debug, Clone, Copy)]
pub struct Folder<'a> {
    /// The profiles folder.
    pub dir: &'a Path,
    /// The defaults.
    pub settings: &'a Settings,
    /// The config file, for its `[sso-session]` sections.
    pub config: &'a Path,
    /// What `~/` stands for in the paths of profile files.
    pub home: Option<&'a Path>,
}

impl Loader for Folder<'_> {
    fn load(&mut self, name: &str) -> Result<Profile> {
        load(self.dir, name, self.settings)
    }

    fn read_policy(&mut self, path: &str) -> Result<String> {
        let place = self.place(path);
        let bytes = read(&place).map_err(|problem| invalid(problem.said(&place)))?.0;
        Ok(String::from_utf8(bytes).map_err(|_| invalid(format!("`{}` is not UTF-8", place.display())))?)
    }

    fn place(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.dir.join(path),
        }
    }

    fn sign_in(&mut self, profile: &Profile) -> Result<Option<SignIn>> {
        sign_in::of_profile(profile, self.config, &mut || config_bytes(self.config))
    }
}

/// Reads the config file as it is; a missing one is empty.
///
/// # Errors
/// When it can't be read.
pub fn config_bytes(file: &Path) -> Result<Vec<u8>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(invalid(format!("can't read `{}`", file.display())).because(error).into()),
    }
}

/// Lists the names of the profiles, sorted; a missing folder has none.
///
/// # Errors
/// When the folder can't be read.
pub fn names(dir: &Path) -> Result<Vec<String>> {
    let unreadable =
        |error: std::io::Error| invalid(format!("can't read the folder `{}`", dir.display())).because(error);
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error).into()),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        // a link's own type says nothing; it is followed when the file is loaded
        let is_file = |entry: &std::fs::DirEntry| match entry.file_type() {
            Ok(kind) if kind.is_symlink() => !entry.path().is_dir(),
            Ok(kind) => kind.is_file(),
            Err(_) => true,
        };
        if let Ok(name) = entry.file_name().into_string()
            && name::is_profile_file(&name)
            && is_file(&entry)
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Loads one profile; no other file is read unless it is missing and the nearest names are wanted.
///
/// # Errors
/// When the name is none, the file is missing, or anything in it is invalid.
pub fn load(dir: &Path, name: &str, settings: &Settings) -> Result<Profile> {
    let (bytes, wide) = find(dir, name)?;
    let mut profile = file::read(name, &dir.join(name), &bytes, settings)?;
    profile.wide = wide;
    Ok(profile)
}

/// Reads the bytes of one profile's file, valid or not.
///
/// # Errors
/// When the name is none, and when the file is missing or can't be read.
pub fn bytes(dir: &Path, name: &str) -> Result<Vec<u8>> {
    find(dir, name).map(|(bytes, _)| bytes)
}

/// Reads a profile's file, and tells whether others than its owner can read or change it.
fn find(dir: &Path, name: &str) -> Result<(Vec<u8>, bool)> {
    if !name::is_profile_file(name) {
        name::check(name)?;
    }
    let path = dir.join(name);
    match read(&path) {
        Ok(found) => Ok(found),
        Err(Problem::Missing) => {
            name::check(name)?;
            Err(missing(dir, name).into())
        }
        Err(problem) => Err(invalid(problem.said(&path)).into()),
    }
}

/// Loads all profiles, sorted by name; the invalid ones come as errors, each naming its file.
///
/// # Errors
/// When the folder can't be read.
pub fn load_all(dir: &Path, settings: &Settings) -> Result<(Vec<Profile>, Vec<anyhow::Error>)> {
    let mut profiles = Vec::new();
    let mut errors = Vec::new();
    for name in names(dir)? {
        match load(dir, &name, settings) {
            Ok(profile) => profiles.push(profile),
            Err(error) => errors.push(error),
        }
    }
    Ok((profiles, errors))
}

/// Makes the failure of a profile that isn't there, with the names that resemble it.
fn missing(dir: &Path, name: &str) -> Failure {
    let known = names(dir).unwrap_or_default();
    let near: Vec<String> =
        name::nearest(name, known.iter().map(String::as_str)).iter().map(|near| format!("`{near}`")).collect();
    let failure = invalid(format!("there is no profile `{name}` in `{}`", dir.display()));
    match (near.is_empty(), known.is_empty()) {
        (false, _) => failure.hint(format!("did you mean {}?", near.join(", "))),
        (true, false) => failure.hint("`awstok list` shows the profiles"),
        (true, true) => failure.hint("there are no profiles yet: `awstok profile add` makes one, `awstok profile import` takes over those of the AWS files"),
    }
}

/// Why a file can't be read.
enum Problem {
    Missing,
    NoFile,
    TooLarge,
    Io(std::io::Error),
}

impl Problem {
    fn said(&self, path: &Path) -> String {
        let path = path.display();
        match self {
            Self::Missing => format!("`{path}` is missing"),
            Self::NoFile => format!("`{path}` is no file"),
            Self::TooLarge => format!("`{path}` is larger than 1 MiB"),
            Self::Io(error) => format!("can't read `{path}`: {error}"),
        }
    }
}

/// Reads a file, and tells whether others than its owner can read or change it.
fn read(path: &Path) -> Result<(Vec<u8>, bool), Problem> {
    let problem = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Problem::Missing,
        _ => Problem::Io(error),
    };
    let metadata = std::fs::metadata(path).map_err(problem)?;
    if !metadata.is_file() {
        return Err(Problem::NoFile);
    }
    if metadata.len() > LARGEST {
        return Err(Problem::TooLarge);
    }
    Ok((std::fs::read(path).map_err(problem)?, is_wide(&metadata)))
}

#[cfg(unix)]
fn is_wide(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_wide(_: &std::fs::Metadata) -> bool {
    false
}
