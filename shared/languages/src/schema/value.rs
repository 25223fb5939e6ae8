//! JSON values compared as JSON Schema compares them: a number by its value, however it is written.

use crate::{decimal::Decimal, json::tree::Tree};

/// Bytes of a number or a text that one step compares.
const BYTES_PER_STEP: usize = 16;
/// Steps of reading a number, however short: it is copied.
const STEPS_OF_A_NUMBER: usize = 6;
/// Steps of writing a text as JSON, however short.
const STEPS_OF_WRITING: usize = 4;

/// Steps of comparing a text, beside the one for the value itself.
pub(super) fn steps_of_a_text(text: &str) -> usize {
    text.len() / BYTES_PER_STEP
}

/// Steps of reading a number.
pub(super) fn steps_of_a_number(text: &str) -> usize {
    STEPS_OF_A_NUMBER + text.len() / BYTES_PER_STEP
}

/// Whether two values are equal. `go_on` is told the steps of each part before they are taken; where it
/// answers `false`, nothing more is compared.
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
    // Whole numbers can be written in one way without an exponent, but for zero.
    let has_one_form = |text: &str| text != "-0" && !text.contains(['.', 'e', 'E']);
    if one == other || (has_one_form(one) && has_one_form(other)) {
        return one == other;
    }
    go_on(steps_of_a_number(one) + steps_of_a_number(other))
        && Decimal::parse(one) == Decimal::parse(other)
}

/// Writes a text that equal values have in common, and no others. Objects are in the order of their
/// names already. `go_on` is told the steps of each part before they are taken; where it answers
/// `false`, the text is not finished, and the answer is `false` too.
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
            // It is read and then written.
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
