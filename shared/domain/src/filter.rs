//! Which events a webhook gets, by their data: filters in the language of EventBridge's event
//! patterns.
//!
//! A filter names fields and what they may be: `{"state": ["new", {"prefix": "re"}]}`. All fields
//! must match; of a list, one entry. `docs/filter.md` has the language for users.
//!
//! [`Filter`] is what is stored: JSON text. [`Filter::matcher`] compiles it: `read` finds what it
//! means and what is wrong with it, `scope` what is looked for in each object. `matching` walks
//! through an event's data once, with values compared as `condition`, `number` and
//! `text` say.
//!
//! Everything takes time in proportion to the data, and at most so many times as there are fields
//! in the filter: wildcards never go back, nesting costs no stack, and a filter is small
//! ([`MAX_BYTES`], [`MAX_CONDITIONS`], [`MAX_DEPTH`]).
//!
//! Where AWS's documentation is silent, its open matcher (`aws/event-ruler`) was followed. Two
//! differences are meant: numbers of an event are compared exactly, however large (EventBridge takes
//! them as outside of every range beyond ±5·10⁹); and names with dots are names, not paths.

mod condition;
mod explain;
mod matching;
mod number;
mod read;
mod scope;
mod text;

use crate::fault::{Faults, FieldFault};
pub use crate::json::DamagedData;
use scope::{Outcome, Scope};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, value::RawValue};

/// Most bytes of a filter, as JSON without white space.
pub const MAX_BYTES: usize = 4096;
/// Most entries of all its lists together.
pub const MAX_CONDITIONS: usize = 100;
/// Most objects and lists within each other.
pub const MAX_DEPTH: usize = 20;
/// Most ways to choose one branch of every `$or`: EventBridge's limit.
pub const MAX_COMBINATIONS: usize = 1000;

/// A filter as its webhook keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

/// A filter ready to be matched.
#[derive(Debug)]
pub struct Matcher(Scope);

/// What a stored filter says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The webhook gets the event.
    Matches,
    /// It does not.
    Differs,
    /// Nobody can tell: the filter cannot be read (another version stored it), or the data cannot.
    /// An event is rather delivered in vain than lost.
    Unreadable(String),
}

impl Verdict {
    /// Whether the webhook is to get the event.
    #[must_use]
    pub fn delivers(&self) -> bool {
        !matches!(self, Self::Differs)
    }
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Every fault. Its place is a JSON pointer behind the name `field` of the filter itself:
    /// `filter/state/0/prefix`.
    pub fn parse(input: &Map<String, Value>, field: &str) -> Result<Self, Vec<FieldFault>> {
        Matcher::compile(input, field)?;
        // A map of JSON values has a text.
        Ok(Self(serde_json::to_string(input).unwrap_or_default()))
    }

    /// A filter as it was stored. Whether it can be read shows when it is used.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Its JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compiles it.
    ///
    /// # Errors
    /// What is wrong with it, if another version stored it.
    pub fn matcher(&self) -> Result<Matcher, Vec<FieldFault>> {
        let input: Map<String, Value> = serde_json::from_str(&self.0).map_err(|_| {
            vec![FieldFault { field: "filter".into(), message: "must be a JSON object".into() }]
        })?;
        Matcher::compile(&input, "filter")
    }

    /// Whether an event with this data (JSON text) is to be delivered.
    #[must_use]
    pub fn verdict(&self, data: &str) -> Verdict {
        let matcher = match self.matcher() {
            Ok(matcher) => matcher,
            Err(faults) => {
                let first =
                    faults.first().map(|fault| format!("{} {}", fault.field, fault.message));
                return Verdict::Unreadable(first.unwrap_or_default());
            }
        };
        match matcher.matches(data) {
            Ok(true) => Verdict::Matches,
            Ok(false) => Verdict::Differs,
            Err(damaged) => Verdict::Unreadable(damaged.to_string()),
        }
    }
}

impl Serialize for Filter {
    /// As the JSON that it is; what is none, as a string.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(json) => json.serialize(serializer),
            Err(_) => serializer.serialize_str(&self.0),
        }
    }
}

impl Matcher {
    fn compile(input: &Map<String, Value>, field: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let bytes = serde_json::to_vec(input).map_or(usize::MAX, |text| text.len());
        if bytes > MAX_BYTES {
            faults.add(field, format!("may have at most {MAX_BYTES} bytes, not {bytes}"));
        } else if !input.values().all(|value| is_shallow(value, MAX_DEPTH - 1)) {
            faults.add(field, format!("may have at most {MAX_DEPTH} levels"));
        }
        if !faults.is_empty() {
            return Err(faults.into_vec());
        }
        let mut reader = read::Reader::new(&mut faults);
        let all = reader.object(input, field, false);
        let (conditions, combinations) = (reader.conditions(), reader.combinations());
        if conditions > MAX_CONDITIONS {
            let message = format!("may have at most {MAX_CONDITIONS} conditions, not {conditions}");
            faults.add(field, message);
        }
        if combinations > MAX_COMBINATIONS {
            let message = format!("its `$or`s may have at most {MAX_COMBINATIONS} combinations");
            faults.add(field, message);
        }
        if !faults.is_empty() {
            return Err(faults.into_vec());
        }
        match scope::lower(&all, field, &mut faults) {
            Some(scope) if faults.is_empty() => Ok(Self(scope)),
            _ => Err(faults.into_vec()),
        }
    }

    /// Whether an event with this data (JSON text) matches.
    ///
    /// # Errors
    /// [`DamagedData`] if that is not JSON, as far as it was looked at.
    pub fn matches(&self, data: &str) -> Result<bool, DamagedData> {
        Ok(matching::outcome(&self.0, data)? != Outcome::No)
    }
}

fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(list) => levels > 0 && list.iter().all(|value| is_shallow(value, levels - 1)),
        Value::Object(map) => levels > 0 && map.values().all(|value| is_shallow(value, levels - 1)),
        _ => true,
    }
}

#[cfg(test)]
mod documented;
#[cfg(test)]
mod refused_tests;
#[cfg(test)]
mod tests;
