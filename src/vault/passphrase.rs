//! Owns secrets in files under a passphrase: `secrets/PROFILE.age`, a standard age file that holds the lines that the profile
//! file would hold. It refuses lines that it doesn't know.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::opening::{Memory, recipient};
use super::{AskPassphrase, Item, Place, Sealed};
use crate::error::{Failure, Kind, Result, invalid};
use crate::locked_file::{Fingerprint, Mode, Replaced, lock, private_folder, read, remove, replace};
use crate::paths::Paths;
use crate::secret::Secret;

/// How long another awstok may work on the same file.
const PATIENCE: Duration = Duration::from_secs(10);

/// The folder of files under a passphrase.
pub struct Passphrases<'a> {
    folder: PathBuf,
    locks: PathBuf,
    ask: &'a dyn AskPassphrase,
    memory: Memory,
}

impl<'a> Passphrases<'a> {
    /// Names the place; nothing is asked yet.
    pub fn new(paths: &Paths, ask: &'a dyn AskPassphrase) -> Self {
        Self { folder: paths.secrets(), locks: paths.locks(), ask, memory: Memory::default() }
    }

    /// Shares what is known of passphrases with others of this run.
    #[must_use]
    pub fn sharing(mut self, memory: &Memory) -> Self {
        self.memory = memory.clone();
        self
    }

    fn file(&self, profile: &str) -> PathBuf {
        self.folder.join(format!("{profile}.age"))
    }

    /// Changes the lines of a file, under its lock.
    fn change(&self, profile: &str, edit: impl Fn(&mut Lines)) -> Result<()> {
        private_folder(&self.folder)?;
        let lock = lock(&self.locks.join(format!("secrets-{profile}.lock")), PATIENCE)?;
        let file = self.file(profile);
        let found = read(&file)?;
        let mut lines = match &found {
            Some(found) => self.open(profile, &found.bytes)?,
            None => Lines::default(),
        };
        let before = lines.clone();
        edit(&mut lines);
        if lines == before {
            return Ok(());
        }
        if lines.0.is_empty() {
            return remove(&file, &lock);
        }
        let passphrase = self.memory.hold().passphrase(self.ask, Sealed::Secrets(profile), found.is_none())?;
        let sealed = age::encrypt(&recipient(&passphrase), lines.text().as_bytes());
        let sealed = sealed.context("the secrets can't be encrypted")?;
        let seen = found.map_or(Fingerprint::ABSENT, |found| found.seen);
        match replace(&file, &sealed, Mode::Secret, &seen, &lock)? {
            Replaced::Done => Ok(()),
            Replaced::ChangedMeanwhile => {
                Err(Failure::new(Kind::Other, format!("`{}` was changed by another program meanwhile", file.display()))
                    .hint("try again")
                    .into())
            }
        }
    }

    /// Tells whether anything is kept under a profile's name; for that no passphrase is needed.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn holds(&self, profile: &str) -> Result<bool> {
        read(&self.file(profile)).map(|found| found.is_some())
    }

    /// Forgets all secrets of a profile: for that no passphrase is needed.
    ///
    /// # Errors
    /// Where the file can't be removed.
    pub fn forget(&self, profile: &str) -> Result<()> {
        if !self.holds(profile)? {
            return Ok(());
        }
        let lock = lock(&self.locks.join(format!("secrets-{profile}.lock")), PATIENCE)?;
        remove(&self.file(profile), &lock)
    }

    /// Opens a file, with the passphrase that is known or with one that is asked for.
    fn open(&self, profile: &str, bytes: &[u8]) -> Result<Lines> {
        let text = self.memory.hold().open(self.ask, Sealed::Secrets(profile), bytes)?;
        Lines::read(&text, profile)
    }
}

impl Place for Passphrases<'_> {
    fn read(&self, profile: &str, item: Item) -> Result<Option<Secret<String>>> {
        let Some(found) = read(&self.file(profile))? else { return Ok(None) };
        Ok(self.open(profile, &found.bytes)?.get(item))
    }

    fn write(&self, profile: &str, item: Item, secret: &Secret<String>) -> Result<()> {
        self.change(profile, |lines| lines.set(item, secret))
    }

    fn remove(&self, profile: &str, item: Item) -> Result<()> {
        if read(&self.file(profile))?.is_none() {
            return Ok(());
        }
        self.change(profile, |lines| lines.0.retain(|(key, _)| *key != item))
    }
}

/// The lines of a file.
#[derive(Clone, Default)]
struct Lines(Vec<(Item, Secret<String>)>);

impl PartialEq for Lines {
    fn eq(&self, other: &Self) -> bool {
        let values =
            |lines: &Self| -> Vec<_> { lines.0.iter().map(|(item, secret)| (*item, secret.clone())).collect() };
        let (one, two) = (values(self), values(other));
        one.len() == two.len() && one.iter().zip(&two).all(|(a, b)| a.0 == b.0 && a.1.expose() == b.1.expose())
    }
}

impl Lines {
    fn read(text: &str, profile: &str) -> Result<Self> {
        let mut lines = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';'])) {
            let known = line.split_once('=').and_then(|(key, value)| {
                let item = Item::ALL.into_iter().find(|item| item.key().eq_ignore_ascii_case(key.trim()))?;
                Some((item, Secret::from(value.trim())))
            });
            // its words may be a secret
            let known = known.ok_or_else(|| {
                invalid(format!(
                    "the secrets of `{profile}` hold a line that is neither `aws_secret_access_key` nor `mfa_secret`"
                ))
                .hint("store the secrets anew")
            })?;
            lines.0.push(known);
        }
        Ok(lines)
    }

    fn get(&self, item: Item) -> Option<Secret<String>> {
        self.0.iter().find(|(key, _)| *key == item).map(|(_, secret)| secret.clone())
    }

    fn set(&mut self, item: Item, secret: &Secret<String>) {
        self.0.retain(|(key, _)| *key != item);
        self.0.push((item, secret.clone()));
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(1_024));
        for (item, secret) in &self.0 {
            text.push_str(item.key());
            text.push_str(" = ");
            text.push_str(secret.expose());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::Reason;
    use super::*;
    use crate::error::kind_of;

    struct Answers(Mutex<Vec<&'static str>>, Mutex<Vec<Reason>>);

    impl AskPassphrase for Answers {
        fn ask(&self, _: Sealed<'_>, reason: Reason) -> Result<Secret<String>> {
            self.1.lock().unwrap().push(reason);
            Ok(Secret::from(self.0.lock().unwrap().remove(0)))
        }
    }

    fn answers(list: &[&'static str]) -> Answers {
        Answers(Mutex::new(list.to_vec()), Mutex::default())
    }

    fn paths(home: &tempfile::TempDir) -> Paths {
        Paths::from_environment(&[("HOME", home.path())].into_iter().collect()).unwrap()
    }

    #[test]
    fn secrets_come_back_with_the_passphrase_and_with_no_other() {
        let home = tempfile::tempdir().unwrap();
        let first = answers(&["open sesame"]);
        let place = Passphrases::new(&paths(&home), &first);
        assert!(place.read("ann", Item::MfaSecret).unwrap().is_none());
        place.write("ann", Item::SecretAccessKey, &Secret::from("canary-1")).unwrap();
        place.write("ann", Item::MfaSecret, &Secret::from("canary-2")).unwrap();
        assert_eq!(*first.1.lock().unwrap(), [Reason::New]);
        let bytes = std::fs::read(home.path().join(".aws/awstok/secrets/ann.age")).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1\n") && !bytes.windows(6).any(|part| part == b"canary"));

        let second = answers(&["wrong", "open sesame"]);
        let place = Passphrases::new(&paths(&home), &second);
        assert_eq!(place.read("ann", Item::SecretAccessKey).unwrap().unwrap().expose(), "canary-1");
        assert_eq!(place.read("ann", Item::MfaSecret).unwrap().unwrap().expose(), "canary-2");
        assert_eq!(*second.1.lock().unwrap(), [Reason::Open, Reason::Wrong]);
        place.remove("ann", Item::SecretAccessKey).unwrap();
        assert!(place.read("ann", Item::SecretAccessKey).unwrap().is_none());
        place.remove("ann", Item::MfaSecret).unwrap();
        assert!(!home.path().join(".aws/awstok/secrets/ann.age").exists());

        let third = answers(&["a", "b", "c"]);
        Passphrases::new(&paths(&home), &answers(&["x"])).write("bob", Item::MfaSecret, &Secret::from("s")).unwrap();
        let error = Passphrases::new(&paths(&home), &third).read("bob", Item::MfaSecret).unwrap_err();
        assert_eq!(kind_of(&error), Kind::InputNeeded);
    }

    #[test]
    #[allow(clippy::disallowed_methods)] // the test plays another program
    fn what_is_no_such_file_is_refused_and_left() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".aws/awstok/secrets/ann.age");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "junk").unwrap();
        let ask = answers(&["x"]);
        let error = Passphrases::new(&paths(&home), &ask).read("ann", Item::MfaSecret).unwrap_err();
        assert_eq!(kind_of(&error), Kind::Invalid);
        assert_eq!(std::fs::read(&file).unwrap(), b"junk");
    }
}
