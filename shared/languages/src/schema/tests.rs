use super::*;
use jsonschema::{Draft, PatternOptions};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

pub(super) fn faults(schema: &Value) -> Vec<String> {
    let refused = Schema::parse(&schema.to_string(), "schema").expect_err("refused");
    refused.into_iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect()
}

fn checker(schema: &Value) -> Checker {
    let parsed = Schema::parse(&schema.to_string(), "schema").expect("accepted");
    parsed.checker().expect("compiles")
}

fn violations(schema: &Value, data: &Value) -> Vec<String> {
    let mut budget = Budget::OF_A_REQUEST;
    let found = checker(schema).check(&data.to_string(), &mut budget);
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
    assert_eq!(violations(&schema, &good), Vec::<String>::new());
    let bad = json!({"orderId": "secret", "lines": [{"price": "secret"}], "a/b": 1});
    assert_eq!(
        violations(&schema, &bad),
        [
            "/a~1b: must not be there",
            "/lines/0/price: must be number",
            "/orderId: does not match the pattern",
        ]
    );
    assert_eq!(
        violations(&schema, &json!({"orderId": 7})),
        ["/orderId: must be string", ": must have a field `lines`"]
    );
}

#[test]
fn a_format_says_what_a_text_is_for_and_is_not_checked() {
    let schema = json!({"properties": {"email": {"format": "email"}}, "unknown": 1});
    assert_eq!(violations(&schema, &json!({"email": "nobody"})), Vec::<String>::new());
}

#[rstest]
#[case(json!({"type": "objekt"}), "schema/type")]
#[case(json!({"type": []}), "schema/type")]
#[case(json!({"properties": {"a/b": {"minLength": -1}}}), "schema/properties/a~1b/minLength")]
#[case(json!({"items": [{}]}), "schema/items")]
#[case(json!({"allOf": []}), "schema/allOf")]
#[case(json!({"anyOf": [1]}), "schema/anyOf/0")]
#[case(json!({"required": ["a", "a"]}), "schema/required")]
#[case(json!({"multipleOf": 0}), "schema/multipleOf")]
#[case(json!({"pattern": "a(?=b)"}), "schema/pattern")]
#[case(json!({"pattern": "("}), "schema/pattern")]
#[case(json!({"pattern": "((a{100}){100}){100}"}), "schema/pattern")]
#[case(json!({"patternProperties": {"(": {}}}), "schema/patternProperties/(")]
#[case(json!({"$ref": "https://example.com/schema.json"}), "schema/$ref")]
#[case(json!({"items": {"$ref": "other.json#/a"}}), "schema/items/$ref")]
#[case(json!({"$ref": "#/$defs/none"}), "schema/$ref")]
#[case(json!({"$ref": "#/elsewhere/x", "elsewhere": {"x": {"type": 1}}}), "schema/elsewhere/x/type")]
#[case(json!({"$ref": "#"}), "schema: comes to no end")]
#[case(json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}), "schema: comes to no end")]
#[case(json!({"$dynamicRef": "#a"}), "schema/$dynamicRef")]
#[case(json!({"unevaluatedProperties": false}), "schema/unevaluatedProperties")]
#[case(json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "schema/$schema")]
#[case(json!({"properties": {"a": {"$id": "https://example.com/b"}}}), "schema/properties/a/$id")]
#[case(json!([]), "schema")]
#[case(json!(true), "schema")]
fn what_cannot_be_used_is_refused_with_its_place(#[case] schema: Value, #[case] place: &str) {
    let found = faults(&schema);
    assert!(found.iter().any(|fault| fault.starts_with(place)), "{place}: {found:?}");
}

#[test]
fn a_schema_is_bounded_in_bytes_depth_and_patterns() {
    let long = format!(r#"{{"title":"{}"}}"#, "x".repeat(MAX_SCHEMA_BYTES));
    assert_eq!(Schema::parse(&long, "schema").expect_err("refused").len(), 1);
    let nested = |depth| (0..depth).fold(json!({}), |inner, _| json!({"not": inner}));
    assert!(Schema::parse(&nested(60).to_string(), "schema").is_ok());
    assert_eq!(faults(&nested(70)).len(), 1);
    let patterns: Vec<Value> = (0..51).map(|n| json!({"pattern": format!("{n}")})).collect();
    assert_eq!(faults(&json!({"anyOf": patterns})).len(), 1);
}

#[test]
fn what_doubles_with_each_reference_is_refused() {
    let mut definitions = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
        definitions.insert(format!("d{level}"), json!({"allOf": [next, next]}));
    }
    definitions.insert("d40".into(), json!({"type": "object"}));
    let found = faults(&json!({"$ref": "#/$defs/d0", "$defs": definitions}));
    assert!(found[0].contains("comes to no end"), "{found:?}");
}

#[test]
fn a_schema_may_refer_to_itself_where_the_data_come_to_an_end() {
    let tree = json!({
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#"}}},
        "additionalProperties": false,
    });
    let data = (0..50).fold(json!({}), |inner, _| json!({"children": [inner]}));
    assert_eq!(violations(&tree, &data), Vec::<String>::new());
    let bad = json!({"children": [{"children": [{"x": 1}]}]});
    assert_eq!(violations(&tree, &bad), ["/children/0/children/0/x: must not be there"]);
    // Doubles at each level: a million leaves at the bottom.
    let twice = json!({"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}});
    let deep = (0..60).fold(json!({}), |inner, _| json!({"a": inner}));
    let found = violations(&twice, &deep);
    assert!(found.len() == 1 && found[0].contains("takes more"), "{found:?}");
}

#[test]
fn a_reference_by_an_escaped_pointer_is_followed() {
    let schema = json!({
        "properties": {"a": {"$ref": "#/$defs/x%25~1y"}}, "$defs": {"x%/y": {"type": "string"}}
    });
    assert_eq!(violations(&schema, &json!({"a": 1})).len(), 1);
}

#[test]
fn data_of_any_size_is_checked_within_the_budget() {
    let wide: Vec<Value> = (0..900).map(|_| json!({"type": "number"})).collect();
    let checker = checker(&json!({"additionalProperties": {"items": {"allOf": wide}}}));
    let mut budget = Budget::OF_A_REQUEST;
    let of = |count| format!(r#"{{"a":[{}0]}}"#, "0,".repeat(count));
    assert_eq!(checker.check(&of(5_000), &mut budget), []);
    let refused = checker.check(&of(100_000), &mut budget);
    assert!(refused.len() == 1 && refused[0].message.contains("takes more"), "{refused:?}");
    assert_eq!(budget, Budget(0), "and none is left for the next");
    let pattern = super::tests::checker(&json!({"additionalProperties": {"pattern": "(a|a)*b"}}));
    let text = format!(r#"{{"a":"{}"}}"#, "a".repeat(250_000));
    assert_eq!(pattern.check(&text, &mut Budget::OF_A_REQUEST.clone()).len(), 1);
}

#[test]
fn many_faults_are_cut() {
    let schema = json!({"additionalProperties": {"items": {"type": "string"}}});
    assert_eq!(violations(&schema, &json!({"a": vec![0; 100_000]})).len(), MAX_TOLD);
}

/// The result of `jsonschema`.
fn expected(schema: &Value, data: &Value) -> bool {
    let validator = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .offline()
        .build(schema);
    validator.expect("a schema").is_valid(data)
}

fn agrees(schema: &Value, data: &Value) {
    let ours = violations(schema, data);
    assert_eq!(ours.is_empty(), expected(schema, data), "{schema} {data} {ours:?}");
}

#[test]
fn numbers_are_compared_by_their_values() {
    let numbers = [
        json!(0),
        json!(-0.0),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!(-3),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(9_007_199_254_740_993_i64),
        json!(1e20),
        json!(0.1),
        json!(4.35),
    ];
    for one in &numbers {
        agrees(&json!({"type": "integer"}), one);
        for other in &numbers {
            for keyword in ["const", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"] {
                agrees(&json!({keyword: one}), other);
            }
            agrees(&json!({"uniqueItems": true}), &json!([one, [other], other]));
            agrees(&json!({"enum": [[one], {"a": one}]}), &json!({"a": other}));
        }
        for of in [json!(1), json!(2), json!(0.5), json!(0.01), json!(3)] {
            // For larger doubles, there is no reliable answer to compare with.
            if one.as_f64().is_some_and(|number| number.abs() < 1e15) {
                agrees(&json!({"multipleOf": of}), one);
            }
        }
    }
}

/// Decimals are compared as they are written, without a conversion to double.
#[rstest]
#[case(r#"{"multipleOf":0.01}"#, "5000000.005", false)]
#[case(r#"{"multipleOf":0.01}"#, "5000000.01", true)]
#[case(r#"{"multipleOf":0.01}"#, "4.35", true)]
#[case(r#"{"multipleOf":0.01}"#, "999999999999999999.995", false)]
#[case(r#"{"multipleOf":1e-30}"#, "0.000000000000000000000000000001", true)]
#[case(r#"{"multipleOf":3}"#, "123456789012345678901234567891", false)]
#[case(r#"{"multipleOf":0.1}"#, "1e400", true)]
#[case(r#"{"const":18446744073709551616}"#, "18446744073709551616.0", true)]
#[case(r#"{"const":18446744073709551616}"#, "18446744073709551617", false)]
#[case(r#"{"const":{"a":[0.1]}}"#, r#"{"a":[0.10000000000000000001]}"#, false)]
#[case(r#"{"enum":[37.807807921694092]}"#, "37.807807921694092", true)]
#[case(r#"{"enum":[37.807807921694092]}"#, "37.8078079216941", false)]
#[case(r#"{"maximum":123456789012345678901234567890}"#, "123456789012345678901234567891", false)]
#[case(r#"{"minimum":0.1}"#, "0.09999999999999999999", false)]
#[case(r#"{"exclusiveMinimum":0}"#, "1e-400", true)]
#[case(r#"{"exclusiveMaximum":1e400}"#, "1e401", false)]
#[case(r#"{"type":"integer"}"#, "1e400", true)]
#[case(r#"{"type":"integer"}"#, "123456789012345678901234567890.5", false)]
#[case(r#"{"uniqueItems":true}"#, "[9007199254740992.0, 9007199254740993]", true)]
#[case(r#"{"uniqueItems":true}"#, "[1e2, 100.0]", false)]
#[case(r#"{"maxLength":2.0}"#, r#""abc""#, false)]
fn numbers_are_exact(#[case] schema: &str, #[case] data: &str, #[case] expected: bool) {
    let checker = Schema::parse(schema, "schema").expect("accepted").checker().expect("compiles");
    let found = checker.check(data, &mut Budget::OF_A_REQUEST.clone());
    assert_eq!(found.is_empty(), expected, "{found:?}");
}

#[test]
fn a_divisor_of_too_many_digits_is_refused() {
    let schema = |digits: usize| format!(r#"{{"multipleOf":1.{}}}"#, "1".repeat(digits - 1));
    assert!(Schema::parse(&schema(37), "schema").is_ok());
    assert_eq!(
        Schema::parse(&schema(38), "schema").expect_err("refused")[0].field,
        "schema/multipleOf"
    );
}

#[test]
fn comparing_long_numbers_keeps_to_the_budget() {
    let values: Vec<String> = (0..8_000).map(|n| format!("[{}]", n % 10)).collect();
    let schema = format!(r#"{{"properties":{{"a":{{"enum":[{}]}}}}}}"#, values.join(","));
    let checker = Schema::parse(&schema, "schema").expect("accepted").checker().expect("compiles");
    let data = format!(r#"{{"a":[0.{}]}}"#, "1".repeat(250_000));
    let found = checker.check(&data, &mut Budget::OF_A_REQUEST.clone());
    assert!(found[0].message.contains("takes more"), "{found:?}");
}

fn data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        prop::sample::select(vec![0.5, 1.0, 2.0, 2.5]).prop_map(|number| json!(number)),
        prop::sample::select(vec!["", "a", "b", "ab", "abc", "é🦞"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(vec!["a", "b", "ab"]), inner, 0..4)
                .prop_map(|map| json!(map)),
        ]
    })
}

/// Some keywords with possible arguments.
fn schema() -> impl Strategy<Value = Value> {
    let types = || {
        prop::sample::select(vec![
            "null", "boolean", "object", "array", "number", "string", "integer",
        ])
    };
    let count = || (0..4_u64).prop_map(Value::from);
    let number =
        || prop::sample::select(vec![json!(-1), json!(0), json!(1.5), json!(2), json!(2.0)]);
    let names = || {
        prop::collection::btree_set(prop::sample::select(vec!["a", "b", "ab"]), 0..3)
            .prop_map(|names| json!(names))
    };
    let bound = prop::sample::select(vec![
        "maxLength",
        "minLength",
        "maxItems",
        "minItems",
        "maxProperties",
        "minProperties",
        "minContains",
        "maxContains",
    ]);
    let comparison =
        prop::sample::select(vec!["maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"]);
    let keyword = prop_oneof![
        types().prop_map(|name| ("type", json!(name))),
        prop::collection::btree_set(types(), 1..3).prop_map(|names| ("type", json!(names))),
        prop::collection::vec(data(), 0..3).prop_map(|values| ("enum", json!(values))),
        data().prop_map(|value| ("const", value)),
        (bound, count()),
        (comparison, number()),
        prop::sample::select(vec![json!(1), json!(0.5), json!(2)])
            .prop_map(|it| ("multipleOf", it)),
        prop::sample::select(vec!["a", "^a", "b$", "^[ab]+$", "^.{2}$"])
            .prop_map(|pattern| ("pattern", json!(pattern))),
        any::<bool>().prop_map(|flag| ("uniqueItems", json!(flag))),
        names().prop_map(|names| ("required", names)),
        names().prop_map(|names| ("dependentRequired", json!({"a": names}))),
    ];
    let keyword = keyword.boxed();
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Value::from),
        9 => prop::collection::vec(keyword.clone(), 0..3).prop_map(object),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let one = prop::sample::select(vec![
            "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then",
        ]);
        let list = prop::sample::select(vec!["allOf", "anyOf", "oneOf", "prefixItems"]);
        let map = prop::sample::select(vec!["properties", "patternProperties", "dependentSchemas"]);
        let nested = prop_oneof![
            4 => (one, inner.clone()),
            3 => (list, prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from)),
            2 => (map, prop::collection::btree_map(prop::sample::select(vec!["a", "b", "^a"]), inner, 0..3)
                .prop_map(|map| json!(map))),
        ];
        prop::collection::vec(prop_oneof![3 => nested, 2 => keyword.clone()], 1..5).prop_map(object)
    })
}

fn object(keywords: Vec<(&'static str, Value)>) -> Value {
    Value::Object(keywords.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn data_are_held_against_a_schema_as_others_do_it(
        schema in schema(),
        data in prop::collection::vec(data(), 4),
    ) {
        // A schema of one keyword, around a schema that may be `true`.
        let schema = json!({"properties": {"value": {"$ref": "#/$defs/one"}}, "$defs": {"one": schema}});
        for data in data {
            let data = json!({"value": data});
            let ours = violations(&schema, &data);
            prop_assert_eq!(ours.is_empty(), expected(&schema, &data), "{} {} {:?}", schema, data, ours);
        }
    }

    #[test]
    fn no_text_makes_a_failure_of_ours(text in r#"\{("(\$ref|type|items|not|pattern|a)":[\[\]{}":a-z0-9#/,$]{0,12},?){0,3}\}"#) {
        if let Ok(schema) = Schema::parse(&text, "schema") {
            let checker = schema.checker().expect("compiles");
            let _ = checker.check(r#"{"a":[{"a":1}]}"#, &mut Budget::OF_A_REQUEST.clone());
        }
    }
}
