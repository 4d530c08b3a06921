//! Owns the mark of a move that isn't finished: which places may hold a secret that belongs to another by now.
//! It refuses to hold a secret.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::error::{Failure, Kind, Result};
use crate::locked_file::{Fingerprint, Lock, Mode, Replaced, private_folder, read, remove, replace};
use crate::paths::Paths;
use crate::profile::Store;

/// The mark, as it lies in its file.
#[derive(Debug)]
pub(super) struct Mark {
    file: PathBuf,
    pub(super) stores: Vec<Store>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    stores: Vec<String>,
}

impl Mark {
    /// Reads the mark of a profile; none where no move was cut off. One that says nothing counts for all places.
    pub(super) fn read(paths: &Paths, profile: &str) -> Result<Option<Self>> {
        let file = paths.moving(profile);
        let Some(found) = read(&file)? else { return Ok(None) };
        let all = Store::WORDS.map(|(_, store)| store);
        let stores = match serde_json::from_slice::<Written>(&found.bytes) {
            Ok(written) => {
                all.into_iter().filter(|store| written.stores.iter().any(|said| said == store.word())).collect()
            }
            Err(_) => all.to_vec(),
        };
        Ok(Some(Self { file, stores }))
    }

    /// Marks that a move begins, or goes on.
    pub(super) fn begin(
        paths: &Paths,
        profile: &str,
        before: Option<Self>,
        stores: impl Iterator<Item = Store>,
        lock: &Lock,
    ) -> Result<Self> {
        let mut all = before.map(|mark| mark.stores).unwrap_or_default();
        for store in stores {
            if !all.contains(&store) {
                all.push(store);
            }
        }
        let mark = Self { file: paths.moving(profile), stores: all };
        private_folder(&paths.secrets())?;
        mark.write(lock).map(|()| mark)
    }

    /// Lets the mark say again what it said before this move, which came to nothing.
    pub(super) fn back_to(self, before: Option<Vec<Store>>, lock: &Lock) -> Result<()> {
        match before {
            Some(stores) => Self { stores, ..self }.write(lock),
            None => self.end(lock),
        }
    }

    fn write(&self, lock: &Lock) -> Result<()> {
        let seen = read(&self.file)?.map_or(Fingerprint::ABSENT, |found| found.seen);
        let written = Written { stores: self.stores.iter().map(|store| store.word().to_owned()).collect() };
        let text = serde_json::to_vec(&written).context("a mark can't be written as JSON")?;
        match replace(&self.file, &text, Mode::Secret, &seen, lock)? {
            Replaced::Done => Ok(()),
            Replaced::ChangedMeanwhile => {
                Err(Failure::new(Kind::Other, format!("`{}` changed meanwhile", self.file.display()))
                    .hint("run it again")
                    .into())
            }
        }
    }

    /// Takes the mark away: the move is finished.
    pub(super) fn end(self, lock: &Lock) -> Result<()> {
        remove(&self.file, lock)
    }
}
