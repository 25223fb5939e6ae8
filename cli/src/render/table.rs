//! Tables that fit the terminal.
//!
//! A table that is too wide is made narrower in steps, until it fits: ids are shortened to prefixes
//! if commands take those ([`Cell::id`]); columns that matter least are left out; texts are cut, first
//! to a readable length, then to [`SHORT_TEXT`]; more columns are left out; everything but ids is cut,
//! and at last left out. So every id that is shown can be given to a command, even if that makes the
//! table wider than the terminal. What is not printed to a terminal is printed in full.

use super::{cell::Cell, wrap::wrap};
use console::{measure_text_width, truncate_str};
use std::borrow::Cow;

/// Blanks between two columns.
const GAP: &str = "  ";

/// Fewest characters of an id that are shown, with its prefix.
const ID_CHARS: usize = 12;

/// Fewest characters of a text while other columns can be left out.
const SHORT_TEXT: usize = 6;

/// How a column gives way where a terminal is too narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// It does not.
    Fixed,
    /// It holds ids: it is never cut.
    Id,
    /// It is left out.
    Optional,
    /// It is left out if cut texts are not enough.
    Spare,
    /// It is cut, down to this width.
    Cut(usize),
    /// Its texts take several lines, of at least this width.
    Wrapped(usize),
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    title: Cow<'static, str>,
    room: Room,
}

impl Column {
    /// One that is shown as it is on all but the narrowest terminals.
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

    /// One that is left out if it is not enough to cut texts.
    pub(crate) fn spare(title: &'static str) -> Self {
        Self { title: title.into(), room: Room::Spare }
    }

    /// One that is cut, to fewer than `least` characters only if the rest does not fit otherwise.
    pub(crate) fn cut(title: &'static str, least: usize) -> Self {
        Self { title: title.into(), room: Room::Cut(least) }
    }

    /// One whose texts take several lines of at least `least` characters.
    pub(crate) fn wrapped(title: &'static str, least: usize) -> Self {
        Self { title: title.into(), room: Room::Wrapped(least) }
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

    /// The text, within `width` columns.
    pub(crate) fn text(mut self, width: Option<usize>) -> String {
        let widths = match width {
            Some(width) => self.fitted(width),
            None => self.widths(),
        };
        let titles: Vec<Cell> = self.columns.iter().map(|it| Cell::dim(&it.title)).collect();
        let rows = std::iter::once(&titles).chain(&self.rows);
        rows.map(|row| self.lines(row, &widths)).collect()
    }

    /// Makes the table narrower until it fits. Returns the widths of its columns.
    fn fitted(&mut self, most: usize) -> Vec<usize> {
        let readable = |room| match room {
            Room::Cut(least) | Room::Wrapped(least) => least,
            _ => usize::MAX,
        };
        let short = |room| match room {
            Room::Cut(least) => least.min(SHORT_TEXT),
            Room::Wrapped(least) => least,
            _ => usize::MAX,
        };
        let shortest = |room| if room == Room::Id { usize::MAX } else { 1 };
        if excess(&self.widths(), most) > 0 {
            self.shorten_ids();
        }
        while excess(&self.widths(), most) > 0 && self.leave_one_out(|room| room == Room::Optional)
        {
        }
        while excess(&self.cut(self.widths(), most, short), most) > 0
            && (self.leave_one_out(|room| room == Room::Spare)
                || self.leave_one_out(|room| matches!(room, Room::Cut(_))))
        {}
        while excess(&self.cut(self.widths(), most, shortest), most) > 0
            && self.leave_one_out(|room| room != Room::Id)
        {}
        let widths = self.cut(self.widths(), most, readable);
        let widths = self.cut(widths, most, short);
        self.cut(widths, most, shortest)
    }

    /// A row, with a line more for each further line of a wrapped text.
    fn lines(&self, row: &[Cell], widths: &[usize]) -> String {
        let texts = self.columns.iter().zip(row).zip(widths);
        let texts: Vec<Vec<String>> = texts
            .map(|((column, cell), width)| match column.room {
                Room::Wrapped(_) => wrap(&cell.text, *width),
                _ => vec![truncate_str(&cell.text, *width, "…").into_owned()],
            })
            .collect();
        let height = texts.iter().map(Vec::len).max().unwrap_or_default();
        let piece = |texts: &Vec<String>, n| texts.get(n).cloned().unwrap_or_default();
        (0..height)
            .map(|n| {
                let cells: Vec<_> =
                    row.iter().zip(&texts).map(|(cell, texts)| (cell, piece(texts, n))).collect();
                line(&cells, widths)
            })
            .collect()
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
        for index in 0..self.columns.len() {
            let ids = self.rows.iter().filter_map(|row| row.get(index)).filter(|it| it.shortens);
            let chars = unique_prefix(&ids.map(|cell| cell.text.as_str()).collect::<Vec<_>>());
            let cells = self.rows.iter_mut().filter_map(|row| row.get_mut(index));
            for cell in cells.filter(|cell| cell.shortens) {
                cell.text = cell.text.chars().take(chars).collect();
            }
        }
    }

    /// Leaves out the last of these columns; answers whether there was one.
    fn leave_one_out(&mut self, is_meant: impl Fn(Room) -> bool) -> bool {
        let Some(index) = self.columns.iter().rposition(|it| is_meant(it.room)) else {
            return false;
        };
        self.columns.remove(index);
        for row in &mut self.rows {
            row.remove(index);
        }
        true
    }

    /// Takes from the widest column that is wider than its minimum, again and again.
    fn cut(
        &self,
        mut widths: Vec<usize>,
        most: usize,
        least: impl Fn(Room) -> usize,
    ) -> Vec<usize> {
        for _ in 0..excess(&widths, most) {
            let can_be_cut = self
                .columns
                .iter()
                .zip(&mut widths)
                .filter(|(column, width)| **width > least(column.room));
            let Some((_, width)) = can_be_cut.max_by_key(|(_, width)| **width) else { break };
            *width -= 1;
        }
        widths
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

fn line(cells: &[(&Cell, String)], widths: &[usize]) -> String {
    let mut line = String::new();
    let mut blanks = 0;
    for ((cell, text), width) in cells.iter().zip(widths) {
        if !text.is_empty() {
            // No blanks at the end of a line.
            line.push_str(&" ".repeat(std::mem::take(&mut blanks)));
            line.push_str(&cell.style.apply_to(text).to_string());
        }
        blanks += width.saturating_sub(measure_text_width(text)) + GAP.len();
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
        for width in 7..60 {
            let text = text(table(), Some(width));
            assert!(text.lines().all(|line| measure_text_width(line) <= width), "{width}: {text}");
        }
        assert!(text(table(), Some(24)).contains("https:/…  active"));
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
                let mut cells = [id, "12 ms", note, "1"].map(Cell::plain);
                cells[0] = Cell::id(id);
                table.add(cells.to_vec());
            }
            table
        };
        assert!(text(wide(), Some(200)).contains("wh_0193-4567-89ab-0  12 ms  long enough  1"));
        // As many characters as tell them apart.
        assert!(text(wide(), Some(40)).contains("wh_0193-4567-89a  12 ms  long enough  1"));
        assert!(text(wide(), Some(32)).contains("wh_0193-4567-89a  long enough  1"));
        assert!(text(wide(), Some(26)).contains("wh_0193-4567-89a  long…  1"));
        for width in 10..200 {
            let text = text(wide(), Some(width));
            let fits = |line: &str| measure_text_width(line) <= width.max("wh_0193-4567-89a".len());
            assert!(text.lines().all(fits), "{width}: {text}");
            assert!(text.contains("wh_0193-4567-89a"), "{width}: {text}");
            assert!(text.contains("wh_0193-4567-89c"), "{width}: {text}");
        }
    }

    #[test]
    fn an_id_that_no_command_takes_shortened_is_shown_whole() {
        let ids = ["evt_0193-4567-89ab-0", "evt_0193-4567-89cd-0"];
        for width in 1..100 {
            let columns =
                [Column::id("id"), Column::cut("type", 4), Column::fixed("time"), Column::id("of")];
            let mut table = Table::new(columns);
            for id in ids {
                let cells = [id, "lead.created", "06:24:00"].map(Cell::plain);
                table.add([&cells[..], &[Cell::id("wh_0193-4567-89ab-0")]].concat());
            }
            let text = text(table, Some(width));
            assert!(ids.iter().all(|id| text.contains(id)), "{width}: {text}");
            assert!(text.contains("  wh_0193-4567"), "{width}: {text}");
            assert!(
                !text.lines().any(|line| line.contains("wh_") && line.ends_with('…')),
                "{text}"
            );
        }
    }

    #[test]
    fn a_wrapped_text_takes_lines_of_its_own_column() {
        let wrapped = || {
            let mut table = Table::new([Column::fixed("try"), Column::wrapped("answer", 8)]);
            table.add(["1", "the database is down"].map(Cell::plain).to_vec());
            table.add(["2", "ok"].map(Cell::plain).to_vec());
            table
        };
        assert_eq!(
            text(wrapped(), Some(18)),
            "try  answer\n1    the database\n     is down\n2    ok\n"
        );
        assert_eq!(text(wrapped(), None), "try  answer\n1    the database is down\n2    ok\n");
    }

    #[test]
    fn a_prefix_is_as_long_as_need_be_and_ends_in_no_hyphen() {
        assert_eq!(unique_prefix(&["wh_01234567-89ab"]), 13);
        assert_eq!(unique_prefix(&["dlv_01234567-89ab", "dlv_01234567-89ac"]), 17);
        assert_eq!(unique_prefix(&["dlv_01234567-89ab", "dlv_01234567-89ab"]), 12);
        assert_eq!(unique_prefix(&[]), 12);
    }
}
