//! Errors in a user's input. All errors are reported at once, each with its field.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// The path of the field: `retryConfig.delaysSeconds[2]`.
    pub field: String,
    /// What is wrong and what would be right, for the person who sent the input.
    pub message: String,
}

/// The part of a name that an error repeats. A name can have any length.
#[must_use]
pub fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

/// The path of the entry `name` in the map `field`. The name may hold any character, and is escaped
/// so that the message stays readable.
#[must_use]
pub fn entry(field: &str, name: &str) -> String {
    format!("{field}.{}", shown(name).escape_default())
}

/// The faults found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<FieldFault>);

impl Faults {
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.into(), message: message.into() });
    }

    /// Returns what was read, or notes the faults and returns nothing.
    pub fn found<T>(&mut self, read: Result<T, Vec<FieldFault>>) -> Option<T> {
        read.map_err(|faults| self.0.extend(faults)).ok()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &FieldFault> {
        self.0.iter()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All faults, in the order in which they were found.
    #[must_use]
    pub fn into_vec(self) -> Vec<FieldFault> {
        self.0
    }
}
