//! JSON values compared as JSON Schema compares them: a number by its value, however it is written.

use serde_json::{Number, Value};
use std::cmp::Ordering;

/// Whole numbers as they are, others as floats.
fn whole(number: &Number) -> Option<i128> {
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    whole.or_else(|| {
        let float = number.as_f64()?;
        // Every float of these is a whole number that an i128 can hold.
        #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and fits")]
        (float.fract() == 0.0 && float.abs() < 1e30).then_some(float as i128)
    })
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// Whether a number has no fraction.
pub(super) fn is_whole(number: &Number) -> bool {
    whole(number).is_some() || float(number).fract() == 0.0
}

/// Compares two numbers.
pub(super) fn order(one: &Number, other: &Number) -> Option<Ordering> {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => float(one).partial_cmp(&float(other)),
    }
}

/// Whether a number is a multiple of another, which is over 0. Of what is no whole number, the last
/// digits that a float has do not count: 4.35 is a multiple of 0.01.
pub(super) fn is_multiple(number: &Number, of: &Number) -> bool {
    match (whole(number), whole(of)) {
        (Some(number), Some(of)) => of != 0 && number % of == 0,
        _ => {
            let quotient = float(number) / float(of);
            (quotient - quotient.round()).abs() <= 1e-9 * quotient.abs().max(1.0)
        }
    }
}

/// Whether two values are equal.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => order(one, other) == Some(Ordering::Equal),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|it| equal(one, it)))
        }
        _ => one == other,
    }
}

/// A text that equal values have in common, and no others. Objects are in the order of their names
/// already.
pub(super) fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => match whole(number) {
            Some(whole) => text.push_str(&whole.to_string()),
            None => text.push_str(&float(number).to_string()),
        },
        Value::Array(list) => {
            text.push('[');
            for value in list {
                canonical(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(map) => {
            text.push('{');
            for (name, value) in map {
                text.push_str(&Value::from(name.as_str()).to_string());
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// How many values a value is: itself, and all in it.
pub(super) fn count(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
    }
}
