//! Tables that fit the terminal.
//!
//! A table that is too wide gives way in three steps: ids are shortened to prefixes, which every
//! command takes; columns that matter least are left out; texts are cut. What is not printed to a
//! terminal is printed in full.

use super::cell::Cell;
use console::{measure_text_width, truncate_str};
use std::borrow::Cow;

/// Blanks between two columns.
const GAP: &str = "  ";

/// Fewest characters of an id that are shown, with its prefix.
const ID_CHARS: usize = 12;

/// How a column gives way where a terminal is too narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// It does not.
    Fixed,
    /// It holds ids, which are shortened.
    Id,
    /// It is left out.
    Optional,
    /// It is cut, down to this width.
    Cut(usize),
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    title: Cow<'static, str>,
    room: Room,
}

impl Column {
    /// One that is always shown as it is.
    pub(crate) fn fixed(title: impl Into<Cow<'static, str>>) -> Self {
        Self { title: title.into(), room: Room::Fixed }
    }

    /// One of ids.
    pub(crate) fn id(title: &'static str) -> Self {
        Self { title: title.into(), room: Room::Id }
    }

    /// One that is left out first.
    pub(crate) fn optional(title: &'static str) -> Self {
        Self { title: title.into(), room: Room::Optional }
    }

    /// One that is cut, but not below `least` characters.
    pub(crate) fn cut(title: &'static str, least: usize) -> Self {
        Self { title: title.into(), room: Room::Cut(least) }
    }
}

/// Rows in columns, each as wide as its widest cell.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row: a cell for each column.
    pub(crate) fn add(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text, within `width` columns as far as the columns can give way.
    pub(crate) fn text(mut self, width: Option<usize>) -> String {
        let mut widths = self.widths();
        if let Some(width) = width {
            if excess(&widths, width) > 0 {
                self.shorten_ids();
                widths = self.widths();
            }
            while excess(&widths, width) > 0 && self.leave_one_out() {
                widths = self.widths();
            }
            self.cut(&mut widths, width);
        }
        let titles: Vec<Cell> = self.columns.iter().map(|it| Cell::dim(&it.title)).collect();
        let rows = std::iter::once(&titles).chain(&self.rows);
        rows.map(|row| line(row, &widths)).collect()
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> =
            self.columns.iter().map(|column| measure_text_width(&column.title)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(measure_text_width(&cell.text));
            }
        }
        widths
    }

    fn shorten_ids(&mut self) {
        for (index, column) in self.columns.iter().enumerate() {
            if column.room != Room::Id {
                continue;
            }
            let ids = self.rows.iter().filter_map(|row| row.get(index));
            let chars = unique_prefix(&ids.map(|cell| cell.text.as_str()).collect::<Vec<_>>());
            for cell in self.rows.iter_mut().filter_map(|row| row.get_mut(index)) {
                cell.text = cell.text.chars().take(chars).collect();
            }
        }
    }

    /// Leaves out the last column that may be; answers whether there was one.
    fn leave_one_out(&mut self) -> bool {
        let Some(index) = self.columns.iter().rposition(|it| it.room == Room::Optional) else {
            return false;
        };
        self.columns.remove(index);
        for row in &mut self.rows {
            row.remove(index);
        }
        true
    }

    /// Takes from the widest of the columns that can be cut, again and again.
    fn cut(&self, widths: &mut [usize], most: usize) {
        let least: Vec<usize> = self
            .columns
            .iter()
            .zip(&*widths)
            .map(|(column, width)| match column.room {
                Room::Cut(least) => least.min(*width),
                _ => *width,
            })
            .collect();
        for _ in 0..excess(widths, most) {
            let can_be_cut =
                widths.iter_mut().zip(&least).filter(|(width, least)| **width > **least);
            let Some((width, _)) = can_be_cut.max_by_key(|(width, _)| **width) else { return };
            *width -= 1;
        }
    }
}

fn excess(widths: &[usize], most: usize) -> usize {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    (widths.iter().sum::<usize>() + gaps).saturating_sub(most)
}

/// How many characters tell these ids apart: at least [`ID_CHARS`], and none that ends in a hyphen.
fn unique_prefix(ids: &[&str]) -> usize {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let shared = |pair: &[&str]| match pair {
        [a, b] => a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count() + 1,
        _ => 0,
    };
    let mut chars = sorted.windows(2).map(shared).max().unwrap_or_default().max(ID_CHARS);
    while sorted.iter().any(|id| id.chars().nth(chars - 1) == Some('-')) {
        chars += 1;
    }
    chars
}

fn line(cells: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    let mut blanks = 0;
    for (cell, width) in cells.iter().zip(widths) {
        let text = truncate_str(&cell.text, *width, "…");
        if !text.is_empty() {
            // No blanks at the end of a line.
            line.push_str(&" ".repeat(std::mem::take(&mut blanks)));
            line.push_str(&cell.style.apply_to(&text).to_string());
        }
        blanks += width.saturating_sub(measure_text_width(&text)) + GAP.len();
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = [Column::fixed("name"), Column::cut("url", 12), Column::fixed("status")];
        let mut table = Table::new(columns);
        table.add(vec![
            Cell::plain("Zoë"),
            Cell::plain("https://example.com/a/long/path"),
            Cell::status("active"),
        ]);
        table.add(vec![Cell::plain("x"), Cell::plain("https://a"), Cell::status("disabled")]);
        table
    }

    fn text(table: Table, width: Option<usize>) -> String {
        console::strip_ansi_codes(&table.text(width)).into_owned()
    }

    #[test]
    fn columns_are_aligned_whatever_their_letters() {
        assert_eq!(
            text(table(), None),
            "name  url                              status\n\
             Zoë   https://example.com/a/long/path  active\n\
             x     https://a                        disabled\n"
        );
    }

    #[test]
    fn a_text_is_cut_on_a_narrow_terminal() {
        assert_eq!(
            text(table(), Some(36)),
            "name  url                   status\n\
             Zoë   https://example.com…  active\n\
             x     https://a             disabled\n"
        );
        assert!(text(table(), Some(5)).contains("https://exa…"));
    }

    #[test]
    fn ids_give_way_first_then_columns_then_texts() {
        let wide = || {
            let columns = [
                Column::id("id"),
                Column::optional("took"),
                Column::cut("note", 4),
                Column::fixed("n"),
            ];
            let mut table = Table::new(columns);
            for (id, note) in [("wh_0193-4567-89ab-0", "long enough"), ("wh_0193-4567-89cd-0", "")]
            {
                let cells = [id, "12 ms", note, "1"];
                table.add(cells.map(Cell::plain).to_vec());
            }
            table
        };
        assert!(text(wide(), Some(200)).contains("wh_0193-4567-89ab-0  12 ms  long enough  1"));
        // As many characters as tell them apart.
        assert!(text(wide(), Some(40)).contains("wh_0193-4567-89a  12 ms  long enough  1"));
        assert!(text(wide(), Some(32)).contains("wh_0193-4567-89a  long enough  1"));
        assert!(text(wide(), Some(26)).contains("wh_0193-4567-89a  long…  1"));
        for width in 26..200 {
            let text = text(wide(), Some(width));
            assert!(text.lines().all(|line| measure_text_width(line) <= width), "{width}: {text}");
        }
    }

    #[test]
    fn a_prefix_is_as_long_as_need_be_and_ends_in_no_hyphen() {
        assert_eq!(unique_prefix(&["wh_01234567-89ab"]), 13);
        assert_eq!(unique_prefix(&["dlv_01234567-89ab", "dlv_01234567-89ac"]), 17);
        assert_eq!(unique_prefix(&["dlv_01234567-89ab", "dlv_01234567-89ab"]), 12);
        assert_eq!(unique_prefix(&[]), 12);
    }
}
