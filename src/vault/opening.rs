//! Owns passphrases on their way to age files (age-encryption.org/v1, scrypt): known ones, asked ones, and the work with them.
//! It refuses to keep a passphrase longer than the run, and to do the work that a hostile file asks for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::secrecy::SecretString;
use zeroize::Zeroizing;

use super::{AskPassphrase, Reason, Sealed};
use crate::error::{Failure, Kind, Result, invalid};
use crate::secret::Secret;

/// The work of one try at the passphrase: 2^18 rounds, as the `age` program asks for.
const WORK: u8 = 18;
/// More work than this a file can't ask for: at 2^22 a try takes some ten seconds.
const MOST_WORK: u8 = 22;
/// How often a person may mistype.
const MOST_TRIES: u32 = 3;

/// What is known of passphrases, as long as the run: the one that opened or made a file last may open the others too. Clones
/// share it.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
pub(super) struct Known {
    passphrase: Option<Secret<String>>,
    /// It was chosen in this run, and typed twice: it serves other new files too.
    is_new: bool,
    /// The key of cached sessions, and whose recipient it opens for.
    pub(super) session_key: Option<(String, Secret<String>)>,
}

impl Memory {
    /// Holds up all others, so that a person is asked once.
    pub(super) fn hold(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Gives the passphrase to seal with: for a new file one that was chosen in this run, else the one that opened it.
    ///
    /// # Errors
    /// Those of `ask`.
    pub(super) fn passphrase(
        &mut self,
        ask: &dyn AskPassphrase,
        sealed: Sealed<'_>,
        is_new: bool,
    ) -> Result<Secret<String>> {
        if let Some(known) = self.passphrase.clone().filter(|_| !is_new || self.is_new) {
            return Ok(known);
        }
        let chosen = ask.ask(sealed, Reason::New)?;
        (self.passphrase, self.is_new) = (Some(chosen.clone()), true);
        Ok(chosen)
    }

    /// Opens an age file, with the passphrase that is known or with one that is asked for.
    ///
    /// # Errors
    /// Those of `ask`; for a wrong passphrase, and for what is no such file.
    pub(super) fn open(
        &mut self,
        ask: &dyn AskPassphrase,
        sealed: Sealed<'_>,
        bytes: &[u8],
    ) -> Result<Zeroizing<String>> {
        if let Some(known) = &self.passphrase
            && let Some(text) = unseal(bytes, known, sealed)?
        {
            return Ok(text);
        }
        for attempt in 0..MOST_TRIES {
            let reason = if attempt == 0 { Reason::Open } else { Reason::Wrong };
            let given = ask.ask(sealed, reason)?;
            if let Some(text) = unseal(bytes, &given, sealed)? {
                (self.passphrase, self.is_new) = (Some(given), false);
                return Ok(text);
            }
        }
        let hint = match sealed {
            Sealed::Secrets(_) => "try again; a forgotten passphrase can't be recovered: store the secrets anew",
            Sealed::Sessions => "try again; where it is forgotten, `awstok clear --all` forgets the sessions with it",
        };
        Err(Failure::new(Kind::InputNeeded, format!("this is not the passphrase of {sealed}")).hint(hint).into())
    }
}

/// Gives what a text is encrypted to, so that the passphrase opens it.
pub(super) fn recipient(passphrase: &Secret<String>) -> age::scrypt::Recipient {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.expose().clone()));
    recipient.set_work_factor(WORK);
    recipient
}

/// Opens a file; none where the passphrase is another.
fn unseal(bytes: &[u8], passphrase: &Secret<String>, sealed: Sealed<'_>) -> Result<Option<Zeroizing<String>>> {
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase.expose().clone()));
    identity.set_max_work_factor(MOST_WORK);
    match age::decrypt(&identity, bytes) {
        Ok(bytes) => {
            let bytes = Zeroizing::new(bytes);
            let text = std::str::from_utf8(&bytes).map_err(|_| damaged(sealed))?;
            Ok(Some(Zeroizing::new(text.to_owned())))
        }
        Err(age::DecryptError::KeyDecryptionFailed | age::DecryptError::DecryptionFailed) => Ok(None),
        Err(error) => Err(damaged(sealed).because(error).into()),
    }
}

/// Says that a file is none of these.
pub(super) fn damaged(sealed: Sealed<'_>) -> Failure {
    match sealed {
        Sealed::Secrets(_) => invalid(format!("the file of {sealed} is no age file under a passphrase"))
            .hint("put it back from a copy, or store the secrets anew"),
        Sealed::Sessions => invalid(format!("the key of {sealed} can't be used"))
            .hint("`awstok clear --all` forgets it and the sessions; the next one gets a new key"),
    }
}
