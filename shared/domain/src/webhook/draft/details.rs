//! The parts of a draft that mean something to its owner only.

use super::fields::Fields;
use crate::fault;
use std::collections::BTreeMap;

/// Most characters of a description.
pub(super) const MAX_DESCRIPTION_CHARS: usize = 1000;
/// Most entries of `metadata`.
pub(super) const MAX_METADATA: usize = 50;
/// Most characters of a name in it.
pub(super) const MAX_METADATA_NAME_CHARS: usize = 64;
/// Most characters of a value in it.
pub(super) const MAX_METADATA_VALUE_CHARS: usize = 512;
/// Most bytes of all its names and values. Every event and every delivery reads the webhook, and
/// pays by its size.
pub(super) const MAX_METADATA_BYTES: usize = 4096;

pub(super) fn description(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.optional_string("description").filter(|text| !text.is_empty())?;
    if text.chars().count() > MAX_DESCRIPTION_CHARS || !text.chars().all(is_text) {
        let message = format!(
            "may have {MAX_DESCRIPTION_CHARS} characters, and no control characters but line breaks and tabs"
        );
        fields.fault("description", message);
    }
    Some(text.to_owned())
}

pub(super) fn metadata(fields: &mut Fields<'_>) -> BTreeMap<String, String> {
    let Some(map) = fields.optional_object("metadata") else { return BTreeMap::new() };
    if map.len() > MAX_METADATA {
        fields.fault("metadata", format!("may have {MAX_METADATA} entries, not {}", map.len()));
    }
    let bytes: usize =
        map.iter().map(|(name, value)| name.len() + value.as_str().map_or(0, str::len)).sum();
    if bytes > MAX_METADATA_BYTES {
        let message = format!("names and values may have {MAX_METADATA_BYTES} bytes, not {bytes}");
        fields.fault("metadata", message);
    }
    let mut metadata = BTreeMap::new();
    for (name, value) in map {
        let field = fault::entry("metadata", name);
        let chars = name.chars().count();
        if !(1..=MAX_METADATA_NAME_CHARS).contains(&chars) || name.chars().any(char::is_control) {
            let message = format!(
                "the name must have 1 to {MAX_METADATA_NAME_CHARS} characters, and no control characters"
            );
            fields.fault(&field, message);
        }
        match value.as_str() {
            Some(text)
                if text.chars().count() <= MAX_METADATA_VALUE_CHARS
                    && text.chars().all(is_text) =>
            {
                metadata.insert(name.clone(), text.to_owned());
            }
            Some(_) => {
                let message = format!(
                    "the value may have {MAX_METADATA_VALUE_CHARS} characters, and no control characters but line breaks and tabs"
                );
                fields.fault(&field, message);
            }
            None => fields.fault(&field, "the value must be a string"),
        }
    }
    metadata
}

/// Neither of these is a control character that breaks a line of a log or of a table.
fn is_text(char: char) -> bool {
    !char.is_control() || matches!(char, '\n' | '\t')
}
