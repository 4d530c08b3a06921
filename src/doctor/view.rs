//! Owns one profile as SDKs see it: the keys of both AWS files merged, the credentials file's over the config file's.
//! It refuses to choose among its sources; `chain` and `sdks` do.

use jiff::Timestamp;

use super::aws_file::{AwsFile, Flaw, KeyLine, Part};
use super::facts::Facts;
use super::sdks::Sdk;
use crate::clock::instant;

/// The keys by which files say when temporary credentials end: awstok's, its ancestor's, saml2aws's.
const ENDS: [&str; 3] = ["expiration", "aws_session_token_expiration", "x_security_token_expires"];
/// The keys of the static credentials, the id first.
pub const KEYS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];
/// The keys of a session token; Python reads the first one first.
pub const TOKENS: [&str; 2] = ["aws_security_token", "aws_session_token"];
/// The keys of Identity Center that say for what a sign-in is.
pub const SSO_ROLE: [&str; 2] = ["sso_account_id", "sso_role_name"];
/// The keys that say where to sign in.
pub const SSO_PORTAL: [&str; 2] = ["sso_start_url", "sso_region"];

/// Tells whether every SDK takes a name for one (`Identifier` of the SDKs' common grammar).
pub fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || "-_@+.%:/".contains(c))
}

/// A profile of the AWS files.
#[derive(Debug, Clone, Copy)]
pub struct View<'f> {
    /// All that is known.
    pub facts: &'f Facts,
    /// Its name.
    pub name: &'f str,
    /// Who looks; none is Python. Others join the sections of one profile, and `[DEFAULT]` is nothing special to them.
    pub sdk: Option<Sdk>,
}

/// A key that is set.
#[derive(Debug, Clone, Copy)]
pub struct Set<'f> {
    /// The file that it is in.
    pub file: &'f AwsFile,
    /// The key.
    pub key: &'f KeyLine,
}

impl<'f> View<'f> {
    /// Looks at a profile as Python does.
    pub fn new(facts: &'f Facts, name: &'f str) -> Self {
        Self { facts, name, sdk: None }
    }

    /// Looks at a profile as another SDK does.
    pub fn of(sdk: Sdk, facts: &'f Facts, name: &'f str) -> Self {
        Self { facts, name, sdk: Some(sdk) }
    }

    /// Finds a key in the credentials file, else in the config file.
    pub fn get(&self, key: &str) -> Option<Set<'f>> {
        let files = [&self.facts.credentials, &self.facts.config];
        files.into_iter().find_map(|file| Some(Set { file, key: self.get_in(file, key)? }))
    }

    /// Finds a key in one of the files.
    pub fn get_in(&self, file: &'f AwsFile, key: &str) -> Option<&'f KeyLine> {
        let Some(sdk) = self.sdk else { return file.get(self.name, key) };
        let is_flawed = |flaw, line| file.flaws.iter().any(|flawed| flawed.flaw == flaw && flawed.line == Some(line));
        let takes_small_letters_only = matches!(sdk, Sdk::JavaScript | Sdk::Java);
        let is_read = |key: &&KeyLine| !(takes_small_letters_only && is_flawed(Flaw::Capitals, key.line));
        self.parts(file).filter_map(|part| part.get(key)).filter(is_read).last()
    }

    /// Gives the sections that an SDK takes for the profile.
    pub fn parts(&self, file: &'f AwsFile) -> impl Iterator<Item = &'f Part> + use<'f> {
        let Self { name, sdk, .. } = *self;
        let is_config = std::ptr::eq(file, &self.facts.config);
        let is_seen = match sdk {
            None => true,
            Some(Sdk::JavaScript) => !is_config || is_plain(name),
            Some(Sdk::Java | Sdk::Rust) => is_plain(name),
            Some(Sdk::Go) => true,
        };
        // a name in quotes is another name, or none, to these
        let reads_quotes = !is_config || matches!(sdk, None | Some(Sdk::JavaScript));
        let has_mark = sdk == Some(Sdk::Go) && file.flaws.iter().any(|flawed| flawed.flaw == Flaw::ByteOrderMark);
        file.profiles()
            .filter(move |(found, part)| {
                is_seen
                    && *found == name
                    && (reads_quotes || !part.header.contains(['"', '\'']))
                    // behind a byte order mark Go sees no header
                    && !(has_mark && part.line == 1)
            })
            .map(|(_, part)| part)
    }

    /// Gives the value of a key.
    pub fn value(&self, key: &str) -> Option<&'f str> {
        self.get(key).map(|set| set.key.value.as_str())
    }

    /// Tells whether a key is set in either file.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Tells whether the profile is in either file.
    pub fn exists(&self) -> bool {
        [&self.facts.credentials, &self.facts.config].into_iter().any(|file| self.parts(file).next().is_some())
    }

    /// Gives the role to assume with other credentials than a web identity.
    pub fn role(&self) -> Option<Set<'f>> {
        self.get("role_arn").filter(|_| !self.has("web_identity_token_file"))
    }

    /// Gives when the static credentials of a file end, where it says.
    pub fn end_in(&self, file: &AwsFile) -> Option<Timestamp> {
        ENDS.iter().find_map(|key| instant(&file.get(self.name, key)?.value))
    }

    /// Tells whether the static credentials of a file are temporary.
    pub fn is_temporary_in(&self, file: &AwsFile) -> bool {
        let id = file.get(self.name, KEYS[0]);
        id.is_some_and(|id| id.value.starts_with("ASIA")) || TOKENS.iter().any(|key| file.get(self.name, key).is_some())
    }

    /// Tells whether Python takes the profile for one of Identity Center, and what it then lacks.
    pub fn sso(&self) -> Option<Result<(), String>> {
        if !SSO_ROLE.iter().any(|key| self.has(key)) {
            return None;
        }
        let lacks = |is_set: &dyn Fn(&str) -> bool| {
            let all = SSO_ROLE.iter().chain(&SSO_PORTAL);
            let lacking: Vec<String> = all.filter(|key| !is_set(key)).map(|key| format!("`{key}`")).collect();
            if lacking.is_empty() { Ok(()) } else { Err(format!("{} is missing", lacking.join(" and "))) }
        };
        let Some(name) = self.value("sso_session") else { return Some(lacks(&|key| self.has(key))) };
        let Some(session) = self.facts.config.sso_session(name) else {
            return Some(Err(format!("`sso_session` names `{name}`, and there is no `[sso-session {name}]`")));
        };
        // JavaScript takes the session's
        let compares = self.sdk != Some(Sdk::JavaScript);
        let differs = |set: &&KeyLine| compares && self.value(&set.key).is_some_and(|own| own != set.value);
        Some(match session.keys.iter().find(differs) {
            Some(set) => Err(format!("`{}` differs from the one in `[sso-session {name}]`", set.key)),
            None => lacks(&|key| self.has(key) || session.get(key).is_some()),
        })
    }

    /// Gives the address of the access portal that the profile signs in at.
    pub fn portal(&self) -> Option<&'f str> {
        let session = self.value("sso_session").and_then(|name| self.facts.config.sso_session(name));
        let in_session = session.and_then(|session| session.get("sso_start_url")).map(|key| key.value.as_str());
        in_session.or_else(|| self.value("sso_start_url"))
    }
}
