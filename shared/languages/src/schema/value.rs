//! JSON values compared as JSON Schema compares them: a number by its value, however it is written.

use crate::{decimal::Decimal, json::tree::Tree};

/// Bytes of a number or a text that one step compares.
const BYTES_PER_STEP: usize = 16;

/// Whether two values are equal. What it takes is added to `steps`.
pub(super) fn equal(one: &Tree, other: &Tree, steps: &mut usize) -> bool {
    *steps += 1;
    match (one, other) {
        (Tree::Number(one), Tree::Number(other)) => {
            *steps += (one.len() + other.len()) / BYTES_PER_STEP;
            one == other || Decimal::parse(one) == Decimal::parse(other)
        }
        (Tree::List(one), Tree::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| equal(one, other, steps))
        }
        (Tree::Object(one), Tree::Object(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs.all(|((name, one), (other_name, other))| {
                    *steps += name.len() / BYTES_PER_STEP;
                    name == other_name && equal(one, other, steps)
                })
        }
        (Tree::Text(one), Tree::Text(other)) => {
            *steps += one.len().min(other.len()) / BYTES_PER_STEP;
            one == other
        }
        _ => one == other,
    }
}

/// A text that equal values have in common, and no others. Objects are in the order of their names
/// already.
pub(super) fn canonical(value: &Tree, text: &mut String) {
    match value {
        Tree::Number(number) => text.push_str(&Decimal::parse(number).canonical()),
        Tree::List(list) => {
            text.push('[');
            for value in list {
                canonical(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Tree::Object(map) => {
            text.push('{');
            for (name, value) in map {
                text.push_str(&Tree::Text(name.clone()).to_string());
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}
