use super::*;
use rstest::rstest;
use serde_json::json;

fn faults(schema: Value) -> Vec<String> {
    let refused = Schema::parse(&schema.to_string(), "schema").expect_err("refused");
    refused.into_iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect()
}

fn checker(schema: &Value) -> Checker {
    let parsed = Schema::parse(&schema.to_string(), "schema").expect("accepted");
    parsed.checker().expect("compiles")
}

fn violations(schema: Value, data: Value) -> Vec<String> {
    let found = checker(&schema).check(&data.to_string(), &mut Budget::OF_A_REQUEST.clone());
    found.into_iter().map(|it| format!("{}: {}", it.pointer, it.message)).collect()
}

#[test]
fn data_that_satisfies_a_schema_has_no_faults() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["orderId", "lines"],
        "properties": {
            "orderId": {"type": "string", "pattern": "^o-[0-9]+$"},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}, "minItems": 1},
        },
        "additionalProperties": false,
        "$defs": {"line": {"type": "object", "properties": {"price": {"type": "number"}}}},
    });
    let good = json!({"orderId": "o-1", "lines": [{"price": 1.5}]});
    assert_eq!(violations(schema.clone(), good), Vec::<String>::new());
    let bad = json!({"orderId": "secret", "lines": [{"price": "secret"}], "more": 1});
    assert_eq!(
        violations(schema, bad),
        [
            "/lines/0/price: the value is not of type \"number\"",
            "/orderId: the value does not match \"^o-[0-9]+$\"",
            ": Additional properties are not allowed ('more' was unexpected)",
        ]
    );
}

#[test]
fn a_format_says_what_a_text_is_for_and_is_not_checked() {
    let schema = json!({"properties": {"email": {"format": "email"}}});
    assert_eq!(violations(schema, json!({"email": "nobody"})), Vec::<String>::new());
}

#[rstest]
#[case(json!({"type": "objekt"}), "schema/type")]
#[case(json!({"properties": {"a/b": {"minLength": -1}}}), "schema/properties/a~1b/minLength")]
#[case(json!({"pattern": "a(?=b)"}), "schema/pattern")]
#[case(json!({"pattern": "("}), "schema/pattern")]
#[case(json!({"pattern": "((a{100}){100}){100}"}), "schema/pattern")]
#[case(json!({"patternProperties": {"(": {}}}), "schema/patternProperties")]
#[case(json!({"$ref": "https://example.com/schema.json"}), "schema/$ref")]
#[case(json!({"items": {"$ref": "other.json#/a"}}), "schema/items/$ref")]
#[case(json!({"$ref": "#/$defs/none"}), "schema/$ref")]
#[case(json!({"properties": {"child": {"$ref": "#"}}}), "schema/properties/child/$ref")]
#[case(json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}), "schema")]
#[case(json!({"$dynamicRef": "#a"}), "schema/$dynamicRef")]
#[case(json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "schema/$schema")]
#[case(json!({"properties": {"a": {"$id": "https://example.com/b"}}}), "schema/properties/a/$id")]
#[case(json!([]), "schema")]
#[case(json!(true), "schema")]
#[case(json!({"enum": vec![1; 2001]}), "schema")]
fn what_cannot_be_used_is_refused_with_its_place(#[case] schema: Value, #[case] field: &str) {
    let found = faults(schema);
    assert!(found.iter().any(|fault| fault.starts_with(field)), "{field}: {found:?}");
}

#[test]
fn a_schema_is_bounded_in_bytes_depth_and_patterns() {
    let long = format!(r#"{{"title":"{}"}}"#, "x".repeat(MAX_SCHEMA_BYTES));
    assert_eq!(Schema::parse(&long, "schema").expect_err("refused").len(), 1);
    let deep = (0..60).fold(json!({}), |inner, _| json!({"not": inner}));
    assert!(Schema::parse(&deep.to_string(), "schema").is_ok());
    let deeper = (0..70).fold(json!({}), |inner, _| json!({"not": inner}));
    // Beyond what a reader of JSON would take at all, a little later.
    assert!(!faults(deeper).is_empty());
    let patterns: Vec<Value> = (0..51).map(|n| json!({"pattern": format!("{n}")})).collect();
    assert_eq!(faults(json!({"anyOf": patterns})).len(), 1);
}

#[test]
fn what_doubles_with_each_reference_is_refused() {
    let mut definitions = serde_json::Map::new();
    for level in 0..30 {
        let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
        definitions.insert(format!("d{level}"), json!({"allOf": [next, next]}));
    }
    definitions.insert("d30".into(), json!({"type": "object"}));
    let found = faults(json!({"$ref": "#/$defs/d0", "$defs": definitions}));
    assert!(found.iter().any(|fault| fault.contains("values")), "{found:?}");
}

#[test]
fn a_reference_by_an_escaped_pointer_is_followed() {
    let schema = json!({
        "properties": {"a": {"$ref": "#/$defs/x%25~1y"}}, "$defs": {"x%/y": {"type": "string"}}
    });
    assert_eq!(violations(schema, json!({"a": 1})).len(), 1);
}

#[test]
fn data_of_any_size_is_checked_within_the_budget() {
    let wide: Vec<Value> = (0..900).map(|_| json!({"type": "number"})).collect();
    let checker = checker(&json!({"additionalProperties": {"items": {"allOf": wide}}}));
    let mut budget = Budget::OF_A_REQUEST;
    let small = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(5_000));
    assert_eq!(checker.check(&small, &mut budget), []);
    let large = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(100_000));
    let refused = checker.check(&large, &mut budget);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].message.contains("more than can be checked"), "{refused:?}");
}

#[test]
fn many_faults_are_cut_and_of_much_data_the_first_is_told() {
    let schema = json!({"additionalProperties": {"items": {"type": "string"}}});
    let few = json!({"a": vec![0; 100]});
    assert_eq!(violations(schema.clone(), few).len(), MAX_TOLD);
    let many = json!({"a": vec![0; 30_000]});
    assert_eq!(violations(schema, many), ["/a/0: the value is not of type \"string\""]);
}

#[test]
fn numbers_of_any_size_are_taken() {
    let data = r#"{"n":123456789012345678901234567890,"e":1e-300,"m":-0.0}"#;
    let checker = checker(&json!({"properties": {
        "n": {"type": "integer", "multipleOf": 0.1}, "e": {"multipleOf": 1e-308}
    }}));
    let _ = checker.check(data, &mut Budget::OF_A_REQUEST.clone());
}
