//! Owns the second look at a changed text before it is written: another reader (rust-ini) must find exactly the intended change.
//! It refuses to trust `edit`; rust-ini gets only normalised lines, because it misreads raw AWS files.

use std::collections::BTreeMap;
use std::ops::Range;

use ini::{Ini, ParseOption};

use super::document::{Document, Kind, Section};
use super::edit::SectionEdit;
use super::names::Naming;
use super::patch::Patch;
use crate::error::{Failure, Kind as FailureKind};

/// Stands behind each value, so that a backslash at its end continues nothing.
const GUARD: &str = "\u{b6}";

/// The keys of a section in lower case, with value and nested lines.
type Keys = BTreeMap<String, (String, Vec<String>)>;

/// Checks a changed text.
///
/// # Errors
/// Where anything but the intended change is found.
pub(super) fn check(
    before: &Document<'_>,
    patch: &Patch,
    naming: Naming,
    edits: &BTreeMap<String, SectionEdit>,
) -> Result<(), Failure> {
    find_difference(before, patch, naming, edits).map_or(Ok(()), |what| {
        Err(Failure::new(FailureKind::Other, format!("the changed text would not be read back as intended: {what}"))
            .hint("nothing was written; please report this with the sections concerned, secrets removed"))
    })
}

fn find_difference(
    before: &Document<'_>,
    patch: &Patch,
    naming: Naming,
    edits: &BTreeMap<String, SectionEdit>,
) -> Option<String> {
    // all bytes outside of them are the text's before, by the making of a patch
    if !patch.fits(before.bytes().len()) {
        return Some("the changed places overlap".into());
    }
    let mut wanted: BTreeMap<&str, Keys> =
        edits.iter().map(|(name, edit)| (name.as_str(), intended(Keys::new(), edit))).collect();
    let regions = regions(before, patch);
    for section in before.sections() {
        let Some((name, edit)) = naming.find(&section, edits) else { continue };
        let keys = keys_of(&section);
        let then = intended(keys.clone(), edit);
        let start = before.span(section.line_indexes().start).start;
        if regions.iter().any(|region| region.contains(&start)) {
            wanted.insert(name, then);
        } else if keys == then {
            wanted.remove(name.as_str());
        } else {
            return Some(format!("section `{name}` is not changed"));
        }
    }
    for region in regions {
        let old = before.bytes().get(region.clone()).unwrap_or_default();
        let new = patch.pieces_of(before.bytes(), region).concat();
        let (Ok(old), Ok(new)) = (Document::parse(old), Document::parse(&new)) else {
            return Some("it can't be read".into());
        };
        let difference = compare(&old, &new, naming, &mut wanted);
        if difference.is_some() {
            return difference;
        }
    }
    wanted.into_iter().find(|(_, keys)| !keys.is_empty()).map(|(name, _)| format!("section `{name}` is missing"))
}

/// Compares the sections of a region: those to be changed are as `wanted`, which they leave, the others as they were.
fn compare(
    old: &Document<'_>,
    new: &Document<'_>,
    naming: Naming,
    wanted: &mut BTreeMap<&str, Keys>,
) -> Option<String> {
    let names: Vec<String> = wanted.keys().map(ToString::to_string).collect();
    let is_ours =
        |section: &Section<'_>| naming.name_of(section).is_some_and(|name| names.iter().any(|wanted| *wanted == name));
    let mut others = old.sections().filter(|section| !is_ours(section));
    for section in new.sections() {
        if is_ours(&section) {
            let name = naming.name_of(&section)?;
            let keys = wanted.remove(name.as_ref());
            if keys != Some(keys_of(&section)) || keys != second_opinion(new, &section) {
                return Some(format!("section `{name}` is not what it should be"));
            }
        } else if others.next().is_none_or(|other| !lines_of(old, &other).eq(lines_of(new, &section))) {
            return Some(format!("section `{}` is not what it was", section.name()));
        }
    }
    others.next().map(|section| format!("section `{}` is lost", section.name()))
}

/// Gives the regions of the text before outside of which every line means what it did: each begins with the header above
/// a change, which nothing below it affects, and ends with the whole section behind it, whose header starts anew.
fn regions(before: &Document<'_>, patch: &Patch) -> Vec<Range<usize>> {
    let starts: Vec<usize> = before.sections().map(|section| before.span(section.line_indexes().start).start).collect();
    let length = before.bytes().len();
    let mut regions: Vec<Range<usize>> = Vec::new();
    for (span, _) in &patch.splices {
        let above = starts.partition_point(|start| *start < span.start).checked_sub(1);
        let start = above.map_or(0, |above| starts[above]);
        let behind = starts.partition_point(|start| *start < span.end);
        let end = starts.get(behind + 1).copied().unwrap_or(length);
        match regions.last_mut().filter(|last| last.end > start) {
            Some(last) => last.end = end.max(last.end),
            None => regions.push(start..end),
        }
    }
    regions
}

/// Gives what a foreign section means, which stays; comments and blank lines beside a changed section may come and go.
fn lines_of<'d>(document: &'d Document<'d>, section: &Section<'d>) -> impl Iterator<Item = (Kind, &'d [u8])> {
    let lines = section.line_indexes().map(|line| (document.lines()[line].kind, document.text(line)));
    lines.filter(|(kind, _)| matches!(kind, Kind::Property | Kind::Nested))
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
