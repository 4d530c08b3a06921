//! Owns the choice of the place where a profile's sessions are kept: files, the keyring, under a passphrase, or nowhere but in
//! this run. It refuses to take a place that fails for an empty one, and to open one for a session that isn't wanted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Cache, Identity};
use crate::error::Result;
use crate::flight::Flight;
use crate::locked_file::Lock;
use crate::profile::Store;
use crate::session::{Session, Span, Summary};
use crate::vault::SessionKey;

/// Sessions that one run's threads share, and that go with it: those that are kept nowhere else, or could be kept nowhere, and those
/// that it needn't open because it sealed them itself.
#[derive(Debug, Clone, Default)]
pub(super) struct InRun(Arc<Mutex<BTreeMap<Identity, Session>>>);

impl InRun {
    fn hold(&self) -> MutexGuard<'_, BTreeMap<Identity, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, name: &Identity) -> Option<Session> {
        self.hold().get(name).cloned()
    }

    pub(super) fn put(&self, name: &Identity, session: &Session) {
        self.hold().insert(name.clone(), session.clone());
    }
}

/// All places, looked at from outside: nothing is asked or connected.
#[derive(Debug)]
pub(super) struct Shelf<'a> {
    pub(super) cache: &'a Cache,
    pub(super) in_run: &'a InRun,
}

impl Shelf<'_> {
    /// Tells what is kept of a session, expired or not.
    pub(super) fn summary(&self, store: Option<Store>, name: &Identity) -> Option<Summary> {
        match store {
            Some(store) => self.cache.read_summary(name, store),
            None => self.in_run.get(name).map(|session| session.summary()),
        }
    }

    /// Reads a session, where what is known of its life makes it wanted; whoever waits for `flight` learns that a person may
    /// be asked for the passphrase.
    pub(super) fn read(
        &self,
        store: Option<Store>,
        name: &Identity,
        key: &SessionKey<'_>,
        flight: Option<&Flight<'_>>,
        is_wanted: impl Fn(Span) -> bool,
    ) -> Result<Option<Session>> {
        let found = match store {
            // what a full disk didn't take is in the run
            Some(Store::File) => {
                let kept = self.cache.read(name).filter(|session| is_wanted(session.span()));
                kept.or_else(|| self.in_run.get(name))
            }
            None => self.in_run.get(name),
            Some(store) => {
                let Some(outside) = self.cache.read_summary(name, store).filter(|found| is_wanted(found.span)) else {
                    return Ok(None);
                };
                match (store, self.in_run.get(name).filter(|own| own.span() == outside.span)) {
                    (Store::Passphrase, Some(own)) => Some(own),
                    (Store::Passphrase, None) => {
                        let _asking = flight.map(Flight::asking);
                        self.cache.read_sealed(name, key)?
                    }
                    _ => self.cache.read_keyring(name)?,
                }
            }
        };
        Ok(found.filter(|session| is_wanted(session.span())))
    }

    /// Makes sure that a session can be kept once it is there.
    pub(super) fn prepare(&self, store: Option<Store>, key: &SessionKey<'_>, flight: &Flight<'_>) -> Result<()> {
        if store != Some(Store::Passphrase) {
            return Ok(());
        }
        let _asking = flight.asking();
        key.prepare()
    }

    /// Keeps a session.
    pub(super) fn store(
        &self,
        store: Option<Store>,
        name: &Identity,
        profile: &str,
        session: &Session,
        key: &SessionKey<'_>,
        lock: &Lock,
    ) -> Result<()> {
        match store {
            Some(Store::File) => self.cache.store(name, profile, session, lock),
            Some(Store::Keyring) => self.cache.store_keyring(name, profile, session, lock),
            Some(Store::Passphrase) => {
                self.cache.store_sealed(name, profile, session, key, lock)?;
                self.in_run.put(name, session);
                Ok(())
            }
            None => {
                self.in_run.put(name, session);
                Ok(())
            }
        }
    }
}
