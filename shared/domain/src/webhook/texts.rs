//! What a webhook's owner writes about it, for people.

use grapnel_wire::{
    kind::{line, lines},
    limits::{WEBHOOK_DESCRIPTION_CHARS, WEBHOOK_NAME_CHARS},
    webhook::NewWebhook,
};
use serde::{Deserialize, Serialize};

/// The texts of a webhook. Its row has them under these names; a row that is older than a text lacks
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Texts {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
}

impl Texts {
    pub(super) fn of(given: &NewWebhook) -> Self {
        Self { name: given.name.clone(), description: unless_empty(given.description.as_ref()) }
    }

    /// Each text, and whether it is within its limits.
    pub(super) fn rules(&self) -> impl IntoIterator<Item = (&'static str, bool)> {
        let description = lines(WEBHOOK_DESCRIPTION_CHARS);
        [
            ("name", line(WEBHOOK_NAME_CHARS).allows(&self.name)),
            ("description", self.description.as_ref().is_none_or(|it| description.allows(it))),
        ]
    }
}

/// An empty text is the same as none.
fn unless_empty(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}
