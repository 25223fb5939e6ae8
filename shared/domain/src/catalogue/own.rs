//! What a deployment says of an event type.

use crate::{schema::Schema, time::Timestamp, webhook::EventPattern};
use std::{fmt, str::FromStr};

/// Most types that a deployment has of its own.
pub const MAX_OWN_TYPES: usize = 1000;
/// Most characters of a description.
pub use grapnel_wire::limits::EVENT_TYPE_DESCRIPTION_CHARS as MAX_DESCRIPTION_CHARS;
/// Most bytes of a sample, as it is written.
pub use grapnel_wire::limits::SAMPLE_BYTES as MAX_SAMPLE_BYTES;

/// The name of an event type: one that a webhook can name, so no pattern. Words of lower-case
/// letters, digits and `_`, separated by dots; at most 128 bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventTypeName(String);

/// A text that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be words of lower-case letters, digits and `_`, separated by dots, of at most 128 bytes"
)]
pub struct InvalidName;

impl EventTypeName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventTypeName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text.parse() {
            Ok(EventPattern::Exact(name)) => Ok(Self(name)),
            _ => Err(InvalidName),
        }
    }
}

impl fmt::Display for EventTypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EventTypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A type of a deployment's own, or what it says of one that is built in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnType {
    /// Its name.
    pub name: EventTypeName,
    /// What it means, at most [`MAX_DESCRIPTION_CHARS`] characters.
    pub description: Option<String>,
    /// Whether it should not be used any more. It works all the same.
    pub deprecated: bool,
    /// What its data must be like.
    pub schema: Option<Schema>,
    /// What its data may look like: the text of a JSON object that satisfies the schema, at most
    /// [`MAX_SAMPLE_BYTES`] bytes.
    pub sample: Option<String>,
    /// When it was first said.
    pub created_at: Timestamp,
    /// When it was last said.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_a_webhook_can_name() {
        for name in ["invoice.paid", "a", "a_1.b2.c"] {
            assert_eq!(name.parse::<EventTypeName>().map(|it| it.to_string()), Ok(name.into()));
        }
        let long = "a".repeat(129);
        for other in ["", "*", "lead.*", "Lead.created", "a..b", "a b", "a/b", "a-b", &long] {
            assert_eq!(other.parse::<EventTypeName>(), Err(InvalidName), "{other}");
        }
    }
}
