//! DynamoDB items: conversion to and from rows, and their cost.

use aws_sdk_dynamodb::types::AttributeValue;
use grapnel_domain::ports::PortError;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) const WRITE_UNIT_BYTES: usize = 1024;

/// Makes an item from a row. `what` names the row in an error.
pub(crate) fn from_row<T: Serialize>(what: &str, row: T) -> Result<Item, PortError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(row).map_err(|_| unusable(what, "cannot be written"))
}

/// Reads a row from an item. The error contains only `what`: a parser's message would repeat stored
/// values.
pub(crate) fn to_row<T: DeserializeOwned>(what: &str, item: Item) -> Result<T, PortError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|_| unusable(what, "cannot be read"))
}

pub(crate) fn unusable(what: &str, why: &str) -> PortError {
    PortError::Unusable(format!("{what} {why}"))
}

/// An attribute from a value that can be written as text.
pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// An attribute from a number.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The write units of a put of an item of this size.
pub(crate) fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(WRITE_UNIT_BYTES)
}

/// The item's size in bytes, by the rules in "DynamoDB item sizes and formats" of the developer
/// guide: names and values; a number has about half a byte per digit plus one; a list or map has
/// three bytes plus one for each of its elements.
pub(crate) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => number_size(digits),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|each| 1 + value_size(each)).sum::<usize>(),
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, each)| 1 + name.len() + value_size(each)).sum::<usize>()
        }
        AttributeValue::Ss(set) | AttributeValue::Ns(set) => set.iter().map(String::len).sum(),
        AttributeValue::Bs(set) => set.iter().map(|bytes| bytes.as_ref().len()).sum(),
        // A Boolean, a null, or a type that this version does not write.
        _ => 1,
    }
}

fn number_size(digits: &str) -> usize {
    let significant = digits.bytes().filter(u8::is_ascii_digit).count();
    significant.div_ceil(2) + 1 + usize::from(digits.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_counts_names_values_and_overheads() {
        let inner = HashMap::from([("a".to_owned(), text("xy"))]);
        let item = Item::from([
            ("id".to_owned(), text("1234")),
            ("n".to_owned(), number(1234)),
            ("list".to_owned(), AttributeValue::L(vec![AttributeValue::M(inner)])),
            ("flag".to_owned(), AttributeValue::Bool(true)),
        ]);
        // 2+4, 1+3, 4+3+(1+3+(1+1+2)), 4+1
        assert_eq!(size(&item), 6 + 4 + 15 + 5);
    }

    #[test]
    fn write_units_round_up() {
        assert_eq!([1, 1024, 1025].map(write_units), [1, 1, 2]);
    }
}
