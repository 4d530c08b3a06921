//! Owns the bytes of the AWS files: reading them without losing one, changing only what is ours, putting them back.
//! It refuses meaning: what a key stands for is `profile`'s matter.

mod copies;
pub mod document;
mod draft;
mod edit;
pub mod generated;
pub mod journal;
mod lexer;
mod names;
mod outline;
mod patch;
mod rename;
mod store;
mod style;
#[cfg(test)]
mod tests;
mod undo;
mod verify;

pub use copies::{edited, rewrite_copies};
pub use document::{Document, Entry, Section, Unreadable};
pub use draft::Draft;
pub use edit::SectionEdit;
pub use names::{Naming, Value, unwritable};
pub use outline::{Names, Outline, Outlined};
pub use store::{AwsFiles, Drafts, Outcome, Preview};
pub use undo::{first_copy, undo, undo_where};
