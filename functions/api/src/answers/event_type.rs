use crate::problem::Problem;
use grapnel_domain::catalogue::Entry;
use grapnel_wire::event_type::EventType;
use serde_json::value::RawValue;

/// An event type as the catalogue has it.
///
/// # Errors
/// 500 if what is stored is not JSON.
pub(crate) fn event_type(entry: &Entry<'_>) -> Result<EventType, Problem> {
    let own = entry.own();
    Ok(EventType {
        name: entry.name().to_owned(),
        description: own.and_then(|own| own.description.clone()),
        deprecated: entry.is_deprecated(),
        built_in: entry.is_built_in(),
        schema: entry.schema().map(|schema| raw(schema.text())).transpose()?,
        sample: entry.sample().map(raw).transpose()?,
        created_at: own.map(|own| own.created_at),
        updated_at: own.map(|own| own.updated_at),
    })
}

fn raw(text: &str) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(text.to_owned())
        .map_err(|_| Problem::internal("an event type has text that is no JSON"))
}
