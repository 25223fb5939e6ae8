//! Schemas describe the data of an event type, in [JSON Schema], draft 2020-12.
//!
//! A schema is a program that runs on other people's data, so its cost must be limited. `form`
//! checks a schema against the standard when it is saved; `run` checks data against a schema, and
//! counts each step against a [`Budget`]. Patterns are matched in linear time, so they have no
//! look-around. Nothing is ever fetched: a schema can only refer to its own parts. As in the
//! standard, `format` describes a text and is not checked, and unknown keywords have no effect.
//!
//! Keywords that can only be understood together with the whole schema (`unevaluatedProperties`,
//! `unevaluatedItems`, `$dynamicRef`, `$anchor`) are refused. The crate `jsonschema` supports them,
//! but would make the API's program a third larger. The tests compare this module with it.
//!
//! [JSON Schema]: https://json-schema.org/draft/2020-12

mod form;
mod run;
mod value;

use crate::{
    fault::{Faults, FieldFault},
    json::tree::Tree,
};
use regex_lite::Regex;
use std::collections::HashMap;

/// Maximum size of a schema, in bytes as it is written.
pub const MAX_SCHEMA_BYTES: usize = 32 * 1024;
/// Maximum number of faults that are reported for a schema or for data.
pub const MAX_TOLD: usize = 20;

/// Longest part of a place, or of a name, that a fault repeats.
const MAX_CHARS: usize = 200;

/// The steps that checks may still use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(usize);

impl Budget {
    /// For one request: about a second of a small function's time.
    pub const OF_A_REQUEST: Self = Self(20_000_000);
}

/// A valid schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    text: String,
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
    schema: Tree,
    patterns: HashMap<String, Regex>,
}

impl Schema {
    /// Reads a schema, and checks that it can be used.
    ///
    /// # Errors
    /// All faults, each under `field` and the JSON pointer to its place.
    pub fn parse(text: &str, field: &str) -> Result<Self, Vec<FieldFault>> {
        compile(text, field).map(|_| Self { text: text.to_owned() })
    }

    /// A schema as it was stored, which [`Schema::parse`] accepted before.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self { text }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Compiles the schema. `None` if it is not valid, which cannot happen after [`Schema::parse`].
    #[must_use]
    pub fn checker(&self) -> Option<Checker> {
        compile(&self.text, "").ok()
    }
}

impl Checker {
    /// The errors in data (JSON text), up to [`MAX_TOLD`].
    #[must_use]
    pub fn check(&self, data: &str, budget: &mut Budget) -> Vec<Violation> {
        match Tree::parse(data) {
            Ok(data) => run::run(self, &data, budget),
            Err(_) => vec![Violation {
                pointer: String::new(),
                message: "is not JSON that can be checked".to_owned(),
            }],
        }
    }
}

fn compile(text: &str, field: &str) -> Result<Checker, Vec<FieldFault>> {
    let fault = |message: String| vec![FieldFault { field: field.to_owned(), message }];
    if text.len() > MAX_SCHEMA_BYTES {
        return Err(fault(format!("may have {MAX_SCHEMA_BYTES} bytes, not {}", text.len())));
    }
    let schema = Tree::parse(text).map_err(|error| fault(format!("is not JSON: {error}")))?;
    if schema.as_object().is_none() {
        return Err(fault("must be a JSON Schema: an object".to_owned()));
    }
    let mut faults = Faults::default();
    let patterns = form::check(&schema, field, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into_vec());
    }
    let checker = Checker { schema, patterns };
    if !run::ends(&checker) {
        return Err(fault(
            "comes to no end: it refers to itself where it stands, or too often".into(),
        ));
    }
    Ok(checker)
}

/// A name as a part of a pointer (RFC 6901 section 3), cut to the length that an error repeats.
fn escaped(name: &str) -> String {
    let shown: String = name.chars().take(MAX_CHARS).collect();
    shown.replace('~', "~0").replace('/', "~1")
}

/// The pointer of a reference into the schema itself (section 6); `None` for other references.
fn pointer(reference: &str) -> Option<String> {
    let fragment = reference.strip_prefix('#')?;
    if !(fragment.is_empty() || fragment.starts_with('/')) {
        return None;
    }
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod form_tests;
#[cfg(test)]
#[path = "schema/tests.rs"]
mod tests;
