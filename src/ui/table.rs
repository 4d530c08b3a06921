//! Owns tables for people: columns aligned by display width, cut to fit the terminal.
//! It refuses control characters: a cell is one line of printable text.

use colored::{Color, Colorize as _};
use console::{measure_text_width, truncate_str};

use crate::error::visible;

const GAP: &str = "  ";

/// No column is cut below this width while others are wider.
const NARROWEST: usize = 6;

/// One cell of a table.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    color: Option<Color>,
}

impl Cell {
    /// Colours the cell.
    #[must_use]
    pub fn color(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    /// Renders the cell cut and padded to `width`; the last of a row gets no blanks behind it.
    fn render(&self, width: usize, last: bool) -> String {
        let cut = truncate_str(&self.text, width, "…");
        let blanks = if last { 0 } else { width.saturating_sub(measure_text_width(&cut)) };
        let shown = self.color.map_or_else(|| cut.to_string(), |color| cut.color(color).to_string());
        shown + &" ".repeat(blanks)
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        let text = visible(text.as_ref()).replace(['\n', '\t'], " ");
        Self { text, color: None }
    }
}

/// A table with a heading.
#[derive(Debug, Clone)]
pub struct Table {
    heading: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Makes an empty table; each heading is a column.
    pub fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self { heading: heading.map(Cell::from).into(), rows: Vec::new() }
    }

    /// Adds a row; cells beyond the heading's columns are dropped, missing ones stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().take(self.heading.len()).collect());
    }

    /// Renders heading and rows, one a line; with a `terminal_width`, in columns, the widest columns are cut to fit it.
    pub fn render(&self, terminal_width: Option<usize>) -> String {
        let mut widths = self.widths();
        if let Some(limit) = terminal_width {
            shrink(&mut widths, limit);
        }
        let mut text = String::new();
        let heading = line(&self.heading, &widths).bold().to_string();
        for line in std::iter::once(heading).chain(self.rows.iter().map(|row| line(row, &widths))) {
            text.push_str(line.trim_end_matches(' '));
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.heading.len()];
        for row in std::iter::once(&self.heading).chain(&self.rows) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(measure_text_width(&cell.text));
            }
        }
        widths
    }
}

fn line(row: &[Cell], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate();
    cells.map(|(n, (cell, width))| cell.render(*width, n + 1 == row.len())).collect::<Vec<_>>().join(GAP)
}

/// Takes from the widest column, again and again, until the line fits or every column is as narrow as it may be.
fn shrink(widths: &mut [usize], limit: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
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

    fn table() -> Table {
        let mut table = Table::new(["PROFILE", "ACCOUNT", "LEFT"]);
        table.row(["prod".into(), "123456789012".into(), Cell::from("11h 59m").color(Color::Green)]);
        table.row(["漢字".into(), "".into(), "expired".into()]);
        table
    }

    fn plain(table: &Table, width: Option<usize>) -> String {
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
        assert_eq!(plain(&table(), Some(1)).lines().map(measure_text_width).max(), Some(3 * NARROWEST + 2 * GAP.len()));
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
