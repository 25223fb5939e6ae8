//! What an event type's data must be like: a [JSON Schema], draft 2020-12.
//!
//! A schema is a program that runs on data of others, so whatever it does must be bounded, and is
//! when it is saved: `bounds` follows its references and refuses what goes round in circles or comes
//! to more than [`MAX_VALUES`]. What is checked against it costs no more than its values times the
//! data's, of which a [`Budget`] is used up. Patterns are matched in linear time, so there is no
//! looking around in them. Nothing is ever fetched: what a schema refers to lies in itself.
//!
//! As the standard has it, `format` says what a text is for and is not checked.
//!
//! [JSON Schema]: https://json-schema.org/draft/2020-12

mod bounds;

use crate::fault::{Faults, FieldFault};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

/// Most bytes of a schema, as it is written.
pub const MAX_SCHEMA_BYTES: usize = 32 * 1024;
/// Most values in a schema: each list, object, text, number and so on is one, and what is referred to
/// counts at each place that refers to it.
pub const MAX_VALUES: usize = 2000;
/// Most faults of a schema, or of data, that are told.
pub const MAX_TOLD: usize = 20;

/// Most bytes that the program of a pattern may take, and its states while it is matched.
const PATTERN_BYTES: usize = 256 * 1024;
/// Most characters of one fault, and of the place that it is at.
const MAX_CHARS: usize = 300;

/// Checks, each of one value of a schema at one value of data, for which all that is wrong is found:
/// the list of it is made before it is cut. Beyond that the first fault is all that is told.
const CHECKS_FOR_ALL: usize = 100_000;

/// What may be used up on checking data: a check is one value of a schema at one value of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(usize);

impl Budget {
    /// For one request: about a second of a small function's time.
    pub const OF_A_REQUEST: Self = Self(20_000_000);

    fn take(&mut self, checks: usize) -> bool {
        let left = self.0.checked_sub(checks);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// A schema that was found to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    text: String,
}

/// What is wrong with data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the data, as a JSON pointer; empty for all of it.
    pub pointer: String,
    /// What is wrong there. It repeats no value of the data, but may repeat names of its fields.
    pub message: String,
}

/// A schema that is ready to check data.
#[derive(Debug)]
pub struct Checker {
    validator: Validator,
    values: usize,
}

impl Schema {
    /// Takes a schema as it is written, if it is one that can be used.
    ///
    /// # Errors
    /// Its faults, each under `field` and the JSON pointer to its place.
    pub fn parse(text: &str, field: &str) -> Result<Self, Vec<FieldFault>> {
        compile(text, field).map(|_| Self { text: text.to_owned() })
    }

    /// A schema that [`Schema::parse`] took before, as it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self { text }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Makes it ready. `None` if it is no schema, which does not happen with what was parsed.
    #[must_use]
    pub fn checker(&self) -> Option<Checker> {
        compile(&self.text, "").ok()
    }
}

impl Checker {
    /// What is wrong with data (JSON text): nothing, or up to [`MAX_TOLD`] things.
    #[must_use]
    pub fn check(&self, data: &str, budget: &mut Budget) -> Vec<Violation> {
        let whole =
            |message: &str| vec![Violation { pointer: String::new(), message: message.to_owned() }];
        let Ok(data) = serde_json::from_str::<Value>(data) else {
            return whole("is not JSON that can be checked");
        };
        let checks = bounds::values(&data).saturating_mul(self.values);
        if !budget.take(checks) {
            return whole("is more than can be checked against the schema in one request");
        }
        if checks <= CHECKS_FOR_ALL {
            return self.validator.iter_errors(&data).take(MAX_TOLD).map(|it| told(&it)).collect();
        }
        self.validator.validate(&data).err().iter().map(told).collect()
    }
}

fn told(error: &ValidationError<'_>) -> Violation {
    Violation {
        pointer: shortened(&error.instance_path().to_string()),
        message: shortened(&error.masked_with("the value").to_string()),
    }
}

fn shortened(text: &str) -> String {
    let line = |c: char| if c.is_control() { ' ' } else { c };
    let mut shown: String = text.chars().take(MAX_CHARS).map(line).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn compile(text: &str, field: &str) -> Result<Checker, Vec<FieldFault>> {
    let mut faults = Faults::default();
    if text.len() > MAX_SCHEMA_BYTES {
        faults.add(field, format!("may have {MAX_SCHEMA_BYTES} bytes, not {}", text.len()));
        return Err(faults.into_vec());
    }
    let schema: Value = match serde_json::from_str(text) {
        Ok(schema) => schema,
        Err(error) => {
            faults.add(field, format!("is not JSON: {error}"));
            return Err(faults.into_vec());
        }
    };
    if !schema.is_object() {
        faults.add(field, "must be a JSON Schema: an object");
        return Err(faults.into_vec());
    }
    let mut fault = |error: &ValidationError<'_>| {
        let Violation { pointer, message } = told(error);
        faults.add(format!("{field}{pointer}"), message);
    };
    // What is no schema is told as that; its bounds say nothing.
    jsonschema::draft202012::meta::validator()
        .iter_errors(&schema)
        .take(MAX_TOLD)
        .for_each(|error| fault(&error));
    if !faults.is_empty() {
        return Err(faults.into_vec());
    }
    let values = bounds::check(&schema, field)?;
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
    let compiled = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(patterns)
        .offline()
        .build(&schema);
    match compiled {
        Ok(validator) => Ok(Checker { validator, values }),
        Err(error) => {
            let at = told(&error);
            let pointer = if at.pointer.is_empty() {
                shortened(&error.schema_path().to_string())
            } else {
                at.pointer
            };
            faults.add(format!("{field}{pointer}"), at.message);
            Err(faults.into_vec())
        }
    }
}

#[cfg(test)]
#[path = "schema/tests.rs"]
mod tests;
