//! Event data as it is shown: indented, with every name, number and order as it was received. So the
//! text is laid out without being read into values.

use crate::text::visible;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{collections::HashSet, fmt};

/// Most bytes that are shown.
const MOST_BYTES: usize = 48 * 1024;

/// Deepest level that is indented further: deeper data must not make the page grow by its square.
const DEEPEST: usize = 32;

/// Data laid out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) text: String,
    /// Whether the end is left out.
    pub(crate) is_cut: bool,
}

/// Lays out JSON text, to be looked at.
pub(crate) fn laid_out(json: &str) -> Shown {
    let (text, is_cut) = laid_out_up_to(json, MOST_BYTES);
    Shown { text: visible_data(&text), is_cut }
}

/// Lays out JSON text, to be edited: nothing is cut, and no character is replaced.
pub(crate) fn indented(json: &str) -> String {
    laid_out_up_to(json, usize::MAX).0
}

/// JSON text without spaces between its parts.
pub(crate) fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keeps = |c: &char| {
        if in_string {
            (in_string, escaped) = (escaped || *c != '"', !escaped && *c == '\\');
            return true;
        }
        in_string = *c == '"';
        !matches!(c, ' ' | '\n' | '\r' | '\t')
    };
    json.chars().filter(keeps).collect()
}

/// JSON in which each name is once in its object.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = object.next_key::<String>()? {
            object.next_value::<Self>()?;
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format_args!("`{name}` is there twice")));
            }
        }
        Ok(self)
    }
}

/// What JSON has that a change of its fields would lose: a name that is twice in one object, or more levels
/// than can be looked at. Text that is no JSON has nothing.
pub(crate) fn ambiguity(json: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(json).ok()?;
    serde_json::from_str::<Unique>(json).err().map(|fault| fault.to_string())
}

/// The text, and whether its end was left out.
fn laid_out_up_to(json: &str, most_bytes: usize) -> (String, bool) {
    let mut text = String::with_capacity(json.len());
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut chars = json.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).peekable();
    while let Some(c) = chars.next() {
        if text.len() >= most_bytes {
            return (text, true);
        }
        if in_string {
            text.push(c);
            (in_string, escaped) = (escaped || c != '"', !escaped && c == '\\');
            continue;
        }
        match c {
            ' ' => {}
            '"' => {
                in_string = true;
                text.push(c);
            }
            '{' | '[' => {
                text.push(c);
                while chars.next_if_eq(&' ').is_some() {}
                let end = if c == '{' { '}' } else { ']' };
                if chars.next_if_eq(&end).is_some() {
                    text.push(end);
                } else {
                    depth += 1;
                    new_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => text.push(c),
        }
    }
    (text, false)
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth.min(DEEPEST)));
}

fn visible_data(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("null", "null")]
    #[case("{ }", "{}")]
    #[case("[ ]", "[]")]
    #[case(r#"{"b":1.0,"a":[1,{}]}"#, "{\n  \"b\": 1.0,\n  \"a\": [\n    1,\n    {}\n  ]\n}")]
    #[case(r#"{"a":"x, {y} \" : \\"}"#, "{\n  \"a\": \"x, {y} \\\" : \\\\\"\n}")]
    #[case("{\n\t\"n\" : 12345678901234567890.10 }", "{\n  \"n\": 12345678901234567890.10\n}")]
    #[case("\"\u{202e}\u{7f}\"", "\"⟨U+202E⟩⟨U+007F⟩\"")]
    fn data_is_laid_out_and_not_changed(#[case] json: &str, #[case] expected: &str) {
        assert_eq!(laid_out(json), Shown { text: expected.into(), is_cut: false });
    }

    #[test]
    fn data_to_be_edited_stays_whole_and_spaces_are_no_difference() {
        let json = "{\"a b\":[1.0, \"\u{202e}\\\" {\" ]}";
        let text = indented(json);
        assert_eq!(text, "{\n  \"a b\": [\n    1.0,\n    \"\u{202e}\\\" {\"\n  ]\n}");
        assert_eq!(compact(&text), compact(json));
        assert_ne!(compact(r#"{"a b":1}"#), compact(r#"{"ab":1}"#));
        let long = format!("\"{}\"", "x".repeat(200_000));
        assert_eq!(indented(&long), long);
    }

    #[rstest]
    #[case(r#"{"a":[1],"b":{"a":2.50},"c":[{"a":null},{"a":true}]}"#, None)]
    #[case("no JSON", None)]
    #[case(r#"{"a":1,"\u0061":2}"#, Some("`a` is there twice"))]
    #[case(r#"{"x":[{"b":-1,"a":"", "b":12345678901234567890123}]}"#, Some("`b` is there twice"))]
    fn a_name_that_is_there_twice_is_found(#[case] json: &str, #[case] expected: Option<&str>) {
        let fault = ambiguity(json);
        assert_eq!(fault.is_some(), expected.is_some(), "{fault:?}");
        assert!(fault.unwrap_or_default().starts_with(expected.unwrap_or_default()));
    }

    #[test]
    fn json_that_is_too_deep_to_look_at_is_ambiguous() {
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        assert!(ambiguity(&deep).is_some());
    }

    #[test]
    fn what_is_large_or_deep_is_cut() {
        let deep = "[".repeat(200_000);
        let long = format!("\"{}\"", "x".repeat(200_000));
        for json in [deep, long] {
            let shown = laid_out(&json);
            assert!(shown.is_cut);
            assert!(shown.text.len() <= MOST_BYTES + 2 * DEEPEST + 2, "{}", shown.text.len());
        }
    }
}
