//! What is wrong with a user's input: every fault at once, each with the field that it is about.

use serde::{Deserialize, Serialize};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// The field, as a path: `retryConfig.delaysSeconds[2]`.
    pub field: String,
    /// What is wrong and what would be right, for the person who sent it.
    pub message: String,
}

/// What faults call the entry `name` of the map `field`: the name may hold anything, and must not
/// break the message about it.
#[must_use]
pub fn entry(field: &str, name: &str) -> String {
    let shown: String = name.chars().take(64).flat_map(char::escape_default).collect();
    format!("{field}.{shown}")
}

/// The faults found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<FieldFault>);

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.into(), message: message.into() });
    }

    /// What was read elsewhere, or nothing, with its faults noted.
    pub fn found<T>(&mut self, read: Result<T, Vec<FieldFault>>) -> Option<T> {
        read.map_err(|faults| self.0.extend(faults)).ok()
    }

    /// How many were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none were found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order in which they were found.
    #[must_use]
    pub fn into_vec(self) -> Vec<FieldFault> {
        self.0
    }
}
