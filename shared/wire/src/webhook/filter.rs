//! The language of filters, as far as a schema can say it. Its bounds (4096 bytes, 100 conditions, 20
//! levels) are the API's to count.

use crate::shape::{
    Shape, described, either, except, flag, is, list, list_of_any_length, matching, null, number,
    object, one_of, text, text_of, tuple,
};
use grapnel_languages::filter::COMPARISONS;
use serde_json::json;
use utoipa::openapi::{Array, Object, Schema, Type, schema::AdditionalProperties};

/// Names that a field within `$or` may not have.
fn reserved() -> Vec<&'static str> {
    [COMPARISONS, BOUNDS].concat()
}

/// Comparisons of numbers.
const BOUNDS: &[&str] = &["=", "<", "<=", ">", ">="];

/// An object of fields, each with a list of what it may be, or with an object of its own.
fn fields(of: &str) -> Object {
    let mut filter = Object::new();
    let values = list_of_any_length(is("FilterCondition"));
    filter.min_properties = Some(1);
    filter.properties.insert("$or".to_owned(), list(is("FilterBranch"), 2..=1000).into());
    let field = either([at_least_one(values).into(), is(of)]);
    filter.additional_properties = Some(Box::new(AdditionalProperties::RefOr(field)));
    filter
}

fn at_least_one(mut list: Array) -> Array {
    list.min_items = Some(1);
    list
}

pub(crate) fn filter() -> Shape {
    let mut filter = fields("Filter");
    filter.examples =
        vec![json!({ "state": ["new", { "prefix": "re" }], "score": [{ "numeric": [">=", 50] }] })];
    let meaning = "Selects events by their data. All named fields must match; of a list, one entry must match. The language is that of EventBridge patterns; see docs/filter.md.";
    described(filter, meaning)
}

pub(crate) fn branch() -> Shape {
    let mut branch = fields("FilterBranch");
    branch.property_names = Some(Box::new(Schema::Object(except(text(), &reserved()))));
    described(branch, "One alternative of `$or`.")
}

fn bounded_number() -> Object {
    number(-5_000_000_000.0..=5_000_000_000.0)
}

fn wildcard() -> Object {
    let mut text = matching(r"^(\*(?!\*)|\\[*\\]|[^*\\])*$");
    text.description = Some("Matches text; `*` stands for any characters.".to_owned());
    text
}

/// One comparison, or a list of what it may compare with.
fn one_or_more(shape: &Shape) -> Shape {
    either([shape.clone(), at_least_one(list_of_any_length(shape.clone())).into()])
}

fn comparison(name: &str, shape: impl Into<Shape>, meaning: &str) -> Object {
    object(meaning).required(name, shape, "").done()
}

/// Every comparison under a name of its own: generators make a type of each, and lose those that are written in place.
pub(crate) fn comparisons() -> Vec<(&'static str, Object)> {
    let end_of_text = || either([text().into(), is("EqualsIgnoreCase")]);
    let texts = || one_or_more(&text_of(1..=4096).into());
    let but = "Inside `anything-but`: matches values that are not such a text.";
    vec![
        ("Prefix", comparison("prefix", end_of_text(), "Matches text that begins like this.")),
        ("Suffix", comparison("suffix", end_of_text(), "Matches text that ends like this.")),
        (
            "EqualsIgnoreCase",
            comparison("equals-ignore-case", text(), "Matches the same text, case-insensitive."),
        ),
        ("Wildcard", comparison("wildcard", wildcard(), "Matches text of this form.")),
        (
            "AnythingBut",
            comparison("anything-but", anything_but(), "Matches every value except these."),
        ),
        ("Numeric", comparison("numeric", numeric(), "Matches a number within bounds.")),
        ("Cidr", comparison("cidr", cidr(), "Matches an IP address within a block.")),
        (
            "Exists",
            comparison(
                "exists",
                flag(),
                "Matches if the field is present (`true`) or absent (`false`).",
            ),
        ),
        ("NoPrefix", comparison("prefix", texts(), but)),
        ("NoSuffix", comparison("suffix", texts(), but)),
        (
            "NotEqualIgnoringCase",
            comparison("equals-ignore-case", one_or_more(&text().into()), but),
        ),
        ("NoWildcard", comparison("wildcard", one_or_more(&wildcard().into()), but)),
    ]
}

fn anything_but() -> Shape {
    either([
        text().into(),
        bounded_number().into(),
        at_least_one(list_of_any_length(text())).into(),
        at_least_one(list_of_any_length(bounded_number())).into(),
        is("NoPrefix"),
        is("NoSuffix"),
        is("NotEqualIgnoringCase"),
        is("NoWildcard"),
    ])
}

fn numeric() -> Shape {
    let bound = bounded_number;
    either([
        tuple(vec![one_of(BOUNDS), bound()]).into(),
        tuple(vec![one_of(&[">", ">="]), bound(), one_of(&["<", "<="]), bound()]).into(),
    ])
}

fn cidr() -> Object {
    let mut block = matching(r"^[0-9A-Fa-f:.]{2,45}/[0-9]{1,3}$");
    block.format = Some(utoipa::openapi::schema::SchemaFormat::Custom("cidr".to_owned()));
    block.description = Some("A block of addresses such as `10.0.0.0/24`.".to_owned());
    block
}

pub(crate) fn condition() -> Shape {
    let conditions = either([
        null(),
        flag().into(),
        Object::with_type(Type::Number).into(),
        text().into(),
        is("Prefix"),
        is("Suffix"),
        is("EqualsIgnoreCase"),
        is("Wildcard"),
        is("AnythingBut"),
        is("Numeric"),
        is("Cidr"),
        is("Exists"),
    ]);
    described(conditions, "Allowed values of a field: values or comparisons.")
}
