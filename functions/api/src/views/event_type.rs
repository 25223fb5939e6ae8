use crate::problem::Problem;
use grapnel_domain::{catalogue::Entry, time::Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

/// An event type.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventTypeView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    deprecated: bool,
    built_in: bool,
    /// As it was written, like the sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

impl<'a> EventTypeView<'a> {
    /// The view of what the catalogue has.
    ///
    /// # Errors
    /// 500 if what is stored is not JSON.
    pub(crate) fn new(entry: &Entry<'a>) -> Result<Self, Problem> {
        let own = entry.own();
        Ok(Self {
            name: entry.name(),
            description: own.and_then(|own| own.description.as_deref()),
            deprecated: entry.is_deprecated(),
            built_in: entry.is_built_in(),
            schema: entry.schema().map(|schema| raw(schema.text())).transpose()?,
            sample: entry.sample().map(raw).transpose()?,
            created_at: own.map(|own| own.created_at),
            updated_at: own.map(|own| own.updated_at),
        })
    }
}

fn raw(text: &str) -> Result<&RawValue, Problem> {
    serde_json::from_str(text)
        .map_err(|_| Problem::internal("an event type has text that is no JSON"))
}
