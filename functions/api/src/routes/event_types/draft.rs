//! What a body says of an event type. Everything may be left out.

use grapnel_domain::{
    catalogue::BuiltIn,
    fault::FieldFault,
    schema::{Budget, Schema},
};
use grapnel_wire::{event_type::EventTypeDraft, read::Read};

/// What was said.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) description: Option<String>,
    pub(super) deprecated: bool,
    pub(super) schema: Option<Schema>,
    pub(super) sample: Option<String>,
}

impl Draft {
    /// Checks what was read. A sample satisfies its schema: the one given, or the one that is built in
    /// and stays.
    ///
    /// # Errors
    /// Every field at fault.
    pub(super) fn of(
        mut read: Read<EventTypeDraft>,
        built_in: Option<&BuiltIn>,
    ) -> Result<Self, Vec<FieldFault>> {
        let schema = read.value.schema.take();
        let schema = schema.and_then(|text| read.found(Schema::parse(text.get(), "schema")));
        let sample = read.value.sample.take();
        let given = sample.as_ref().map(|sample| sample.get());
        // A faulty sample is not one that is left out.
        let shown =
            given.or_else(|| built_in.filter(|_| read.is_sound("sample")).map(BuiltIn::data));
        if let (Some(schema), Some(shown)) = (&schema, shown) {
            check(schema, shown, given.is_none(), &mut read);
        }
        let sample = sample.map(|sample| sample.get().to_owned());
        let given = read.finish()?;
        let description = given.description.filter(|text| !text.is_empty());
        Ok(Self { description, deprecated: given.deprecated.unwrap_or(false), schema, sample })
    }
}

fn check(schema: &Schema, sample: &str, is_built_in: bool, read: &mut Read<EventTypeDraft>) {
    let Some(checker) = schema.checker() else { return };
    let mut budget = Budget::OF_A_REQUEST;
    for violation in checker.check(sample, &mut budget) {
        let message = if is_built_in {
            format!("is needed: of the one that is built in, {}", violation.message)
        } else {
            violation.message
        };
        read.fault(format!("sample{}", violation.pointer), message);
    }
}
