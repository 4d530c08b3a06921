//! Owns values too long for one entry of a keyring: numbered parts, and a head that says how many and what they are together.
//! It refuses a set that isn't whole: half old and half new counts as absent.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::encoding::hex;

/// What Windows takes in one entry (`CRED_MAX_CREDENTIAL_BLOB_SIZE`); the others take more, and are treated alike.
pub(super) const MOST_BYTES: usize = 2_560;
/// More parts no session takes.
const MOST_PARTS: usize = 64;

/// Entries by name.
pub(super) trait Drawer {
    /// What can go wrong.
    type Error;
    /// Reads an entry; none where there is none.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Self::Error>;
    /// Writes an entry, instead of the one that may be there.
    fn set(&self, name: &str, value: &[u8]) -> Result<(), Self::Error>;
    /// Removes an entry; tells whether there was one.
    fn delete(&self, name: &str) -> Result<bool, Self::Error>;
}

/// What stands in the first entry of a value in parts.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    parts: usize,
    /// SHA-256 of the whole, in hex.
    digest: String,
}

/// Reads a value; none where there is none, or no whole one.
pub(super) fn read<D: Drawer>(drawer: &D, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, D::Error> {
    let Some(first) = drawer.get(name)? else { return Ok(None) };
    let Some(head) = Head::of(&first) else { return Ok(Some(first)) };
    let mut whole = Zeroizing::new(Vec::with_capacity(head.parts.saturating_mul(MOST_BYTES)));
    for nth in 1..=head.parts {
        let Some(part) = drawer.get(&name_of(name, nth))? else { return Ok(None) };
        whole.extend_from_slice(&part);
    }
    Ok(Some(whole).filter(|whole| digest(whole) == head.digest))
}

/// Writes a value, in parts where it has more than `most` bytes; the head comes last, so that no part is taken for the whole.
pub(super) fn write<D: Drawer>(drawer: &D, name: &str, value: &[u8], most: usize) -> Result<(), D::Error> {
    let before = drawer.get(name)?.and_then(|first| Head::of(&first)).map_or(0, |head| head.parts);
    let parts = if value.len() > most { value.chunks(most.max(1)).len() } else { 0 };
    match parts {
        0 => drawer.set(name, value)?,
        parts => {
            for (nth, part) in (1..).zip(value.chunks(most.max(1))) {
                drawer.set(&name_of(name, nth), part)?;
            }
            drawer.set(name, Head { parts, digest: digest(value) }.text().as_bytes())?;
        }
    }
    (parts + 1..=before).rev().try_for_each(|nth| drawer.delete(&name_of(name, nth)).map(drop))
}

/// Removes a value with all its parts, those too that a writer or remover who was killed left behind.
pub(super) fn remove<D: Drawer>(drawer: &D, name: &str) -> Result<(), D::Error> {
    let known = drawer.get(name)?.and_then(|first| Head::of(&first)).map_or(0, |head| head.parts);
    // parts are written upwards and removed downwards, so that there is no gap before the last
    let mut last = known;
    while last < MOST_PARTS && drawer.get(&name_of(name, last + 1))?.is_some() {
        last += 1;
    }
    (1..=last).rev().try_for_each(|nth| drawer.delete(&name_of(name, nth)).map(drop))?;
    drawer.delete(name).map(drop)
}

impl Head {
    fn of(first: &[u8]) -> Option<Self> {
        serde_json::from_slice(first).ok().filter(|head: &Self| (1..=MOST_PARTS).contains(&head.parts))
    }

    fn text(&self) -> String {
        format!("{{\"parts\":{},\"digest\":\"{}\"}}", self.parts, self.digest)
    }
}

fn name_of(name: &str, nth: usize) -> String {
    format!("{name}/{nth}")
}

fn digest(whole: &[u8]) -> String {
    hex(&Sha256::digest(whole))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    use super::*;

    /// A keyring that dies after so many changes.
    #[derive(Default)]
    struct Mortal {
        entries: RefCell<BTreeMap<String, Vec<u8>>>,
        left: Cell<Option<u32>>,
        longest: Cell<usize>,
    }

    impl Mortal {
        fn change(&self) -> Result<(), ()> {
            match self.left.get() {
                Some(0) => Err(()),
                left => {
                    self.left.set(left.map(|left| left - 1));
                    Ok(())
                }
            }
        }

        fn dying_after(&self, changes: u32) -> Self {
            Self { entries: self.entries.clone(), left: Cell::new(Some(changes)), longest: Cell::new(0) }
        }

        fn names(&self) -> Vec<String> {
            self.entries.borrow().keys().cloned().collect()
        }
    }

    impl Drawer for Mortal {
        type Error = ();

        fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, ()> {
            Ok(self.entries.borrow().get(name).cloned().map(Zeroizing::new))
        }

        fn set(&self, name: &str, value: &[u8]) -> Result<(), ()> {
            self.change()?;
            self.longest.set(self.longest.get().max(value.len()));
            self.entries.borrow_mut().insert(name.to_owned(), value.to_vec());
            Ok(())
        }

        fn delete(&self, name: &str) -> Result<bool, ()> {
            self.change()?;
            Ok(self.entries.borrow_mut().remove(name).is_some())
        }
    }

    fn text(drawer: &Mortal) -> Option<String> {
        read(drawer, "s").unwrap().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_long_value_lies_in_parts_and_a_short_one_as_it_is() {
        let drawer = Mortal::default();
        write(&drawer, "s", b"short", 8).unwrap();
        assert_eq!((text(&drawer).as_deref(), drawer.names().as_slice()), (Some("short"), &["s".to_owned()][..]));
        let long = "a long value of several parts";
        write(&drawer, "s", long.as_bytes(), 8).unwrap();
        assert_eq!(text(&drawer).as_deref(), Some(long));
        assert_eq!(drawer.names(), ["s", "s/1", "s/2", "s/3", "s/4"]);
        write(&drawer, "s", b"two parts now", 8).unwrap();
        assert_eq!((text(&drawer).as_deref(), drawer.names().len()), (Some("two parts now"), 3));
        write(&drawer, "s", b"short", 8).unwrap();
        assert_eq!(drawer.names(), ["s"]);
        remove(&drawer, "s").unwrap();
        assert!(drawer.names().is_empty() && text(&drawer).is_none());
    }

    #[test]
    fn no_entry_is_longer_than_the_keyring_takes() {
        let drawer = Mortal::default();
        write(&drawer, "s", &[b'x'; 9_000], MOST_BYTES).unwrap();
        assert_eq!((drawer.longest.get(), read(&drawer, "s").unwrap().unwrap().len()), (MOST_BYTES, 9_000));
    }

    #[test]
    fn cut_off_anywhere_it_is_the_old_the_new_or_absent_and_can_be_taken_away() {
        let values =
            ["", "short", "nine bytes", "the old value, in some more parts", "THE NEW VALUE, IN AS MANY PARTS.."];
        for old in values {
            for new in values {
                let before = Mortal::default();
                write(&before, "s", old.as_bytes(), 8).unwrap();
                for changes in 0..20 {
                    let drawer = before.dying_after(changes);
                    let done = write(&drawer, "s", new.as_bytes(), 8).is_ok();
                    let found = text(&drawer);
                    assert!(
                        found.as_deref() == Some(new) || (!done && (found.is_none() || found.as_deref() == Some(old))),
                        "{old:?} {new:?} {changes}: {found:?}"
                    );
                    // a remover may be cut off as well; the next one takes everything
                    for more in 0..6 {
                        let drawer = drawer.dying_after(more);
                        let _ = remove(&drawer, "s");
                        drawer.left.set(None);
                        remove(&drawer, "s").unwrap();
                        assert!(drawer.names().is_empty(), "{old:?} {new:?} {changes} {more}: {:?}", drawer.names());
                    }
                    // so does one who writes once more
                    drawer.left.set(None);
                    write(&drawer, "s", b"after all", 8).unwrap();
                    assert_eq!(text(&drawer).as_deref(), Some("after all"));
                }
            }
        }
    }

    #[test]
    fn parts_of_two_writers_are_no_value() {
        let drawer = Mortal::default();
        write(&drawer, "s", b"the old value of one", 8).unwrap();
        drawer.set("s/2", b"ALUE OF ").unwrap();
        assert!(text(&drawer).is_none());
        drawer.set("s", br#"{"parts":99999999,"digest":""}"#).unwrap();
        assert!(text(&drawer).is_some_and(|text| text.contains("99999999")), "that is no head");
    }
}
