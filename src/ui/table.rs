//! Owns tables for people: columns aligned by display width, cut to fit the terminal.
//! It refuses control characters: a cell is one line of printable text.

use std::borrow::{Borrow, Cow};

use colored::{Color, Colorize as _};
use console::{measure_text_width, truncate_str};

use crate::error::visible;

/// Blanks between columns.
const GAP: usize = 2;

/// No column is cut below this width while others are wider.
const NARROWEST: usize = 6;

/// One cell of a table.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    text: Cow<'a, str>,
    width: u32,
    color: Option<Color>,
}

impl Cell<'static> {
    /// Makes a cell of a text that is known to be plain: printable ASCII.
    pub const fn plain(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), width: text.len() as u32, color: None }
    }
}

impl Cell<'_> {
    /// Colours the cell.
    #[must_use]
    pub fn color(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    /// Writes the cell, cut to `width`; gives the columns that it takes.
    fn render(&self, text: &mut String, width: usize) -> usize {
        let own = self.width as usize;
        let (cut, own) = if own > width {
            let cut = truncate_str(&self.text, width, "…");
            let own = measure_text_width(&cut);
            (cut, own)
        } else {
            (Cow::Borrowed(&*self.text), own)
        };
        match self.color {
            Some(color) => text.push_str(&cut.color(color).to_string()),
            None => text.push_str(&cut),
        }
        own
    }
}

fn fill(text: &mut String, blanks: usize) {
    const MANY: &str = "                                ";
    for done in (0..blanks).step_by(MANY.len()) {
        text.push_str(&MANY[..MANY.len().min(blanks - done)]);
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Cell<'a> {
    #[inline]
    fn from(text: T) -> Self {
        let text = text.into();
        // what is plain, as nearly everything is, needs no second look: a list may have 10,000 rows
        let (text, width) = if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            let width = text.len();
            (text, width)
        } else {
            let shown = visible(&text).replace(['\n', '\t'], " ");
            let width = measure_text_width(&shown);
            (Cow::Owned(shown), width)
        };
        Self { text, width: u32::try_from(width).unwrap_or(u32::MAX), color: None }
    }
}

/// A table with a heading.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    columns: usize,
    /// Row by row, the heading first.
    cells: Vec<Cell<'a>>,
}

impl<'a> Table<'a> {
    /// Makes an empty table; each heading is a column.
    pub fn new<const N: usize>(heading: [&'a str; N]) -> Self {
        Self { columns: N, cells: heading.map(Cell::from).into() }
    }

    /// Adds a row; cells beyond the heading's columns are dropped, missing ones stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) {
        let end = self.cells.len() + self.columns;
        self.cells.extend(cells.into_iter().take(self.columns));
        self.cells.resize_with(end, || Cell::from(""));
    }

    /// Renders heading and rows, one a line; with a `terminal_width`, in columns, the widest columns are cut to fit it.
    pub fn render(&self, terminal_width: Option<usize>) -> String {
        lines(self.columns, self.cells.chunks(self.columns.max(1)), terminal_width)
    }
}

/// Renders a table as [`Table::render`] does, of rows that are made twice instead of kept: a list may have 10,000.
pub fn render<'a, const N: usize>(
    heading: [&'a str; N],
    rows: impl Iterator<Item = [Cell<'a>; N]> + Clone,
    terminal_width: Option<usize>,
) -> String {
    lines(N, std::iter::once(heading.map(Cell::from)).chain(rows), terminal_width)
}

fn lines<'a>(
    columns: usize,
    rows: impl Iterator<Item = impl Borrow<[Cell<'a>]>> + Clone,
    terminal_width: Option<usize>,
) -> String {
    let mut widths = vec![0; columns];
    for row in rows.clone() {
        for (width, cell) in widths.iter_mut().zip(row.borrow()) {
            *width = (*width).max(cell.width as usize);
        }
    }
    if let Some(limit) = terminal_width {
        shrink(&mut widths, limit);
    }
    let mut text = String::new();
    for (nth, row) in rows.enumerate() {
        let row = row.borrow();
        let start = text.len();
        let shown = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
        let mut blanks = 0;
        for (cell, width) in row.iter().take(shown).zip(&widths) {
            fill(&mut text, blanks);
            blanks = GAP + width.saturating_sub(cell.render(&mut text, *width));
        }
        text.truncate(text.trim_end_matches(' ').len());
        if nth == 0 {
            let heading = text.split_off(start).bold().to_string();
            text.push_str(&heading);
        }
        text.push('\n');
    }
    text
}

/// Takes from the widest column, again and again, until the line fits or every column is as narrow as it may be.
fn shrink(widths: &mut [usize], limit: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > limit {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use console::strip_ansi_codes;

    use super::*;

    fn table() -> Table<'static> {
        let mut table = Table::new(["PROFILE", "ACCOUNT", "LEFT"]);
        table.row(["prod".into(), "123456789012".into(), Cell::from("11h 59m").color(Color::Green)]);
        table.row(["漢字".into(), "".into(), "expired".into()]);
        table
    }

    fn plain(table: &Table<'_>, width: Option<usize>) -> String {
        strip_ansi_codes(&table.render(width)).into_owned()
    }

    #[test]
    fn columns_align_by_display_width() {
        assert_eq!(
            plain(&table(), None),
            "PROFILE  ACCOUNT       LEFT\n\
             prod     123456789012  11h 59m\n\
             漢字                   expired\n"
        );
    }

    #[test]
    fn the_widest_column_is_cut_to_fit() {
        assert_eq!(
            plain(&table(), Some(25)),
            "PROFILE  ACCOUNT  LEFT\n\
             prod     123456…  11h 59m\n\
             漢字              expired\n"
        );
        assert_eq!(plain(&table(), Some(1)).lines().map(measure_text_width).max(), Some(3 * NARROWEST + 2 * GAP));
    }

    #[test]
    fn a_cell_cannot_drive_the_terminal_or_leave_its_line() {
        let mut table = Table::new(["A"]);
        table.row(["x\u{1b}[2J\ny\tz".into()]);
        assert_eq!(plain(&table, None), "A\nx\\u{1b}[2J y z\n");
    }

    #[test]
    fn rows_may_be_short_or_long() {
        let mut table = Table::new(["A", "B"]);
        table.row(["1".into()]);
        table.row(["1".into(), "2".into(), "3".into()]);
        assert_eq!(plain(&table, None), "A  B\n1\n1  2\n");
    }
}
