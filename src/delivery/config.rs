//! Owns what the generated sections of the config file hold. It refuses secrets and every key that SDKs would
//! resolve before the delivered credentials.

use std::collections::BTreeSet;
use std::path::Path;

use crate::awsfiles::generated::{Generated, Shadowing, regenerate};
use crate::awsfiles::{Drafts, Value};
use crate::error::Result;
use crate::profile::{ConfigEntry, Profile};

/// What the config file is generated from.
#[derive(Debug, Clone)]
pub struct Config<'a> {
    /// All profiles that can be read.
    pub profiles: &'a [Profile],
    /// The names of those that can't be at present: their sections stay.
    pub kept: BTreeSet<String>,
    /// This program, for `auto_refresh`; absolute.
    pub program: &'a Path,
    /// The folder of the profile files as people know it.
    pub shown_folder: String,
    /// The credentials file as people know it.
    pub shown_credentials: String,
    /// The config file as people know it.
    pub shown_config: String,
}

impl Config<'_> {
    /// Regenerates the sections; gives warnings about hand-written keys that win over the delivered credentials.
    ///
    /// # Errors
    /// Names file and line of what can't be read, and keys or values that can't be written.
    pub fn regenerate(&self, drafts: &mut Drafts) -> Result<Vec<String>> {
        let wanted: Vec<Generated> = self.profiles.iter().map(|profile| self.section(profile)).collect();
        let shadowing = regenerate(drafts, &wanted, &self.kept, &self.shown_credentials)?;
        Ok(shadowing.iter().map(|found| self.warning(found)).collect())
    }

    fn section(&self, profile: &Profile) -> Generated {
        let process = credential_process_line(self.program, &profile.name);
        let keys = profile.config_entries(Some(&process)).into_iter().map(|entry| {
            let ConfigEntry { key, value, nested } = entry;
            (key, Value { text: value, nested })
        });
        Generated {
            profile: profile.name.clone(),
            source: format!("{}/{}", self.shown_folder, profile.name),
            keys: keys.collect(),
        }
    }

    fn warning(&self, found: &Shadowing) -> String {
        format!(
            "`{}:{}`: `{}` of profile `{}` is resolved by SDKs before the credentials that awstok delivers; remove it unless you mean that",
            self.shown_config, found.line, found.key, found.profile
        )
    }
}

/// Composes the line by which SDKs call awstok: they split it as a shell would, without one.
pub fn credential_process_line(program: &Path, profile: &str) -> String {
    let program = program.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    let profile = match profile.contains(|c: char| c.is_whitespace() || "\"'\\".contains(c)) {
        true => format!("\"{}\"", profile.replace('\\', "\\\\").replace('"', "\\\"")),
        false => profile.to_owned(),
    };
    format!("\"{program}\" credential-process {profile}")
}
