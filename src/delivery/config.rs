//! Owns what the generated sections of the config file hold. It refuses secrets and every key that SDKs would
//! resolve before the delivered credentials.

use std::collections::BTreeSet;
use std::path::Path;

use crate::awsfiles::generated::{Generated, Shadowing, regenerate};
use crate::awsfiles::{Drafts, Value};
use crate::environment::Environment;
use crate::error::Result;
use crate::paths::{Paths, tilde};
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

impl<'a> Config<'a> {
    /// Generates from `profiles`, leaving the sections of those in `kept` as they are, for the files at `paths`.
    pub fn here(
        paths: &Paths,
        env: &Environment,
        profiles: &'a [Profile],
        kept: BTreeSet<String>,
        program: &'a Path,
    ) -> Self {
        Self {
            profiles,
            kept,
            program,
            shown_folder: tilde(&paths.profiles, env),
            shown_credentials: tilde(&paths.credentials, env),
            shown_config: tilde(&paths.config, env),
        }
    }

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

/// Composes the line by which SDKs call awstok. Python's split it as a shell would; those for Rust, Go and JavaScript
/// hand it to `sh -c` or `cmd /C`: no character of a path or a name may mean anything to either.
pub fn credential_process_line(program: &Path, profile: &str) -> String {
    let program = program.display().to_string();
    let harmless = |c: char| c.is_alphanumeric() || "-_./:@+,%".contains(c);
    let profile = if profile.chars().all(harmless) { profile.to_owned() } else { quoted(profile) };
    format!("{} credential-process {profile}", quoted(&program))
}

/// Quotes a word for a shell and for programs that split as one.
fn quoted(word: &str) -> String {
    // Between double quotes a shell expands these two; single quotes are none to `cmd`.
    if cfg!(windows) || !word.contains(['$', '`']) {
        return format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
    }
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_words_that_were_meant() {
        for (program, profile) in [
            ("/usr/bin/awstok", "prod"),
            ("/a b/it's \"the\" \\ tool", "we+ird@x.y"),
            ("/$HOME/`id`'s/awstok", "a$(id)&(b)*!|<>~{c,d}?=^`e`"),
        ] {
            let line = credential_process_line(Path::new(program), profile);
            let echo = format!("printf '%s\\n' {line}");
            let output = std::process::Command::new("sh").args(["-c", &echo]).output().unwrap();
            let words = String::from_utf8(output.stdout).unwrap();
            assert_eq!(words, format!("{program}\ncredential-process\n{profile}\n"), "{line}");
        }
    }

    #[test]
    fn plain_words_stay_plain() {
        assert_eq!(
            credential_process_line(Path::new("/bin/awstok"), "prod"),
            "\"/bin/awstok\" credential-process prod"
        );
    }
}
