//! Which filters are refused, and where the faults are.

use super::{Filter, MAX_BYTES, MAX_CONDITIONS, MAX_DEPTH};
use rstest::rstest;
use serde_json::{Value, json};

/// The places of all faults.
fn places(filter: &Value) -> Vec<String> {
    let faults = Filter::parse(&filter.to_string(), "filter");
    faults.expect_err("refused").into_iter().map(|fault| fault.field).collect()
}

#[rstest]
#[case(json!({}), "filter")]
#[case(json!({"a": {}}), "filter/a")]
#[case(json!({"a": []}), "filter/a")]
#[case(json!({"a": "x"}), "filter/a")]
#[case(json!({"a": null}), "filter/a")]
#[case(json!({"a": [[1]]}), "filter/a/0")]
#[case(json!({"a": [{}]}), "filter/a/0")]
#[case(json!({"a": [{"prefix": "x", "suffix": "y"}]}), "filter/a/0")]
#[case(json!({"a/b~": [1, {"regex": "x"}]}), "filter/a~1b~0/1/regex")]
#[case(json!({"a": [{"prefix": 1}]}), "filter/a/0/prefix")]
#[case(json!({"a": [{"suffix": {"prefix": "x"}}]}), "filter/a/0/suffix")]
#[case(json!({"a": [{"prefix": {"equals-ignore-case": 1}}]}), "filter/a/0/prefix/equals-ignore-case")]
#[case(json!({"a": [{"equals-ignore-case": ["x"]}]}), "filter/a/0/equals-ignore-case")]
#[case(json!({"a": [{"wildcard": "a**b"}]}), "filter/a/0/wildcard")]
#[case(json!({"a": [{"wildcard": r"a\n"}]}), "filter/a/0/wildcard")]
#[case(json!({"a": [{"anything-but": []}]}), "filter/a/0/anything-but")]
#[case(json!({"a": [{"anything-but": null}]}), "filter/a/0/anything-but")]
#[case(json!({"a": [{"anything-but": true}]}), "filter/a/0/anything-but")]
#[case(json!({"a": [{"anything-but": ["x", 1]}]}), "filter/a/0/anything-but")]
#[case(json!({"a": [{"anything-but": {"exists": true}}]}), "filter/a/0/anything-but/exists")]
#[case(json!({"a": [{"anything-but": {"prefix": ""}}]}), "filter/a/0/anything-but/prefix")]
#[case(json!({"a": [{"anything-but": {"suffix": ["x", ""]}}]}), "filter/a/0/anything-but/suffix/1")]
#[case(json!({"a": [{"anything-but": {"wildcard": ["*", "**"]}}]}), "filter/a/0/anything-but/wildcard/1")]
#[case(json!({"a": [{"anything-but": [1, 6e9]}]}), "filter/a/0/anything-but/1")]
#[case(json!({"a": [{"numeric": []}]}), "filter/a/0/numeric")]
#[case(json!({"a": [{"numeric": 5}]}), "filter/a/0/numeric")]
#[case(json!({"a": [{"numeric": ["!=", 5]}]}), "filter/a/0/numeric")]
#[case(json!({"a": [{"numeric": ["=", 5, "<", 6]}]}), "filter/a/0/numeric")]
#[case(json!({"a": [{"numeric": ["<", 5, ">", 1]}]}), "filter/a/0/numeric")]
#[case(json!({"a": [{"numeric": [">", 5, "<", 5]}]}), "filter/a/0/numeric")]
#[case(json!({"a": [{"numeric": [">", "5"]}]}), "filter/a/0/numeric/1")]
#[case(json!({"a": [{"numeric": [">", 5_000_000_000.1]}]}), "filter/a/0/numeric/1")]
#[case(json!({"a": [{"numeric": [">", 0, "<", 0.0000001]}]}), "filter/a/0/numeric/3")]
#[case(json!({"a": [{"cidr": "10.0.0.1"}]}), "filter/a/0/cidr")]
#[case(json!({"a": [{"cidr": "10.0.0.1/24"}]}), "filter/a/0/cidr")]
#[case(json!({"a": [{"cidr": "10.0.0.0/33"}]}), "filter/a/0/cidr")]
#[case(json!({"a": [{"exists": "true"}]}), "filter/a/0/exists")]
#[case(json!({"$or": {"a": [1]}}), "filter/$or")]
#[case(json!({"$or": [{"a": [1]}]}), "filter/$or")]
#[case(json!({"$or": [{"a": [1]}, 1]}), "filter/$or/1")]
#[case(json!({"$or": [{"a": [1]}, {}]}), "filter/$or/1")]
#[case(json!({"$or": [{"a": [1]}, {"numeric": ["x"]}]}), "filter/$or/1/numeric")]
#[case(json!({"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}), "filter/$or/0/a")]
#[case(json!({"$or": [{"a": [2]}, {"b": [3]}], "x": {"$or": [{"c": [1]}, {"d": []}]}}), "filter/x/$or/1/d")]
fn a_fault_is_named_with_its_place(#[case] filter: Value, #[case] place: &str) {
    let places = places(&filter);
    assert_eq!(places.len(), 1, "{places:?}");
    // Either of two conditions that contradict each other may be named.
    assert!(places[0] == place || places[0] == "filter/a", "{places:?}");
}

#[test]
fn all_faults_are_named_at_once() {
    let filter = json!({"a": [{"prefix": 1}, {"x": 1}], "b": {"c": 5}, "$or": []});
    assert_eq!(places(&filter), ["filter/$or", "filter/a/0/prefix", "filter/a/1/x", "filter/b/c"]);
}

#[test]
fn a_filter_is_small() {
    assert_eq!(places(&json!({"a": ["x".repeat(MAX_BYTES)]})), ["filter"]);
    assert_eq!(places(&json!({"a": vec![1; MAX_CONDITIONS + 1]})), ["filter"]);
    assert_eq!(places(&json!({"a": [{"anything-but": vec![1; MAX_CONDITIONS + 1]}]})), ["filter"]);
    let nested = |levels| (1..levels - 1).fold(json!({"a": [1]}), |inner, _| json!({"a": inner}));
    assert_eq!(places(&nested(MAX_DEPTH + 1)), ["filter"]);
    assert!(Filter::parse(&nested(MAX_DEPTH).to_string(), "filter").is_ok());
}

#[test]
fn there_are_only_so_many_combinations() {
    let or = |n: usize| json!([{format!("a{n}"): [1]}, {format!("b{n}"): [1]}]);
    let ors = |count: usize| {
        let mut filter = json!({"$or": or(0)});
        for n in 1..count {
            filter[format!("x{n}")] = json!({"$or": or(n)});
        }
        filter
    };
    assert!(Filter::parse(&ors(9).to_string(), "filter").is_ok());
    assert_eq!(places(&ors(10)), ["filter"]);
}

/// Two `$or`s that name the same object must be multiplied out.
#[test]
fn there_are_only_so_many_fields_when_multiplied_out() {
    let branch = |n: usize| json!({"a": {format!("f{n}"): [1]}});
    let branches = |from: usize| (from..from + 30).map(branch).collect::<Vec<_>>();
    let filter = json!({"$or": [{"$or": branches(0)}, {"z": [1]}], "a": {"y": [1], "x": [1]}});
    assert!(Filter::parse(&filter.to_string(), "filter").is_ok());
    let crossed = json!({"$or": branches(0), "a": {"$or": (0..30).map(|n| json!({format!("g{n}"): [1]})).collect::<Vec<_>>()}});
    assert_eq!(places(&crossed), ["filter"]);
}
