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

mod checker;
mod form;
mod pointer;
mod run;
mod value;

use crate::{
    fault::{Faults, FieldFault},
    json::tree::Tree,
};

pub use checker::{Budget, Checker, MAX_TOLD, Violation};

/// Maximum size of a schema, in bytes as it is written.
pub const MAX_SCHEMA_BYTES: usize = 32 * 1024;

/// A valid schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    text: String,
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

#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod form_tests;
#[cfg(test)]
#[path = "schema/tests.rs"]
mod tests;
