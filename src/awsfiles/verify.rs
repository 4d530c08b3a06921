//! Owns the second look at a changed text before it is written: another reader (rust-ini) must find exactly the intended change.
//! It refuses to trust `edit`; rust-ini gets only normalised lines, because it misreads raw AWS files.

use std::collections::BTreeMap;

use ini::{Ini, ParseOption};

use super::document::{Document, Kind, Section};
use super::edit::{Edited, SectionEdit};
use super::names::Naming;
use crate::error::{Failure, Kind as FailureKind};

/// Stands behind each value, so that a backslash at its end continues nothing.
const GUARD: &str = "\u{b6}";

/// The keys of a section in lower case, with value and nested lines.
type Keys = BTreeMap<String, (String, Vec<String>)>;

/// Checks a changed text.
///
/// # Errors
/// Where anything but the intended change is found.
pub(super) fn check(edited: &Edited, naming: Naming, edits: &BTreeMap<String, SectionEdit>) -> Result<(), Failure> {
    find_difference(edited, naming, edits).map_or(Ok(()), |what| {
        Err(Failure::new(FailureKind::Other, format!("the changed text would not be read back as intended: {what}"))
            .hint("nothing was written; please report this with the sections concerned, secrets removed"))
    })
}

fn find_difference(edited: &Edited, naming: Naming, edits: &BTreeMap<String, SectionEdit>) -> Option<String> {
    if !same_outside(edited) {
        return Some("bytes outside the changed places differ".into());
    }
    let (Ok(before), Ok(after)) = (Document::parse(&edited.before), Document::parse(&edited.after)) else {
        return Some("it can't be read".into());
    };
    let mut wanted: BTreeMap<&str, Keys> = BTreeMap::new();
    let mut order = Vec::new();
    for section in before.sections() {
        match naming.name_of(&section).and_then(|name| edits.get_key_value(name.as_ref())) {
            None => order.push(section),
            Some((name, edit)) => {
                wanted.insert(name, intended(keys_of(&section), edit));
            }
        }
    }
    for (name, edit) in edits {
        wanted.entry(name).or_insert_with(|| intended(Keys::new(), edit));
    }
    let mut others = order.into_iter();
    for section in after.sections() {
        let Some(name) = naming.name_of(&section).filter(|name| edits.contains_key(name.as_ref())) else {
            let same = others.next().is_some_and(|other| lines_of(&before, &other) == lines_of(&after, &section));
            if !same {
                return Some(format!("section `{}` is not what it was", section.name()));
            }
            continue;
        };
        match wanted.remove(name.as_ref()) {
            Some(keys) if keys == keys_of(&section) && second_opinion(&after, &section).as_ref() == Some(&keys) => {}
            _ => return Some(format!("section `{name}` is not what it should be")),
        }
    }
    if others.next().is_some() {
        return Some("a section is lost".into());
    }
    wanted.into_iter().find(|(_, keys)| !keys.is_empty()).map(|(name, _)| format!("section `{name}` is missing"))
}

/// Compares every byte outside the changed places.
fn same_outside(edited: &Edited) -> bool {
    let (mut old, mut new) = (edited.before.as_slice(), edited.after.as_slice());
    let mut done = 0;
    for (range, length) in &edited.spans {
        let kept = range.start - done;
        if old.get(..kept) != new.get(..kept) || new.len() < kept + length {
            return false;
        }
        old = &old[kept + range.len()..];
        new = &new[kept + length..];
        done = range.end;
    }
    old == new
}

/// The kinds of a foreign section's lines say whether it still means the same; trailing blank lines may come and go.
fn lines_of(document: &Document<'_>, section: &Section<'_>) -> (usize, usize) {
    let count = |kind| section.line_indexes().filter(|line| document.lines()[*line].kind == kind).count();
    (count(Kind::Property), count(Kind::Nested))
}

fn intended(mut keys: Keys, edit: &SectionEdit) -> Keys {
    for (key, value) in &edit.keys {
        match value {
            Some(value) => keys.insert(key.clone(), (value.text.clone(), value.nested.clone())),
            None => keys.remove(key),
        };
    }
    keys
}

fn keys_of(section: &Section<'_>) -> Keys {
    let nested = |entry: &super::Entry<'_>| entry.nested().map(|(_, line)| trim(&line).to_owned()).collect();
    section
        .entries()
        .map(|entry| (trim(&entry.key()).to_ascii_lowercase(), (trim(&entry.value()).to_owned(), nested(&entry))))
        .collect()
}

/// Trims what either reader takes for white space, so that they are compared only on what matters.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// Lets rust-ini read a section: its raw lines, without comments, indentation and line endings; nested lines become keys of
/// their own, named by their number.
fn second_opinion(document: &Document<'_>, section: &Section<'_>) -> Option<Keys> {
    let mut text = String::from("[section]\n");
    for line in section.line_indexes() {
        let raw = String::from_utf8_lossy(document.text(line));
        match document.lines()[line].kind {
            Kind::Property => text.extend([trim(&raw), GUARD, "\n"]),
            Kind::Nested => text.extend([&format!("{GUARD}{line}="), trim(&raw), GUARD, "\n"]),
            Kind::Header | Kind::Blank | Kind::Comment | Kind::Stray => {}
        }
    }
    let options = ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
    let read = Ini::load_from_str_opt(&text, options).ok()?;
    let mut keys = Keys::new();
    let mut last = None;
    for (key, value) in read.section(Some("section"))?.iter() {
        let value = trim(value.strip_suffix(GUARD)?);
        if key.starts_with(GUARD) {
            keys.get_mut(last.as_ref()?)?.1.push(value.to_owned());
        } else {
            let key = trim(key).to_ascii_lowercase();
            keys.insert(key.clone(), (value.to_owned(), Vec::new()));
            last = Some(key);
        }
    }
    Some(keys)
}
