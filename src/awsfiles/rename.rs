//! Owns a section's change of name: the text between its brackets, and no other byte.
//! It refuses a name that stands there already, and a section that stands there twice.

use super::document::{Document, Section, Unreadable};
use super::names::Naming;

/// Gives the text in which the section `from` is called `to`; `None` where there is no such section.
///
/// # Errors
/// Names the line of a second section of either name, and of a header that SDKs read differently.
pub(super) fn renamed(
    document: &Document<'_>,
    naming: Naming,
    from: &str,
    to: &str,
) -> Result<Option<Vec<u8>>, Unreadable> {
    retitled(document, naming, |section| naming.name_of(section).as_deref() == Some(from), from, to)
}

/// Gives the text in which the section `[name]`, which is no profile, is the profile `name`; `None` where there is no such section.
///
/// # Errors
/// As `renamed`.
pub(super) fn profile_named(
    document: &Document<'_>,
    naming: Naming,
    name: &str,
) -> Result<Option<Vec<u8>>, Unreadable> {
    retitled(document, naming, |section| naming.name_of(section).is_none() && section.name() == name, name, name)
}

fn retitled(
    document: &Document<'_>,
    naming: Naming,
    is_meant: impl Fn(&Section<'_>) -> bool,
    from: &str,
    to: &str,
) -> Result<Option<Vec<u8>>, Unreadable> {
    let mut found: Option<Section<'_>> = None;
    for section in document.sections() {
        let name = naming.name_of(&section);
        let refused = |what: String| Err(Unreadable { line: section.line(), what });
        if name.as_deref() == Some(to) {
            return refused(format!("section `{to}` stands here already"));
        }
        if !is_meant(&section) {
            continue;
        }
        if let Some(first) = found.replace(section) {
            return refused(format!(
                "section `{from}` stands here again, first in line {}; merge the two",
                first.line()
            ));
        }
        if document.text(section.line_indexes().start).iter().filter(|byte| **byte == b']').count() > 1 {
            return refused("a second `]` in the header, so SDKs disagree on the section's name".into());
        }
    }
    let Some(section) = found else { return Ok(None) };
    let old = section.header_span();
    let header = naming.header(to);
    let name = header.trim_start_matches('[').trim_end_matches(']').as_bytes();
    let bytes = document.bytes();
    let text = [&bytes[..old.start], name, &bytes[old.end..]].concat();
    let after = Document::parse(&text)?;
    let wanted = document.sections().map(|other| {
        let name = naming.name_of(&other);
        if other.line() == section.line() { Some(to.into()) } else { name }
    });
    if !wanted.eq(after.sections().map(|other| naming.name_of(&other))) {
        return Err(Unreadable { line: section.line(), what: format!("the section can't be called `{to}`") });
    }
    Ok(Some(text))
}
