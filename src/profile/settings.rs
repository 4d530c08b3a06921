//! Owns `[defaults]` of the settings file: values that count where a profile doesn't set them.
//! It refuses to judge them by themselves; a profile that takes one judges it, and the message names the settings file.

use std::path::Path;

use crate::error::{Result, invalid};

use super::entries::{self, Entry};
use super::keys::Key;

/// The settings; without a file there are none.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub(super) defaults: Vec<Entry>,
}

impl Settings {
    /// Reads the settings file; a missing one is fine.
    ///
    /// # Errors
    /// When it can't be read, or isn't as INI files are.
    pub fn load(file: &Path) -> Result<Self> {
        match std::fs::read(file) {
            Ok(bytes) => Ok(Self { defaults: entries::of_defaults(file, &bytes)? }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(invalid(format!("can't read `{}`", file.display())).because(error).into()),
        }
    }

    /// Gives the profile that commands take when none is named.
    pub fn default_profile(&self) -> Option<&str> {
        self.get(Key::DefaultProfile)
    }

    /// Gives the master of roles that name none.
    pub fn master_profile(&self) -> Option<&str> {
        self.get(Key::MasterProfile)
    }

    fn get(&self, key: Key) -> Option<&str> {
        self.defaults.iter().find(|entry| entry.key == Some(key) && !entry.is_empty()).map(|entry| entry.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &[u8]) -> Result<Settings> {
        Ok(Settings { defaults: entries::of_defaults(Path::new("settings"), text)? })
    }

    #[test]
    fn only_the_defaults_are_read() {
        let read =
            settings(b"[other]\nx = 1\n[defaults]\nsource_profile = mainuser # c\ndefault_profile = prod\n").unwrap();
        assert_eq!((read.master_profile(), read.default_profile()), (Some("mainuser"), Some("prod")));
        assert_eq!(settings(b"").unwrap().default_profile(), None);
    }

    #[test]
    fn a_missing_file_is_fine_and_a_broken_one_is_named() {
        assert!(Settings::load(Path::new("/nonexistent/settings")).unwrap().defaults.is_empty());
        let error = settings(b"[defaults]\nregion = a\nregion = b\n").unwrap_err();
        assert!(error.to_string().contains("`settings:3`: `region` is repeated"), "{error}");
    }
}
