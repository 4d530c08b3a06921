//! Owns a text after a change, as the changed places of the text before and what stands there now: the rest is never copied.
//! It refuses nothing; `verify` looks at whether a patch is what was meant.

use std::ops::Range;

/// What a change makes of a text.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    /// The changed places of the text before, in order, each with what stands there now.
    pub(super) splices: Vec<(Range<usize>, Vec<u8>)>,
}

impl Patch {
    /// Replaces all of a text of that length.
    pub(super) fn whole(length: usize, new: Vec<u8>) -> Self {
        Self { splices: vec![(0..length, new)] }
    }

    /// Tells whether the places lie in a text of that length, one behind the other.
    pub(super) fn fits(&self, length: usize) -> bool {
        let mut done = 0;
        self.splices.iter().all(|(range, _)| {
            let follows = done <= range.start && range.start <= range.end && range.end <= length;
            done = range.end;
            follows
        })
    }

    /// Gives the new text, in pieces.
    pub(super) fn pieces<'a>(&'a self, before: &'a [u8]) -> Vec<&'a [u8]> {
        self.pieces_of(before, 0..before.len())
    }

    /// Gives what became of a part of the text, in pieces; only whole places count.
    pub(super) fn pieces_of<'a>(&'a self, before: &'a [u8], part: Range<usize>) -> Vec<&'a [u8]> {
        let mut pieces = Vec::with_capacity(2 * self.splices.len() + 1);
        let mut done = part.start;
        for (range, new) in self.splices.iter().filter(|(range, _)| part.start <= range.start && range.end <= part.end)
        {
            pieces.extend([before.get(done..range.start).unwrap_or_default(), new]);
            done = range.end;
        }
        pieces.push(before.get(done..part.end).unwrap_or_default());
        pieces
    }

    /// Tells whether the new text is another one.
    pub(super) fn changes(&self, before: &[u8]) -> bool {
        // of 10,000 sections nobody looks at those that stay where they are
        if self.splices.iter().all(|(range, new)| range.len() == new.len()) {
            return self.splices.iter().any(|(range, new)| before.get(range.clone()) != Some(new.as_slice()));
        }
        !self.makes(before, before)
    }

    /// Tells whether the new text is `text`.
    pub(super) fn makes(&self, before: &[u8], text: &[u8]) -> bool {
        let pieces = self.pieces(before);
        if pieces.iter().map(|piece| piece.len()).sum::<usize>() != text.len() {
            return false;
        }
        let mut rest = text;
        pieces.into_iter().all(|piece| {
            rest.split_at_checked(piece.len()).is_some_and(|(head, tail)| {
                rest = tail;
                head == piece
            })
        })
    }
}
