//! Owns what is known before anything is judged: the environment, every file by itself, profiles, caches, modes.
//! It refuses to fail: what can't be read is a fact too. Nothing is asked over the network here.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::aws_file::{AwsFile, KeyLine};
use super::caches::{self, Cached};
use super::network::Network;
use super::places::{Access, access, accesses};
use crate::awsfiles::{Document, Naming};
use crate::environment::Environment;
use crate::error::{Result, hint_of, invalid};
use crate::locked_file;
use crate::paths::{self, Paths, home_to_look_at};
use crate::profile::keys::is_secret;
use crate::profile::{self, Folder, Kind, Loader, Profile, Request, Settings, SignIn};

/// No file of the first tools is larger, in bytes.
const LARGEST: u64 = 1 << 20;
/// What to do about what can't be read.
pub const TO_READ: &str = "make it a file that you may read: `ls -ld` shows what is there";

/// All that the rules look at.
#[derive(Debug)]
pub struct Facts {
    /// The environment.
    pub env: Environment,
    /// The present instant.
    pub now: Timestamp,
    /// Where the files are.
    pub paths: Paths,
    /// Whether the environment names a home folder.
    pub has_home: bool,
    /// The config file.
    pub config: AwsFile,
    /// The credentials file.
    pub credentials: AwsFile,
    /// The settings file, and why it can't be used.
    pub settings: (AwsFile, Option<Unusable>),
    /// The profile files, sorted by name.
    pub profiles: Vec<ProfileFile>,
    /// Why the profiles folder can't be listed.
    pub no_profiles: Option<String>,
    /// Files of boto 2 and of the first EC2 tools, in the order in which Python looks at them.
    pub old_files: Vec<OldFile>,
    /// What the AWS CLI cached.
    pub caches: Vec<Cached>,
    /// Who may do what with all other files.
    pub accesses: Vec<Access>,
    /// What the network said.
    pub network: Network,
}

/// A profile file.
#[derive(Debug)]
pub struct ProfileFile {
    /// The profile's name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it means, where it can be used.
    pub profile: Option<Profile>,
    /// Why it can't be used, by itself or with its masters.
    pub unusable: Option<Unusable>,
    /// Its keys, without secrets.
    pub keys: Vec<KeyLine>,
    /// Who may do what with it.
    pub access: Option<Access>,
}

impl ProfileFile {
    /// Gives when it was changed last.
    pub fn changed(&self) -> Option<Timestamp> {
        Timestamp::try_from(self.access.as_ref()?.changed?).ok()
    }

    /// Gives the line of the first of these keys.
    pub fn line_of(&self, keys: &[&str]) -> Option<usize> {
        self.keys.iter().find(|found| keys.contains(&found.key.as_str())).map(|found| found.line)
    }
}

/// Why a file can't be used.
#[derive(Debug)]
pub struct Unusable {
    /// In words, without secrets.
    pub what: String,
    /// What to do.
    pub hint: Option<String>,
    /// The file that the words name, and the line in it.
    pub place: Option<(PathBuf, usize)>,
}

/// A file that only Python looks at.
#[derive(Debug)]
pub struct OldFile {
    /// Where it is.
    pub path: PathBuf,
    /// The variable that names it.
    pub variable: Option<&'static str>,
    /// The line of the access key; none where there are no credentials in it.
    pub line: Option<usize>,
    /// Why Python stops there.
    pub trouble: Option<String>,
}

impl Facts {
    /// Gathers everything that is on this machine.
    pub fn gather(env: &Environment, paths: &Paths, now: Timestamp) -> Self {
        let home = home_to_look_at(env);
        let settings_file = AwsFile::read(&paths.settings(), Naming::Plain);
        let (settings, no_settings) = match settings_file.not_read() {
            // whoever opens a pipe waits for its other end
            Some(why) => (Settings::default(), Some(Unusable::file(&settings_file.path, why))),
            None => match Settings::load(&settings_file.path) {
                Ok(settings) => (settings, None),
                Err(error) => (Settings::default(), Some(Unusable::of(&error))),
            },
        };
        let (profiles, no_profiles) = match profile::names(&paths.profiles) {
            Ok(names) => (profile_files(paths, &settings, &home, names), None),
            Err(error) => (Vec::new(), Some(format!("{error:#}"))),
        };
        Self {
            config: AwsFile::read(&paths.config, Naming::Profile),
            credentials: AwsFile::read(&paths.credentials, Naming::Plain),
            settings: (settings_file, no_settings),
            old_files: old_files(env, &home),
            caches: caches::read(&[&paths.sso_cache, &paths.cli_cache()], now),
            accesses: accesses(paths),
            network: Network::default(),
            env: env.clone(),
            paths: paths.clone(),
            profiles,
            no_profiles,
            has_home: paths::home(env).is_some(),
            now,
        }
    }

    /// Finds a profile file.
    pub fn profile_file(&self, name: &str) -> Option<&ProfileFile> {
        let at = self.profiles.binary_search_by(|file| file.name.as_str().cmp(name)).ok()?;
        self.profiles.get(at)
    }

    /// Gives the usable profile of that name from whose file awstok delivers credentials.
    pub fn delivered(&self, name: &str) -> Option<&Profile> {
        self.profile_file(name)?.profile.as_ref().filter(|profile| profile.delivers_credentials())
    }

    /// Tells whether one of the AWS files has a profile of that name.
    pub fn is_in_aws_files(&self, name: &str) -> bool {
        self.credentials.profile(name).is_some() || self.config.profile(name).is_some()
    }
}

impl Unusable {
    /// Says why a file can't be read at all.
    fn file(path: &Path, why: &str) -> Self {
        let what = format!("`{}` can't be read: {why}", path.display());
        Self { what, hint: Some(TO_READ.into()), place: None }
    }

    /// Takes an error apart.
    pub fn of(error: &anyhow::Error) -> Self {
        let what = format!("{error:#}");
        let named = what.strip_prefix('`').and_then(|rest| rest.split_once('`')?.0.rsplit_once(':'));
        let place = named.and_then(|(file, line)| Some((PathBuf::from(file), line.parse().ok()?)));
        Self { hint: hint_of(error).map(str::to_owned), place, what }
    }

    /// Gives the file and the line that are at fault: those that the words name, else the file that was read.
    pub fn place_or<'u>(&'u self, file: &'u Path) -> (&'u Path, Option<usize>) {
        self.place.as_ref().map_or((file, None), |(file, line)| (file, Some(*line)))
    }
}

fn profile_files(paths: &Paths, settings: &Settings, home: &Path, names: Vec<String>) -> Vec<ProfileFile> {
    let mut files: Vec<ProfileFile> = names.into_iter().map(|name| profile_file(paths, settings, name)).collect();
    let usable: HashMap<String, Profile> =
        files.iter().filter_map(|file| Some((file.name.clone(), file.profile.clone()?))).collect();
    let present: HashSet<String> = files.iter().map(|file| file.name.clone()).collect();
    let folder = Folder { dir: &paths.profiles, settings, home: Some(home), config: &paths.config };
    let request = Request { session_name: "doctor".into(), ..Request::default() };
    let mut sessions: HashSet<Option<String>> = HashSet::new();
    for file in &mut files {
        let Some(profile) = file.profile.as_ref().filter(|profile| profile.delivers_credentials()) else { continue };
        // each look for an `[sso-session]` reads the config file, and many profiles name one
        let session = profile.sso.as_ref().and_then(|sso| Some(sso.session.as_ref()?.value.clone()));
        if profile.kind == Kind::Sso && !sessions.insert(session) {
            continue;
        }
        let mut known = Known { usable: &usable, present: &present, folder, is_others_fault: false };
        if let Err(error) = profile::plan(&file.name, &request, &mut known)
            && !known.is_others_fault
        {
            file.unusable = Some(Unusable::of(&error));
        }
    }
    files
}

fn profile_file(paths: &Paths, settings: &Settings, name: String) -> ProfileFile {
    let path = paths.profile(&name);
    let (mut profile, mut unusable, mut keys) = (None, None, Vec::new());
    match profile::bytes(&paths.profiles, &name).map(Zeroizing::new) {
        Err(error) => unusable = Some(Unusable::of(&error)),
        Ok(bytes) => {
            keys = keys_of(&bytes);
            match profile::read(&name, &path, &bytes, settings) {
                Ok(read) => profile = Some(read),
                Err(error) => unusable = Some(Unusable::of(&error)),
            }
        }
    }
    let access = access(&path, true).filter(|access| !access.is_folder);
    ProfileFile { name, path, profile, unusable, keys, access }
}

fn keys_of(bytes: &[u8]) -> Vec<KeyLine> {
    let Ok(document) = Document::parse(bytes) else { return Vec::new() };
    let key_line = |entry: crate::awsfiles::Entry<'_>| {
        let key = entry.key().to_ascii_lowercase();
        let value = if is_secret(&key) { String::new() } else { entry.value_without_comment().into_owned() };
        KeyLine { value, line: entry.line(), key }
    };
    document.sections().flat_map(|section| section.entries().map(key_line).collect::<Vec<_>>()).collect()
}

/// The profiles as they were read, for plans: nothing is read twice.
struct Known<'a> {
    usable: &'a HashMap<String, Profile>,
    present: &'a HashSet<String>,
    folder: Folder<'a>,
    /// Whether a plan failed on another profile's file, which is a finding of its own.
    is_others_fault: bool,
}

impl Loader for Known<'_> {
    fn load(&mut self, name: &str) -> Result<Profile> {
        if let Some(profile) = self.usable.get(name) {
            return Ok(profile.clone());
        }
        if self.present.contains(name) {
            self.is_others_fault = true;
            return Err(invalid(format!("the profile `{name}` can't be used")).into());
        }
        self.folder.load(name)
    }

    fn read_policy(&mut self, path: &str) -> Result<String> {
        self.folder.read_policy(path)
    }

    fn place(&self, path: &str) -> PathBuf {
        self.folder.place(path)
    }

    fn sign_in(&mut self, profile: &Profile) -> Result<Option<SignIn>> {
        self.folder.sign_in(profile)
    }
}

/// Looks where Python looks behind the config file (botocore's `OriginalEC2Provider` and `BotoProvider`).
fn old_files(env: &Environment, home: &Path) -> Vec<OldFile> {
    let whole = |path: PathBuf| match path.strip_prefix("~") {
        Ok(rest) => home.join(rest),
        Err(_) => path,
    };
    let mut files = Vec::new();
    if let Some(path) = env.path("AWS_CREDENTIAL_FILE").map(whole) {
        let text = locked_file::read_bounded(&path, LARGEST);
        let trouble = text.as_ref().err().map(ToString::to_string);
        let is_key = |line: &[u8]| line.trim_ascii_start().starts_with(b"AWSAccessKeyId");
        let line = text.ok().and_then(|text| text.split(|byte| *byte == b'\n').position(is_key)).map(|at| at + 1);
        files.push(OldFile { path, variable: Some("AWS_CREDENTIAL_FILE"), line, trouble });
    }
    let (places, variable) = match env.path("BOTO_CONFIG").map(whole) {
        Some(path) => (vec![path], Some("BOTO_CONFIG")),
        None => (vec![PathBuf::from("/etc/boto.cfg"), home.join(".boto")], None),
    };
    for path in places.into_iter().filter(|path| path.is_file()) {
        let file = AwsFile::read(&path, Naming::Plain);
        let credentials = file.parts.iter().find(|part| part.header == "Credentials");
        let line = credentials.and_then(|part| part.get("aws_access_key_id")).map(|key| key.line);
        let trouble = file.is_refused().then(|| "Python can't read it".to_owned());
        files.push(OldFile { path, variable, line, trouble });
    }
    files
}
