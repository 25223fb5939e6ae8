//! Values of attributes, in DynamoDB's JSON: `{"S": "text"}`.

use serde_json::{Map, Value};
use std::cmp::Ordering;

pub(super) type Item = Map<String, Value>;

/// The type and the content of a value.
pub(super) fn parts(value: &Value) -> Option<(&str, &Value)> {
    let (kind, content) = value.as_object().filter(|object| object.len() == 1)?.iter().next()?;
    Some((kind.as_str(), content))
}

/// The size of an item in bytes: "DynamoDB item sizes and formats" of the developer guide.
pub(super) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, content)) = parts(value) else { return 0 };
    match (kind, content) {
        ("S", Value::String(text)) => text.len(),
        ("N", Value::String(digits)) => number_size(digits),
        ("B", Value::String(base64)) => base64_bytes(base64),
        ("L", Value::Array(list)) => {
            3 + list.iter().map(|each| 1 + value_size(each)).sum::<usize>()
        }
        ("M", Value::Object(map)) => {
            3 + map.iter().map(|(name, each)| 1 + name.len() + value_size(each)).sum::<usize>()
        }
        // A Boolean or a null.
        _ => 1,
    }
}

/// One byte for two significant digits, without zeros at either end, and one more.
fn number_size(digits: &str) -> usize {
    let bare: String = digits.chars().filter(char::is_ascii_digit).collect();
    let significant = bare.trim_start_matches('0').trim_end_matches('0').len();
    significant.div_ceil(2) + 1 + usize::from(digits.starts_with('-'))
}

fn base64_bytes(base64: &str) -> usize {
    let padding = base64.bytes().rev().take_while(|byte| *byte == b'=').count();
    base64.len() / 4 * 3 - padding
}

/// How two values of the same type compare; `None` for others, and for numbers that are not whole.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (parts(left)?, parts(right)?) {
        (("S", Value::String(left)), ("S", Value::String(right))) => {
            Some(left.as_bytes().cmp(right.as_bytes()))
        }
        (("N", left), ("N", right)) => Some(whole(left)?.cmp(&whole(right)?)),
        _ => None,
    }
}

pub(super) fn equal(left: &Value, right: &Value) -> bool {
    compare(left, right).map_or_else(|| left == right, Ordering::is_eq)
}

/// The content of a number.
pub(super) fn whole(content: &Value) -> Option<i128> {
    content.as_str()?.parse().ok()
}

/// A value that is text.
pub(super) fn text(value: &Value) -> Option<&str> {
    match parts(value)? {
        ("S", content) => content.as_str(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_are_those_of_the_developer_guide() {
        let item = json!({
            "id": { "S": "abc" },              // 2 + 3
            "n": { "N": "1200" },              // 1 + 2
            "b": { "B": "AAECAw==" },          // 1 + 4
            "l": { "L": [{ "S": "x" }] },      // 1 + 3 + 1 + 1
            "m": { "M": { "k": { "BOOL": true } } }, // 1 + 3 + 1 + 1 + 1
        });
        assert_eq!(size(item.as_object().expect("an item")), 5 + 3 + 5 + 6 + 7);
    }

    #[test]
    fn numbers_compare_by_value_and_types_do_not_compare() {
        let number = |digits: &str| json!({ "N": digits });
        assert_eq!(compare(&number("10"), &number("9")), Some(Ordering::Greater));
        assert!(equal(&number("1"), &number("01")));
        assert_eq!(compare(&number("1"), &json!({ "S": "1" })), None);
    }
}
