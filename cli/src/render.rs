//! What people see. Texts from elsewhere (a receiver's answer, an event's type) go through
//! [`visible`]: whoever answers a webhook must not be able to write to the terminal of whoever looks
//! at it.

pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod replay;
pub(crate) mod webhook;

use console::{Style, measure_text_width, truncate_str};
use std::borrow::Cow;

/// Blanks between two columns.
const GAP: &str = "  ";

/// Narrowest that a column is cut to.
const NARROWEST: usize = 12;

/// A text with a colour.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// In this style.
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: visible(text.as_ref()).into_owned(), style }
    }

    /// As it is.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self::styled(text, Style::new())
    }

    /// Less important.
    pub(crate) fn dim(text: impl AsRef<str>) -> Self {
        Self::styled(text, Style::new().dim())
    }

    /// Coloured by what it says.
    pub(crate) fn status(word: &str) -> Self {
        Self::styled(word, status_style(word))
    }
}

/// Green for what is well, red for what is not, yellow for what may become either.
fn status_style(word: &str) -> Style {
    match word {
        "active" | "success" | "finished" => Style::new().green(),
        "failed" | "failing" => Style::new().red(),
        "retrying" | "pending" | "running" => Style::new().yellow(),
        _ => Style::new().dim(),
    }
}

/// A text without what a terminal would obey.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    // Bidirectional controls reorder what is around them (Unicode TR 36, section 3.2).
    let obeyed =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if obeyed(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Rows in columns, each as wide as its widest cell.
#[derive(Debug)]
pub(crate) struct Table {
    header: &'static [&'static str],
    /// The column that gives way where a terminal is too narrow.
    elastic: usize,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty one. `elastic` is the column to cut where there is too little room.
    pub(crate) fn new(header: &'static [&'static str], elastic: usize) -> Self {
        Self { header, elastic, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text, within `width` columns if that can be done by cutting the elastic one.
    pub(crate) fn text(&self, width: Option<usize>) -> String {
        let mut widths: Vec<usize> = self.header.iter().map(|title| title.len()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(measure_text_width(&cell.text));
            }
        }
        let total = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
        let excess = width.map_or(0, |width| total.saturating_sub(width));
        if let Some(elastic) = widths.get_mut(self.elastic) {
            *elastic = elastic.saturating_sub(excess).max((*elastic).min(NARROWEST));
        }
        let titles = self.header.iter().map(Cell::dim).collect::<Vec<_>>();
        let mut text = line(&titles, &widths);
        for row in &self.rows {
            text.push_str(&line(row, &widths));
        }
        text
    }
}

fn line(cells: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let text = truncate_str(&cell.text, *width, "…");
        line.push_str(&cell.style.apply_to(&text).to_string());
        if index + 1 < cells.len() {
            line.push_str(&" ".repeat(width.saturating_sub(measure_text_width(&text))));
            line.push_str(GAP);
        }
    }
    line.push('\n');
    line
}

/// Lines of a name and a value, the values below each other.
#[derive(Debug, Default)]
pub(crate) struct Facts(Vec<(&'static str, Cell)>);

impl Facts {
    /// With a line more.
    pub(crate) fn with(mut self, name: &'static str, value: Cell) -> Self {
        self.0.push((name, value));
        self
    }

    /// With a line more, if there is something to be said.
    pub(crate) fn with_some(self, name: &'static str, value: Option<Cell>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The text.
    pub(crate) fn text(&self) -> String {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let line = |(name, value): &(&'static str, Cell)| {
            let name = console::style(format!("{name:width$}")).dim();
            format!("{name}  {}\n", value.style.apply_to(&value.text))
        };
        self.0.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["name", "url", "status"], 1);
        table.add(vec![
            Cell::plain("Zoë"),
            Cell::plain("https://example.com/a/long/path"),
            Cell::status("active"),
        ]);
        table.add(vec![Cell::plain("x"), Cell::plain("https://a"), Cell::status("disabled")]);
        table
    }

    #[test]
    fn columns_are_aligned_whatever_their_letters() {
        assert_eq!(
            console::strip_ansi_codes(&table().text(None)),
            "name  url                              status\n\
             Zoë   https://example.com/a/long/path  active\n\
             x     https://a                        disabled\n"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_one_column() {
        let text = table().text(Some(36));
        let text = console::strip_ansi_codes(&text).into_owned();
        assert_eq!(
            text,
            "name  url                   status\n\
             Zoë   https://example.com…  active\n\
             x     https://a             disabled\n"
        );
        assert!(text.lines().all(|line| measure_text_width(line) <= 36), "{text}");
        let least = table().text(Some(5));
        assert!(least.contains("https://exa…"), "{least}");
    }

    #[test]
    fn nothing_from_elsewhere_commands_the_terminal() {
        assert_eq!(visible("plain é"), "plain é");
        assert_eq!(visible("a\x1b[2Jb\nc\u{9b}d\u{202e}e"), "a\\u{1b}[2Jb\\nc\\u{9b}d\\u{202e}e");
        assert_eq!(Cell::plain("\x07").text, "\\u{7}");
    }
}
