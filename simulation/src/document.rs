//! Tables in `docs/reliability.md`. A test compares them with the simulation's results.

use grapnel_testing::document::{generated_part, with_generated_part};
use std::fmt::Display;

/// Results as a part of the document.
pub trait Part: Display {
    /// The name of the part in the document.
    const NAME: &'static str;

    /// Whether a document has exactly these results.
    fn is_in(&self, document: &str) -> bool {
        generated_part(document, Self::NAME) == Some(self.to_string().trim())
    }

    /// The document with these results; `None` if it has no place for them.
    fn written_into(&self, document: &str) -> Option<String> {
        with_generated_part(document, Self::NAME, &self.to_string())
    }
}
