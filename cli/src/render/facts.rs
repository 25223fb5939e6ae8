//! Names and values, below each other.

use super::cell::Cell;

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
