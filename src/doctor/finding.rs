//! Owns a finding: what is wrong where, why it bites, and what mends it.
//! It refuses secrets: whoever words a finding names keys, never their values.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something fails, or works with other credentials than meant.
    Error,
    /// It works, and will bite.
    Warning,
    /// Good to know.
    Info,
}

/// What `--fix` may do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Take awstok's own keys out of a section of the credentials file.
    RemoveOwnKeys(String),
    /// Take `aws_security_token` out of a section of the credentials file.
    RemoveSecurityToken(String),
    /// Give the section `[NAME]` of the config file the word that makes it a profile.
    NameProfile(String),
    /// Take the byte order mark off the credentials file (`true`) or the config file.
    RemoveByteOrderMark(bool),
    /// Take others' rights on a file.
    TightenFile(PathBuf),
    /// Keep others out of a folder.
    TightenFolder(PathBuf),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is, for scripts.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The profile that it is about.
    pub profile: Option<String>,
    /// The file that it is in.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// What is wrong, and why that bites.
    pub message: String,
    /// What mends it: a command, or what to do.
    pub fix: Option<String>,
    /// Whether `--fix` does.
    pub fixable: bool,
    /// Whether it did.
    pub fixed: bool,
    /// What `--fix` does.
    #[serde(skip)]
    pub mend: Option<Mend>,
}

impl Finding {
    /// Makes a finding; `message` is lower case, without a final full stop and without secrets.
    pub fn new(id: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            profile: None,
            file: None,
            line: None,
            message: message.into(),
            fix: None,
            fixable: false,
            fixed: false,
            mend: None,
        }
    }

    /// Makes one of `Severity::Error`.
    pub fn error(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Error, message)
    }

    /// Makes one of `Severity::Warning`.
    pub fn warning(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Warning, message)
    }

    /// Makes one of `Severity::Info`.
    pub fn info(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Info, message)
    }

    /// Says which profile it is about.
    #[must_use]
    pub fn of(mut self, profile: &str) -> Self {
        self.profile = Some(profile.to_owned());
        self
    }

    /// Says where it is.
    #[must_use]
    pub fn at(mut self, file: &Path, line: Option<usize>) -> Self {
        (self.file, self.line) = (Some(file.display().to_string()), line);
        self
    }

    /// Says what mends it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Lets `--fix` mend it, where there is something that it may do.
    #[must_use]
    pub fn mend(mut self, mend: Option<Mend>) -> Self {
        self.fixable = mend.is_some();
        self.mend = mend;
        self
    }

    /// Tells whether two findings are about the same thing, be it on another line.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.id, &self.profile, &self.file) == (other.id, &other.profile, &other.file)
            && (self.mend.is_some() || self.message == other.message)
            && self.mend == other.mend
    }
}
