//! JSON without repeated keys.
//!
//! [`Value`] reads itself and keeps the last of two equal keys, and it gives a meaning of its own to
//! one magic key when `raw_value` is enabled. This reader does neither.

use crate::problem::Problem;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, error::Category};
use std::fmt;

/// Longest part of a repeated key that an error repeats.
const SHOWN_CHARS: usize = 64;

/// Reads one JSON value. Nesting is bounded by `serde_json` (128 levels).
///
/// # Errors
/// 400: `invalid_json`, or `duplicate_key`.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
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

struct Strict;

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
        while let Some(value) = entries.next_element_seed(Strict)? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(Key(key)) = entries.next_key()? {
            if map.contains_key(&key) {
                let shown: String = key.chars().take(SHOWN_CHARS).collect();
                return Err(A::Error::custom(format!("the key {shown:?} twice")));
            }
            let value = entries.next_value_seed(Strict)?;
            map.insert(key, value);
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
        parse(text.as_bytes()).expect("accepted")
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
        for text in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":1,"b":2,"\u0061":3}}]"#] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["", " ", "{", "{} {}", "nul", "1e999", "\u{feff}{}", &deep] {
            assert!(parse(text.as_bytes()).is_err(), "{text:.20}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }
}
