//! What people see. Texts from elsewhere (a receiver's answer, an event's type) go through
//! [`visible`]: whoever answers a webhook must not be able to write to the terminal of whoever looks
//! at it.

pub(crate) mod delivery;
pub(crate) mod event;
mod health;
pub(crate) mod replay;
mod table;
pub(crate) mod webhook;

pub(crate) use table::{Column, Table};

use crate::clock::Clock;
use console::Style;
use std::borrow::Cow;

/// How somebody looks at what is printed.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// The present and the time zone.
    pub(crate) clock: Clock,
    /// The terminal's columns; `None` where there is no terminal.
    pub(crate) width: Option<usize>,
}

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
impl View {
    /// On 24 November 2026 at 06:24 UTC, in that zone.
    pub(crate) fn for_tests(width: Option<usize>) -> Self {
        Self { clock: Clock::at("2026-11-24T06:24:00Z", "UTC"), width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_elsewhere_commands_the_terminal() {
        assert_eq!(visible("plain é"), "plain é");
        assert_eq!(visible("a\x1b[2Jb\nc\u{9b}d\u{202e}e"), "a\\u{1b}[2Jb\\nc\\u{9b}d\\u{202e}e");
        assert_eq!(Cell::plain("\x07").text, "\\u{7}");
    }
}
