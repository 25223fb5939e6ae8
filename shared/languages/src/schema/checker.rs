//! A compiled schema, the budget of its checks, and their results.

use crate::json::tree::Tree;
use regex_lite::Regex;
use std::collections::HashMap;

/// Maximum number of faults that are reported for a schema or for data.
pub const MAX_TOLD: usize = 20;

/// The steps that checks may still use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(pub(super) usize);

impl Budget {
    /// For one request: about a second of a small function's time.
    pub const OF_A_REQUEST: Self = Self(20_000_000);
}

/// An error in data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The place in the data as a JSON pointer; empty for the whole data.
    pub pointer: String,
    /// The error. It may repeat names of fields, but no values of the data.
    pub message: String,
}

/// A compiled schema.
#[derive(Debug)]
pub struct Checker {
    pub(super) schema: Tree,
    pub(super) patterns: HashMap<String, Regex>,
}
