//! Tables in `docs/reliability.md`, which a test holds against what the simulation finds.

use grapnel_testing::document::{generated_part, with_generated_part};
use std::fmt::Display;

/// What was found, as a part of the document.
pub trait Part: Display {
    /// What the document calls it.
    const NAME: &'static str;

    /// Whether a document says just this.
    fn is_in(&self, document: &str) -> bool {
        generated_part(document, Self::NAME) == Some(self.to_string().trim())
    }

    /// The document with this in its place; `None` if it has no place for it.
    fn written_into(&self, document: &str) -> Option<String> {
        with_generated_part(document, Self::NAME, &self.to_string())
    }
}
