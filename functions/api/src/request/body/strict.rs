//! JSON without repeated keys.
//!
//! [`Value`] reads itself and keeps the last of two equal keys, and it gives a meaning of its own to
//! one magic key when `raw_value` is enabled. This reader does neither.

use crate::problem::Problem;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, error::Category};
use std::{collections::HashSet, fmt};

/// Longest part of a repeated key that an error repeats.
const SHOWN_CHARS: usize = 64;

/// How much of a value is built. All of it is read and checked. A small object costs some 700 bytes as
/// a [`Value`], a hundred times its text, so what nobody looks into is left out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Build {
    /// All of it.
    Whole,
    /// An object whose `field` is a list of objects; of these one more than `most`, which is enough to
    /// see that they are too many. Their values, and those of other fields, are built as [`Build::Scalar`].
    ObjectWithList {
        /// The list.
        field: &'static str,
        /// Most objects that it may hold.
        most: usize,
    },
    /// A list of objects, likewise.
    List {
        /// Most objects that it may hold.
        most: usize,
    },
    /// An object with values that are built as [`Build::Scalar`].
    Object,
    /// A value that holds no others. A list or an object becomes an empty one.
    Scalar,
}

impl Build {
    /// How much of the value of this key is built; `None` if none.
    fn of_value(self, key: &str) -> Option<Self> {
        match self {
            Self::Whole => Some(Self::Whole),
            Self::ObjectWithList { field, most } if key == field => Some(Self::List { most }),
            Self::ObjectWithList { .. } | Self::Object => Some(Self::Scalar),
            Self::List { .. } | Self::Scalar => None,
        }
    }

    /// How much of the entry at `place` is built; `None` if none.
    fn of_entry(self, place: usize) -> Option<Self> {
        match self {
            Self::Whole => Some(Self::Whole),
            Self::List { most } if place <= most => Some(Self::Object),
            Self::List { .. } | Self::ObjectWithList { .. } | Self::Object | Self::Scalar => None,
        }
    }
}

/// Reads one JSON value and builds as much of it as `build` says. Nesting is bounded by `serde_json`
/// (128 levels).
///
/// # Errors
/// 400: `invalid_json`, or `duplicate_key`.
pub(super) fn parse(bytes: &[u8], build: Build) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let parsed =
        Strict(build).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    parsed.map_err(|error| match error.classify() {
        // The only error that the visitor makes itself.
        Category::Data => Problem::bad_request("duplicate_key", format!("The body has {error}.")),
        Category::Syntax | Category::Eof | Category::Io => {
            let detail = match other_encoding(bytes) {
                Some(encoding) => format!("The body is not JSON: it {encoding}."),
                None => format!("The body is not JSON: {error}."),
            };
            Problem::bad_request("invalid_json", detail)
        }
    })
}

/// How the body is written, if it shows that this is not UTF-8 alone (RFC 8259 section 8.1).
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Some("begins with a byte order mark, and must begin without one"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => {
            Some("is UTF-16 or UTF-32, and must be UTF-8")
        }
        _ => None,
    }
}

struct Strict(Build);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        for place in 0.. {
            let build = self.0.of_entry(place);
            let seed = Strict(build.unwrap_or(Build::Scalar));
            let Some(value) = entries.next_element_seed(seed)? else { break };
            if build.is_some() {
                list.push(value);
            }
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let mut left_out = HashSet::new();
        while let Some(Key(key)) = entries.next_key()? {
            if map.contains_key(&key) || left_out.contains(&key) {
                let shown: String = key.chars().take(SHOWN_CHARS).collect();
                return Err(A::Error::custom(format!("the key {shown:?} twice")));
            }
            let build = self.0.of_value(&key);
            let value = entries.next_value_seed(Strict(build.unwrap_or(Build::Scalar)))?;
            if build.is_some() {
                map.insert(key, value);
            } else {
                left_out.insert(key);
            }
        }
        Ok(Value::Object(map))
    }
}

/// A key, read as plain text.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(text: &str) -> Value {
        parse(text.as_bytes(), Build::Whole).expect("accepted")
    }

    const EVENTS: Build = Build::ObjectWithList { field: "events", most: 2 };

    /// How many values were built.
    fn built(value: &Value) -> usize {
        1 + match value {
            Value::Array(list) => list.iter().map(built).sum(),
            Value::Object(map) => map.values().map(built).sum(),
            _ => 0,
        }
    }

    #[test]
    fn every_kind_of_value_is_read_as_it_is() {
        let text = r#"{"a":[1,-2,2.5,true,null,"x"],"b":{"c":{}},"d":18446744073709551615}"#;
        let expected = json!({"a": [1, -2, 2.5, true, null, "x"], "b": {"c": {}}, "d": u64::MAX});
        assert_eq!(parsed(text), expected);
    }

    #[test]
    fn a_key_with_a_meaning_elsewhere_is_a_plain_key_here() {
        let text = r#"{"$serde_json::private::RawValue":"[1]"}"#;
        assert_eq!(parsed(text)["$serde_json::private::RawValue"], json!("[1]"));
    }

    #[test]
    fn a_repeated_key_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"[{"x":{"a":1,"b":2,"\u0061":3}}]"#,
            r#"{"events":[{},{},{},{"a":1,"a":2}]}"#,
            r#"{"events":[{"data":{"l":[{"a":1,"a":2}]}}]}"#,
        ] {
            for build in [Build::Whole, EVENTS] {
                assert!(parse(text.as_bytes(), build).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn of_events_their_fields_are_built_and_one_more_than_there_may_be() {
        let text = r#"{"userId":"u","more":[1],"events":[{"id":"1","data":{"a":{}}},{},{},{},{}]}"#;
        let expected = json!({
            "userId": "u", "more": [], "events": [{ "id": "1", "data": {} }, {}, {}],
        });
        assert_eq!(parse(text.as_bytes(), EVENTS).expect("accepted"), expected);
    }

    #[test]
    fn a_mebibyte_of_small_objects_builds_next_to_nothing() {
        let small = |count: usize| vec![r#"{"a":1}"#; count].join(",");
        let many = small(130_000);
        for text in [
            format!(r#"{{"events":[{many}]}}"#),
            format!(r#"{{"events":[{{"data":{{"l":[{many}]}}}}]}}"#),
            format!(r#"{{"data":{{"l":[{many}]}}}}"#),
            format!(r#"{{"unknown":[{many}]}}"#),
            format!(r#"{{"events":{{"l":[{many}]}}}}"#),
            format!("[{many}]"),
        ] {
            let parsed = parse(text.as_bytes(), EVENTS).expect("accepted");
            assert!(built(&parsed) <= 10, "{text:.20}: {}", built(&parsed));
        }
        // What is built whole costs that much: it is allowed in small bodies only.
        let whole = parse(format!("[{}]", small(1000)).as_bytes(), Build::Whole);
        assert_eq!(built(&whole.expect("accepted")), 2001);
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["", " ", "{", "{} {}", "nul", "1e999", "\u{feff}{}", &deep] {
            assert!(parse(text.as_bytes(), Build::Whole).is_err(), "{text:.20}");
        }
        assert!(parse(b"\"\xff\"", Build::Whole).is_err());
    }
}
