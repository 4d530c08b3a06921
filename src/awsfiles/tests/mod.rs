//! The lossless files: what is read, what an edit changes, what survives.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)] // helpers of tests

mod copies;
mod document;
mod edit;
mod generated;
mod properties;
mod store;

use std::collections::BTreeMap;

use super::Document;
use super::edit::{SectionEdit, apply, ended};
use super::names::Naming;
use super::patch::Patch;
use super::verify;

/// Edits one section as the store does, verification included.
fn edited(before: &[u8], naming: Naming, name: &str, edit: impl FnOnce(&mut SectionEdit)) -> Result<Vec<u8>, String> {
    let mut changes = SectionEdit::default();
    edit(&mut changes);
    edited_all(before, naming, &BTreeMap::from([(name.to_owned(), changes)]))
}

fn edited_all(before: &[u8], naming: Naming, edits: &BTreeMap<String, SectionEdit>) -> Result<Vec<u8>, String> {
    let ended = ended(before);
    let document = Document::parse(&ended).map_err(|unreadable| unreadable.to_string())?;
    match apply(&document, naming, edits).map_err(|unreadable| unreadable.to_string())? {
        None => Ok(before.to_vec()),
        Some(edited) => {
            verify::check(&document, &edited.patch, naming, edits).map_err(|failure| failure.to_string())?;
            Ok(edited.in_text(before.len(), &ended).pieces(before).concat())
        }
    }
}
