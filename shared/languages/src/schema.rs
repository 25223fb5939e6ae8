//! What an event type's data must be like: a [JSON Schema], draft 2020-12.
//!
//! A schema is a program that runs on data of others, so whatever it does must be bounded. `form` checks
//! when it is saved that it is one, as the standard has it; `run` holds data against it, and counts each
//! step against a [`Budget`]. Patterns are matched in linear time, so there is no looking around in
//! them. Nothing is ever fetched: what a schema refers to lies in itself. As the standard has it,
//! `format` says what a text is for and is not checked, and words that are not known say nothing.
//!
//! What needs the whole of a schema to be understood (`unevaluatedProperties`, `unevaluatedItems`,
//! `$dynamicRef`, `$anchor`) is refused. The crate `jsonschema` knows these too, and makes the API's
//! program a third larger; it is what the tests compare this with.
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

/// Most bytes of a schema, as it is written.
pub const MAX_SCHEMA_BYTES: usize = 32 * 1024;
/// Most faults of a schema, or of data, that are told.
pub const MAX_TOLD: usize = 20;

/// Longest part of a place, or of a name, that a fault repeats.
const MAX_CHARS: usize = 200;

/// What may be used up on checking data, in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(usize);

impl Budget {
    /// For one request: about a second of a small function's time.
    pub const OF_A_REQUEST: Self = Self(20_000_000);
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
    schema: Tree,
    patterns: HashMap<String, Regex>,
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

/// A name as a part of a pointer (RFC 6901 section 3), cut to what an error repeats.
fn escaped(name: &str) -> String {
    let shown: String = name.chars().take(MAX_CHARS).collect();
    shown.replace('~', "~0").replace('/', "~1")
}

/// The pointer of a reference into the schema itself (section 6); `None` if it leads elsewhere.
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
