//! Owns the outline of a file: which profiles it has, and of each the two settings that a list shows.
//! It keeps nothing else of the file, secrets least of all, and so refuses to be edited: that is what a `Document` is for.

use std::collections::HashSet;
use std::ops::Range;

use foldhash::fast::RandomState;
use memchr::memrchr;

use super::lexer::{BOM, Kind, Lexed, Lexer, Unreadable, header_name, readable, trim};
use super::names::Naming;

/// Where a text stands in the outline's own.
type Span = Range<u32>;

/// Names of profiles.
pub type Names<'a> = HashSet<&'a str, RandomState>;

/// The profiles of a file that is read piece by piece.
#[derive(Debug)]
pub struct Outline<'k> {
    naming: Naming,
    /// The profiles that are left out.
    known: &'k Names<'k>,
    lexer: Lexer,
    fed: u64,
    /// Whether the section that is being read is a profile.
    in_profile: bool,
    unreadable: Option<Unreadable>,
    /// Names and values, one behind the other: one growing text instead of 10,000 small ones.
    text: String,
    sections: Vec<Places>,
    last_value: Span,
}

#[derive(Debug)]
struct Places {
    name: Span,
    region: Option<Span>,
    role_arn: Option<Span>,
}

/// One profile of an outline.
#[derive(Debug, Clone, Copy)]
pub struct Outlined<'a> {
    outline: &'a Outline<'a>,
    places: &'a Places,
}

impl<'k> Outline<'k> {
    /// Makes the outline of a file of which nothing is read yet; profiles that are `known` are left out.
    pub fn new(naming: Naming, known: &'k Names<'k>) -> Self {
        Self {
            naming,
            known,
            lexer: Lexer::default(),
            fed: 0,
            in_profile: false,
            unreadable: None,
            text: String::new(),
            sections: Vec::new(),
            last_value: 0..0,
        }
    }

    /// Takes in the whole lines of a piece, or all of the last piece; gives how many bytes these are. The next piece begins behind them.
    pub fn feed(&mut self, piece: &[u8], is_last: bool) -> usize {
        let end = if is_last { piece.len() } else { memrchr(b'\n', piece).map_or(0, |last| last + 1) };
        if self.unreadable.is_none() {
            self.unreadable = self.take(&piece[..end]).err();
        }
        end
    }

    /// Gives the profiles in the order of the file.
    ///
    /// # Errors
    /// What [`super::Document::parse`] refuses.
    pub fn profiles(&self) -> Result<impl ExactSizeIterator<Item = Outlined<'_>>, &Unreadable> {
        match &self.unreadable {
            Some(unreadable) => Err(unreadable),
            None => Ok(self.sections.iter().map(|places| Outlined { outline: self, places })),
        }
    }

    fn take(&mut self, lines: &[u8]) -> Result<(), Unreadable> {
        let mut rest = if self.fed == 0 { lines.strip_prefix(BOM).unwrap_or(lines) } else { lines };
        self.fed += lines.len() as u64;
        self.lexer.look_ahead(lines);
        if u32::try_from(self.fed).is_err() {
            return Err(Unreadable::too_large());
        }
        while let Some(first) = rest.first() {
            // most lines are none that a list shows
            if !(self.in_profile && matches!(first, b'r' | b'R'))
                && let Some(length) = self.lexer.skip(rest)
            {
                rest = &rest[length..];
                continue;
            }
            let line = self.lexer.next(rest)?;
            match line.kind {
                Kind::Header => self.header(line),
                Kind::Property if self.in_profile => self.property(line),
                _ => {}
            }
            rest = &rest[line.length..];
        }
        Ok(())
    }

    fn header(&mut self, Lexed { text, mark, .. }: Lexed<'_>) {
        let name = self.naming.name_in(readable(header_name(&text[..mark])));
        let name = name.filter(|name| !self.known.contains(name.as_ref()));
        self.in_profile = name.is_some();
        if let Some(name) = name {
            let name = self.keep(&name);
            self.sections.push(Places { name, region: None, role_arn: None });
        }
    }

    fn property(&mut self, Lexed { text, mark, .. }: Lexed<'_>) {
        let key = trim(&text[..mark]);
        let Some(section) = self.sections.last() else { return };
        let is_region = key.eq_ignore_ascii_case(b"region");
        // of several by one name the first counts
        let is_new = match is_region {
            true => section.region.is_none(),
            false => section.role_arn.is_none() && key.eq_ignore_ascii_case(b"role_arn"),
        };
        if !is_new {
            return;
        }
        let value = trim(&text[mark + 1..]);
        // neighbours often agree
        if self.text_at(&self.last_value).as_bytes() != value {
            self.last_value = self.keep(&readable(value));
        }
        let value = Some(self.last_value.clone());
        if let Some(section) = self.sections.last_mut() {
            *(if is_region { &mut section.region } else { &mut section.role_arn }) = value;
        }
    }

    fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        start..self.text.len() as u32
    }

    fn text_at(&self, span: &Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }
}

impl<'a> Outlined<'a> {
    /// Gives the profile's name.
    pub fn name(&self) -> &'a str {
        self.outline.text_at(&self.places.name)
    }

    /// Gives the value of `region`.
    pub fn region(&self) -> Option<&'a str> {
        self.places.region.as_ref().map(|span| self.outline.text_at(span))
    }

    /// Gives the value of `role_arn`.
    pub fn role_arn(&self) -> Option<&'a str> {
        self.places.role_arn.as_ref().map(|span| self.outline.text_at(span))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Section};
    use super::*;

    const TEXT: &[u8] =
        b"\xef\xbb\xbf[default]\r\nregion = a\r\nregion = b\n\n[sso-session x]\nregion = c\n[profile \"d e\"]\n\
        s3 =\n  region = f\nREGION: a\nrole_arn =\n[profile g\xff]\rrole_arn = h \xff";

    /// Hands over the text in pieces that grow by `step` until a whole line is among them.
    fn fed<'k>(text: &[u8], step: usize, known: &'k Names<'k>) -> Outline<'k> {
        let mut outline = Outline::new(Naming::Profile, known);
        let (mut done, mut seen) = (0, 0);
        while seen < text.len() {
            seen = (seen + step).min(text.len());
            done += outline.feed(&text[done..seen], false);
        }
        outline.feed(&text[done..], true);
        outline
    }

    #[test]
    fn it_is_the_same_in_whatever_pieces_the_file_comes() {
        for step in 1..=TEXT.len() {
            let none = Names::default();
            let outline = fed(TEXT, step, &none);
            let found: Vec<_> =
                outline.profiles().unwrap().map(|one| (one.name(), one.region(), one.role_arn())).collect();
            assert_eq!(
                found,
                [("default", Some("a"), None), ("d e", Some("a"), Some("")), ("g\u{fffd}", None, Some("h \u{fffd}"))],
                "{step}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        for step in 1..30 {
            let none = Names::default();
            let outline = fed(b"[default]\nregion = a\n[profile b\n[profile c]\n", step, &none);
            assert_eq!(outline.profiles().err().map(|unreadable| unreadable.line), Some(3), "{step}");
        }
    }

    #[test]
    fn known_profiles_are_left_out() {
        let known = Names::from_iter(["a", "default"]);
        let outline = fed(b"[default]\nregion = 1\n[profile a]\nregion = 2\n[profile b]\nregion = 3\n", 7, &known);
        let found: Vec<_> = outline.profiles().unwrap().map(|one| (one.name(), one.region())).collect();
        assert_eq!(found, [("b", Some("3"))]);
    }

    /// Lines that are skipped leave the lexer as lines that are looked at do.
    #[test]
    fn what_is_skipped_means_what_it_means_to_a_document() {
        let lines = [
            "[profile a]",
            "k = v",
            "stray",
            "# c",
            "  # c",
            "  region = no",
            "region = yes",
            "",
            " [profile no]",
            "s3 =",
            "    [profile no]",
            "; c",
            "=x",
            "  k = v",
            "role_arn: r",
        ];
        // every text of five of these lines
        for number in 0..lines.len().pow(4) {
            let nth = |digit: u32| lines[number / lines.len().pow(digit) % lines.len()];
            let text = format!("[profile z]\n{}\n{}\n{}\n{}\n", nth(0), nth(1), nth(2), nth(3));
            let none = Names::default();
            let outline = fed(text.as_bytes(), text.len(), &none);
            match Document::parse(text.as_bytes()) {
                Err(unreadable) => assert_eq!(outline.profiles().err(), Some(&unreadable), "{text}"),
                Ok(document) => {
                    let value = |section: &Section<'_>, key| section.entry(key).map(|entry| entry.value().into_owned());
                    let wanted: Vec<_> = document
                        .sections()
                        .filter_map(|section| {
                            let name = Naming::Profile.name_of(&section)?.into_owned();
                            Some((name, value(&section, "region"), value(&section, "role_arn")))
                        })
                        .collect();
                    let found = outline.profiles().unwrap().map(|one| {
                        let owned = |text: Option<&str>| text.map(str::to_owned);
                        (one.name().to_owned(), owned(one.region()), owned(one.role_arn()))
                    });
                    assert_eq!(found.collect::<Vec<_>>(), wanted, "{text}");
                }
            }
        }
    }
}
