//! A text with a colour, without what a terminal would obey.

use console::Style;
use std::borrow::Cow;

/// A text with a colour.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
    /// Whether a table may shorten it to its beginning.
    pub(super) shortens: bool,
}

impl Cell {
    /// In this style.
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: visible(text.as_ref()).into_owned(), style, shortens: false }
    }

    /// An id that commands take by its beginning: of any kind but an event.
    pub(crate) fn id(text: impl AsRef<str>) -> Self {
        Self { shortens: true, ..Self::plain(text) }
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
