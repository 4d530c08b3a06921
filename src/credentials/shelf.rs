//! Owns the choice of the place where a profile's sessions are kept: files, the keyring, or nowhere but in this run.
//! It refuses to take a place that fails for an empty one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Cache, Identity};
use crate::error::Result;
use crate::locked_file::Lock;
use crate::profile::Store;
use crate::session::Session;

/// Sessions that are kept nowhere: one run's threads share them, and they go with it.
#[derive(Debug, Clone, Default)]
pub(super) struct InRun(Arc<Mutex<BTreeMap<Identity, Session>>>);

impl InRun {
    fn hold(&self) -> MutexGuard<'_, BTreeMap<Identity, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All places.
#[derive(Debug)]
pub(super) struct Shelf<'a> {
    pub(super) cache: &'a Cache,
    pub(super) in_run: &'a InRun,
}

impl Shelf<'_> {
    /// Reads a session, expired or not.
    pub(super) fn read(&self, store: Option<Store>, name: &Identity) -> Result<Option<Session>> {
        match store {
            Some(Store::Keyring) => self.cache.read_keyring(name),
            Some(_) => Ok(self.cache.read(name)),
            None => Ok(self.in_run.hold().get(name).cloned()),
        }
    }

    /// Keeps a session.
    pub(super) fn store(
        &self,
        store: Option<Store>,
        name: &Identity,
        profile: &str,
        session: &Session,
        lock: &Lock,
    ) -> Result<()> {
        match store {
            Some(Store::Keyring) => self.cache.store_keyring(name, profile, session, lock),
            Some(_) => self.cache.store(name, profile, session, lock),
            None => {
                self.in_run.hold().insert(name.clone(), session.clone());
                Ok(())
            }
        }
    }
}
