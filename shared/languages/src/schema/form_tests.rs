//! For each supported keyword: a schema is refused where the standard refuses it.

use super::tests::faults;
use serde_json::json;

/// The supported keywords of draft 2020-12.
const WORDS: &[&str] = &[
    "$comment",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

#[test]
fn a_word_that_holds_what_the_standard_does_not_allow_is_refused() {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!([]),
        json!({}),
        json!([5]),
        json!(["x", "x"]),
        json!({"x": 5}),
        json!({"x": [5]}),
        json!({"x": "y"}),
        json!([{"type": 5}]),
    ];
    for word in WORDS {
        let mut refused = 0;
        for value in &values {
            let schema = json!({*word: value});
            if !jsonschema::draft202012::meta::is_valid(&schema) {
                let place = format!("schema/{word}");
                let found = faults(&schema);
                assert!(found.iter().all(|fault| fault.starts_with(&place)), "{schema} {found:?}");
                refused += 1;
            }
        }
        let allows_anything = ["const", "default"].contains(word);
        assert_eq!(refused == 0, allows_anything, "{word}");
    }
}
