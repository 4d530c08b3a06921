//! Owns every write: locks between processes, reading with a fingerprint, replacing a file as a whole, folders of our own.
//! It is the only module that opens a file for writing, and it refuses to change what stands in one without a lock.
#![allow(clippy::disallowed_methods)] // the one place for them

mod append;
mod folder;
mod lock;
mod platform;
mod read;
mod replace;
mod scratch;
#[cfg(test)]
mod tests;

pub use append::{Appended, append, set_aside};
pub use folder::{is_open_to_everyone, private_folder, remove_private_folder, target, tighten, tighten_folder};
pub use lock::{Lock, held_by_another, lock, retire, try_lock};
pub use read::{Fingerprint, Read, read, read_bounded, read_pieces};
pub use replace::{
    Mode, Replaced, has_left_over, link, link_at, remove, remove_left_over, replace, replace_unsynced,
    replace_with_parts,
};
pub use scratch::Scratch;
