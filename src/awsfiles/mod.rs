//! Owns the bytes of the AWS files: reading them without losing one, changing only what is ours, putting them back.
//! It refuses meaning: what a key stands for is `profile`'s matter.

pub mod document;

pub use document::{Document, Entry, Section, Unreadable};
