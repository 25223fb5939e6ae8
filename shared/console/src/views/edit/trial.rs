//! What a trial of the filter and the transform on an event found.

use crate::{
    ask::Failure,
    json::{Shown, compact},
    text::visible,
};
use serde_json::{Value, value::RawValue};

/// An event, tried.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) title: String,
    pub(super) data: Option<Shown>,
    /// A class of the style sheet.
    pub(super) class: &'static str,
    pub(super) verdict: String,
    pub(super) unmet: Vec<Unmet>,
    /// The body and its type.
    pub(super) body: Option<(String, String)>,
    pub(super) faults: Vec<String>,
}

/// A condition that fails.
#[derive(Debug)]
pub(super) struct Unmet {
    pub(super) field: String,
    pub(super) wants: Option<String>,
    pub(super) has: String,
}

impl Trial {
    /// An event that could not be read.
    pub(super) fn unread(event: &str, failure: &Failure) -> Self {
        Self {
            title: format!("Event {}", visible(event)),
            data: None,
            class: "other",
            verdict: "The event could not be read.".to_owned(),
            unmet: Vec::new(),
            body: None,
            faults: vec![failure.text.clone()],
        }
    }
}

impl Unmet {
    /// What the condition wants, and what the data has there.
    pub(super) fn of(pointer: &str, filter: &RawValue, data: &RawValue) -> Self {
        let at = |json: &RawValue| {
            let value = serde_json::from_str::<Value>(json.get()).ok()?;
            value.pointer(pointer).map(|value| visible(&compact(&value.to_string())))
        };
        Self {
            field: visible(pointer),
            wants: at(filter),
            has: at(data).unwrap_or_else(|| "nothing".to_owned()),
        }
    }
}
