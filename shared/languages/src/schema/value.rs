//! Compares JSON values as JSON Schema does: numbers by value, however they are written.

use crate::{decimal::Decimal, json::tree::Tree};

/// Bytes of a number or a text that one step compares.
const BYTES_PER_STEP: usize = 16;
/// Steps to read a number of any length: it is copied.
const STEPS_OF_A_NUMBER: usize = 6;
/// Steps to write a text as JSON, for any length.
const STEPS_OF_WRITING: usize = 4;

/// Steps to compare a text, in addition to the step for the value itself.
pub(super) fn steps_of_a_text(text: &str) -> usize {
    text.len() / BYTES_PER_STEP
}

/// Steps to read a number.
pub(super) fn steps_of_a_number(text: &str) -> usize {
    STEPS_OF_A_NUMBER + text.len() / BYTES_PER_STEP
}

/// Whether two values are equal. Calls `go_on` with the steps of each part before the part is
/// compared; if it returns `false`, the comparison stops.
pub(super) fn equal(one: &Tree, other: &Tree, go_on: &mut impl FnMut(usize) -> bool) -> bool {
    if !go_on(1) {
        return false;
    }
    match (one, other) {
        (Tree::Number(one), Tree::Number(other)) => equal_numbers(one, other, go_on),
        (Tree::List(one), Tree::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| equal(one, other, go_on))
        }
        (Tree::Object(one), Tree::Object(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs.all(|((name, one), (other_name, other))| {
                    go_on(steps_of_a_text(name)) && name == other_name && equal(one, other, go_on)
                })
        }
        (Tree::Text(one), Tree::Text(other)) => {
            one.len() == other.len() && go_on(steps_of_a_text(one)) && one == other
        }
        _ => one == other,
    }
}

fn equal_numbers(one: &str, other: &str, go_on: &mut impl FnMut(usize) -> bool) -> bool {
    if !go_on(steps_of_a_text(one) + steps_of_a_text(other)) {
        return false;
    }
    // A whole number without an exponent can be written in only one way, except zero.
    let has_one_form = |text: &str| text != "-0" && !text.contains(['.', 'e', 'E']);
    if one == other || (has_one_form(one) && has_one_form(other)) {
        return one == other;
    }
    go_on(steps_of_a_number(one) + steps_of_a_number(other))
        && Decimal::parse(one) == Decimal::parse(other)
}

/// Writes a text that is the same for equal values and different for others. The fields of objects
/// are already sorted. Calls `go_on` with the steps of each part before the part is written; if it
/// returns `false`, this stops and returns `false`.
pub(super) fn canonical(
    value: &Tree,
    text: &mut String,
    go_on: &mut impl FnMut(usize) -> bool,
) -> bool {
    if !go_on(1) {
        return false;
    }
    match value {
        Tree::Number(number) => {
            // The number is read and then written.
            if !go_on(2 * steps_of_a_number(number)) {
                return false;
            }
            text.push_str(&Decimal::parse(number).canonical());
        }
        Tree::List(list) => {
            text.push('[');
            for value in list {
                if !canonical(value, text, go_on) {
                    return false;
                }
                text.push(',');
            }
            text.push(']');
        }
        Tree::Object(map) => {
            text.push('{');
            for (name, value) in map {
                if !go_on(STEPS_OF_WRITING + steps_of_a_text(name)) {
                    return false;
                }
                text.push_str(&Tree::Text(name.clone()).to_string());
                if !canonical(value, text, go_on) {
                    return false;
                }
                text.push(',');
            }
            text.push('}');
        }
        Tree::Text(content) => {
            if !go_on(STEPS_OF_WRITING + steps_of_a_text(content)) {
                return false;
            }
            text.push_str(&value.to_string());
        }
        Tree::Null | Tree::Bool(_) => text.push_str(&value.to_string()),
    }
    true
}
