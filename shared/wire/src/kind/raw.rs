//! Kinds of JSON that is kept as it was written.

use super::{Json, Kind, expect};
#[cfg(feature = "openapi")]
use crate::shape::{self, Shape};
use grapnel_languages::{MAX_DATA_BYTES, fault::Faults};
use serde_json::value::RawValue;

/// JSON that is kept as it was written: digits, spaces and the order of keys.
pub struct Raw {
    /// The fault of a value that is not an object; `None` if that is not checked here.
    object: Option<&'static str>,
    /// Maximum bytes, if it is to be sent by a queue.
    carried: Option<usize>,
    /// The name of its schema, if it has one.
    #[cfg(feature = "openapi")]
    name: Option<&'static str>,
}

const DATA: Raw = Raw {
    object: Some("must be the data of an event: an object"),
    carried: None,
    #[cfg(feature = "openapi")]
    name: None,
};

/// Data of an event that is only looked at.
#[must_use]
pub fn data() -> Raw {
    DATA
}

/// Data of an event, which a queue carries.
#[must_use]
pub fn event_data() -> Raw {
    sample(MAX_DATA_BYTES)
}

/// Sample data of at most so many bytes, which a queue carries.
#[must_use]
pub fn sample(most_bytes: usize) -> Raw {
    Raw { carried: Some(most_bytes), ..DATA }
}

/// A JSON Schema, which is looked at elsewhere.
#[must_use]
pub fn json_schema() -> Raw {
    Raw { object: None, ..DATA }
}

/// A filter.
#[must_use]
pub fn filter() -> Raw {
    Raw {
        object: Some("must be an object"),
        #[cfg(feature = "openapi")]
        name: Some("Filter"),
        ..DATA
    }
}

/// The first character that a queue does not carry. SQS takes what XML 1.0 calls a character: of what
/// JSON text may hold, U+FFFE and U+FFFF are none. Escaped, both can be sent.
fn character_no_queue_carries(text: &str) -> Option<char> {
    text.chars().find(|c| {
        !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    })
}

/// The text, unless it has a character that no queue carries.
pub(super) fn carried<'a>(text: &'a str, path: &str, faults: &mut Faults) -> Option<&'a str> {
    let Some(c) = character_no_queue_carries(text).map(u32::from) else { return Some(text) };
    let message = format!("holds U+{c:04X}, which no queue carries: write it as `\\u{c:04x}`");
    faults.add(path, message);
    None
}

impl Kind for Raw {
    type Value = Box<RawValue>;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<Self::Value> {
        if let Some(message) = self.object {
            let object = json.value.as_object();
            expect(object, path, faults, || message.to_owned())?;
        }
        // A value that was merged from others has no text of its own.
        let text = json.text.map_or_else(|| json.value.to_string(), str::to_owned);
        if let Some(most) = self.carried {
            let bytes = Some(text.len()).filter(|bytes| *bytes <= most);
            expect(bytes, path, faults, || format!("may have {most} bytes, not {}", text.len()))?;
            carried(&text, path, faults)?;
        }
        RawValue::from_string(text).ok()
    }

    fn missing(&self) -> String {
        self.object.unwrap_or("is required").to_owned()
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        self.name.map_or_else(|| shape::free().into(), shape::is)
    }

    #[cfg(feature = "openapi")]
    fn patch(&self) -> Shape {
        shape::free().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_no_queue_carries_are_found() {
        for fine in ["", "\t\r\n é 🦞 \u{7f} \u{fffd}", r"\uffff"] {
            assert_eq!(character_no_queue_carries(fine), None, "{fine:?}");
        }
        for c in ['\0', '\u{8}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
            assert_eq!(character_no_queue_carries(&format!("a{c}b")), Some(c));
        }
    }
}
