//! Names and values, below each other.

use super::{cell::Cell, wrap::hanging};

/// Lines of a name and a value, the values below each other.
#[derive(Debug, Default)]
pub(crate) struct Facts(Vec<Fact>);

#[derive(Debug)]
struct Fact {
    name: &'static str,
    value: Cell,
    /// Whether the value may take several lines.
    is_prose: bool,
}

impl Facts {
    /// With a line more.
    pub(crate) fn with(mut self, name: &'static str, value: Cell) -> Self {
        self.0.push(Fact { name, value, is_prose: false });
        self
    }

    /// With a line more, which takes several lines on a narrow terminal: nobody copies its value.
    pub(crate) fn with_prose(mut self, name: &'static str, value: Option<Cell>) -> Self {
        self.0.extend(value.map(|value| Fact { name, value, is_prose: true }));
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
        self.text_within(None)
    }

    /// The text, with its sentences within `width` columns.
    pub(crate) fn text_within(&self, width: Option<usize>) -> String {
        let names = self.0.iter().map(|fact| fact.name.len()).max().unwrap_or_default();
        let line = |Fact { name, value, is_prose }: &Fact| {
            let width = width.filter(|_| *is_prose);
            let text = hanging(&value.text, names + GAP.len(), width);
            let name = console::style(format!("{name:names$}")).dim();
            format!("{name}{GAP}{}\n", value.style.apply_to(text))
        };
        self.0.iter().map(line).collect()
    }
}

/// Between a name and its value.
const GAP: &str = "  ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_go_on_below_and_what_is_copied_stays_whole() {
        let facts = Facts::default()
            .with("url", Cell::plain("https://hooks.example.com/a/long/path"))
            .with_prose("health", Some(Cell::plain("circuit open, 10 failures in a row")))
            .with_prose("parked", None);
        assert_eq!(
            console::strip_ansi_codes(&facts.text_within(Some(30))),
            "url     https://hooks.example.com/a/long/path\n\
             health  circuit open, 10\n\x20       failures in a row\n"
        );
        assert_eq!(facts.text().lines().count(), 2);
    }
}
