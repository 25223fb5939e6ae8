//! What a body says of an event type. Everything may be left out.

use crate::body::Object;
use grapnel_domain::{
    catalogue::{BuiltIn, MAX_DESCRIPTION_CHARS, MAX_SAMPLE_BYTES},
    event::inbound::character_no_queue_carries,
    fault::{Faults, FieldFault},
    schema::{Budget, Schema},
};

/// What may be said.
const FIELDS: &[&str] = &["description", "deprecated", "schema", "sample"];
/// What `GET` answers beside it, which is ignored.
const READ_ONLY: &[&str] = &["name", "builtIn", "createdAt", "updatedAt"];

/// What was said.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) description: Option<String>,
    pub(super) deprecated: bool,
    pub(super) schema: Option<Schema>,
    pub(super) sample: Option<String>,
}

impl Draft {
    /// Reads all fields. A sample satisfies its schema: the one given, or the one that is built in
    /// and stays.
    ///
    /// # Errors
    /// Every field at fault.
    pub(super) fn parse(
        input: &Object,
        built_in: Option<&BuiltIn>,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        input.refuse_all_but_ignored(FIELDS, READ_ONLY, &mut faults);
        let description = description(input, &mut faults);
        let deprecated = match input.get("deprecated") {
            None => false,
            Some(value) => value.as_bool().unwrap_or_else(|| {
                faults.add("deprecated", "must be true or false");
                false
            }),
        };
        let schema = input
            .get("schema")
            .and_then(|_| input.raw("schema"))
            .and_then(|text| faults.found(Schema::parse(text, "schema")));
        let sample = sample(input, &mut faults);
        let shown = sample.as_deref().or_else(|| built_in.map(BuiltIn::data));
        if let (Some(schema), Some(shown)) = (&schema, shown) {
            check(schema, shown, sample.is_none(), &mut faults);
        }
        if faults.is_empty() {
            Ok(Self { description, deprecated, schema, sample })
        } else {
            Err(faults.into_vec())
        }
    }
}

fn description(input: &Object, faults: &mut Faults) -> Option<String> {
    let value = input.get("description")?;
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    let text = value
        .as_str()
        .filter(|text| text.chars().count() <= MAX_DESCRIPTION_CHARS && text.chars().all(is_text));
    if text.is_none() {
        let message = format!(
            "must be a text of at most {MAX_DESCRIPTION_CHARS} characters, and no control \
             characters but line breaks and tabs"
        );
        faults.add("description", message);
    }
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn sample(input: &Object, faults: &mut Faults) -> Option<String> {
    let value = input.get("sample")?;
    let text = input.raw("sample").filter(|_| value.is_object());
    let Some(text) = text else {
        faults.add("sample", "must be the data of an event: an object");
        return None;
    };
    if text.len() > MAX_SAMPLE_BYTES {
        faults.add("sample", format!("may have {MAX_SAMPLE_BYTES} bytes, not {}", text.len()));
        return None;
    }
    if let Some(fault) = not_carried("sample", text) {
        faults.add(fault.field, fault.message);
        return None;
    }
    Some(text.to_owned())
}

/// The fault of data with a character that no queue carries.
pub(in crate::routes) fn not_carried(field: &str, data: &str) -> Option<FieldFault> {
    let c = u32::from(character_no_queue_carries(data)?);
    let message = format!("holds U+{c:04X}, which no queue carries: write it as `\\u{c:04x}`");
    Some(FieldFault { field: field.to_owned(), message })
}

fn check(schema: &Schema, sample: &str, is_built_in: bool, faults: &mut Faults) {
    let Some(checker) = schema.checker() else { return };
    let mut budget = Budget::OF_A_REQUEST;
    for violation in checker.check(sample, &mut budget) {
        let message = if is_built_in {
            format!("is needed: of the one that is built in, {}", violation.message)
        } else {
            violation.message
        };
        faults.add(format!("sample{}", violation.pointer), message);
    }
}
