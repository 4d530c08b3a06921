//! Owns the snapshot of the process's environment, taken once at the start.
//! It refuses empty values: `FOO=` counts as unset, as the AWS SDKs have it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The environment variables as they were at the start.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Takes the snapshot of this process.
    #[allow(clippy::disallowed_methods)] // the one place that reads it
    pub fn of_this_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// Gives a variable's value unless it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Gives a variable's value as text; one that isn't UTF-8 counts as unset.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(OsStr::to_str)
    }

    /// Gives a variable's value as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// Tells whether a variable says yes: `1`, `true`, `yes` or `on` in any case.
    pub fn is_on(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|value| ["1", "true", "yes", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes)))
    }

    /// Gives all variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset() {
        let env: Environment = [("A", ""), ("B", "x"), ("C", "TRUE")].into_iter().collect();
        assert_eq!(env.text("A"), None);
        assert_eq!(env.text("B"), Some("x"));
        assert!(env.is_on("C") && !env.is_on("B") && !env.is_on("D"));
    }
}
