//! Parses a filter's JSON, and collects every fault with its place.

mod comparison;

use super::condition::Condition;
use crate::{
    fault::Faults,
    json::tree::{Map, Tree},
};
use std::sync::Arc;

/// Combines objects; not the name of a field.
pub(super) const OR: &str = "$or";

/// The names of the comparisons.
pub const COMPARISONS: &[&str] = &[
    "prefix",
    "suffix",
    "equals-ignore-case",
    "wildcard",
    "anything-but",
    "numeric",
    "cidr",
    "exists",
];

/// Conditions on fields of one object. All must be true.
#[derive(Debug, Clone, Default)]
pub(super) struct All {
    pub(super) fields: Vec<(String, Pattern)>,
    pub(super) ors: Vec<Vec<All>>,
}

/// The condition on a field.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// One of these values.
    Values(Arc<Values>),
    /// An object that satisfies this.
    Object(All),
}

/// The list of a field.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) conditions: Vec<Condition>,
    /// The place of the list.
    pub(super) place: String,
}

/// Longest part of a field's name that an error repeats.
const SHOWN_CHARS: usize = 64;

/// The place of a part below `place`: a JSON pointer (RFC 6901) behind the name of the field that
/// holds the filter.
pub(super) fn below(place: &str, part: &str) -> String {
    let shown: String = part.chars().take(SHOWN_CHARS).collect();
    format!("{place}/{}", shown.replace('~', "~0").replace('/', "~1"))
}

/// A reader and what it has read so far.
pub(super) struct Reader<'a> {
    faults: &'a mut Faults,
    conditions: usize,
    combinations: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(faults: &'a mut Faults) -> Self {
        Self { faults, conditions: 0, combinations: 1 }
    }

    pub(super) fn conditions(&self) -> usize {
        self.conditions
    }

    /// The number of ways to choose one branch of every `$or`, as EventBridge counts them: the
    /// product of the numbers of branches.
    pub(super) fn combinations(&self) -> usize {
        self.combinations
    }

    fn fault(&mut self, place: &str, message: impl Into<String>) {
        self.faults.add(place, message);
    }

    /// Reads an object of fields. The caller has checked its nesting.
    pub(super) fn object(&mut self, input: &Map, place: &str, in_or: bool) -> All {
        let mut all = All::default();
        if input.is_empty() {
            self.fault(place, "must name at least one field");
        }
        for (name, value) in input {
            let place = below(place, name);
            if name == OR {
                all.ors.extend(self.or(value, &place));
                continue;
            }
            if in_or && is_reserved(name) {
                self.fault(&place, "is the name of a comparison, which no field in `$or` may have");
            }
            let pattern = match value {
                Tree::Object(fields) => Pattern::Object(self.object(fields, &place, in_or)),
                Tree::List(list) => Pattern::Values(Arc::new(self.values(list, place))),
                _ => {
                    self.fault(&place, "must be a list of what the field may be, or an object");
                    continue;
                }
            };
            all.fields.push((name.clone(), pattern));
        }
        all
    }

    fn or(&mut self, value: &Tree, place: &str) -> Option<Vec<All>> {
        let Some(branches) = value.as_list().filter(|branches| branches.len() > 1) else {
            self.fault(place, "must be a list of at least two objects");
            return None;
        };
        self.combinations = self.combinations.saturating_mul(branches.len());
        let mut read = Vec::with_capacity(branches.len());
        for (index, branch) in branches.iter().enumerate() {
            let place = below(place, &index.to_string());
            match branch {
                Tree::Object(fields) => read.push(self.object(fields, &place, true)),
                _ => self.fault(&place, "must be an object"),
            }
        }
        Some(read)
    }

    fn values(&mut self, list: &[Tree], place: String) -> Values {
        if list.is_empty() {
            self.fault(&place, "must have at least one entry");
        }
        let mut conditions = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            let place = below(&place, &index.to_string());
            conditions.extend(self.condition(entry, &place));
        }
        Values { conditions, place }
    }
}

fn is_reserved(name: &str) -> bool {
    COMPARISONS.contains(&name) || ["=", "<", "<=", ">", ">="].contains(&name)
}
