//! Properties of all filters and all data.

use super::{Filter, Matcher, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

fn matcher(filter: &Value) -> Matcher {
    let parsed = Filter::parse(&filter.to_string(), "filter");
    parsed.expect("a filter").matcher().expect("compiles")
}

/// Whether data (JSON text) matches.
fn answer(filter: &Value, data: &str) -> bool {
    matcher(filter).matches(data).expect("JSON").holds
}

fn matches(filter: &Value, data: &Value) -> bool {
    answer(filter, &data.to_string())
}

#[test]
fn numbers_beyond_a_double_are_told_apart() {
    let filter = json!({"n": [9_007_199_254_740_993_u64]});
    for (data, expected) in [
        (r#"{"n": 9007199254740993}"#, true),
        (r#"{"n": 9007199254740993.0}"#, true),
        (r#"{"n": 9007199254740992}"#, false),
    ] {
        assert_eq!(answer(&filter, data), expected, "{data}");
    }
    let above = json!({"n": [{"numeric": [">", 0]}]});
    assert!(answer(&above, r#"{"n": 123456789012345678901234567890}"#));
}

#[test]
fn a_branch_and_what_is_beside_it_hold_of_the_same_object() {
    let filter = json!({"people": {"name": ["A"]},
        "$or": [{"people": {"age": [1]}}, {"people": {"age": [2]}, "all": [true]}]});
    for (data, expected) in [
        (json!({"people": [{"name": "A", "age": 1}, {"name": "B", "age": 2}]}), true),
        (json!({"people": [{"name": "A", "age": 2}, {"name": "B", "age": 1}]}), false),
        (json!({"people": [{"name": "A", "age": 2}, {"name": "B"}], "all": true}), true),
    ] {
        assert_eq!(matches(&filter, &data), expected, "{data}");
    }
}

#[test]
fn what_must_be_absent_is_absent_from_every_object_or_from_the_one_that_matches() {
    let absent = json!({"list": {"a": [{"exists": false}]}});
    assert!(matches(&absent, &json!({"list": [{"b": 1}, {"c": 2}]})));
    assert!(!matches(&absent, &json!({"list": [{"b": 1}, {"a": 2}]})));
    assert!(matches(&absent, &json!({"list": []})) && matches(&absent, &json!({"list": 7})));
    let beside = json!({"list": {"a": [{"exists": false}], "b": [1]}});
    assert!(matches(&beside, &json!({"list": [{"b": 1}, {"a": 2}]})));
    assert!(!matches(&beside, &json!({"list": [{"b": 1, "a": 2}, {"c": 1}]})));
    let either = json!({"a": [{"exists": false}, "x"]});
    assert!(matches(&either, &json!({})) && matches(&either, &json!({"a": "x"})));
    assert!(!matches(&either, &json!({"a": "y"})));
}

#[test]
fn a_field_that_is_there_twice_may_match_by_either() {
    let filter = json!({"a": ["x"]});
    assert!(answer(&filter, r#"{"a": "x", "a": "y"}"#));
    assert!(answer(&filter, r#"{"a": "y", "\u0061": "x"}"#));
}

#[test]
fn names_with_dots_are_names() {
    let filter = json!({"a.b": [1]});
    assert!(matches(&filter, &json!({"a.b": 1})) && !matches(&filter, &json!({"a": {"b": 1}})));
}

#[test]
fn a_filter_that_cannot_be_read_loses_no_event() {
    for text in ["", "[]", "{}", r#"{"a":[{"from-the-future":1}]}"#] {
        let verdict = Filter::stored(text.into()).verdict("{}");
        assert!(matches!(verdict, Verdict::Unreadable(_)) && verdict.delivers(), "{text}");
    }
    let filter = Filter::stored(r#"{"a":["x"]}"#.into());
    assert_eq!(filter.verdict(r#"{"a":"x"}"#), Verdict::Matches);
    assert_eq!(filter.verdict(r#"{"a":"y"}"#), Verdict::Differs);
    assert!(filter.verdict(r#"{"a":"#).delivers());
    // Text that is not JSON does not break an answer that contains it.
    assert_eq!(serde_json::to_string(&Filter::stored("{".into())).expect("JSON"), r#""{""#);
    assert_eq!(serde_json::to_string(&filter).expect("JSON"), r#"{"a":["x"]}"#);
}

#[test]
fn deep_data_costs_no_stack() {
    let deep = |open: &str, close: &str, n| format!("{}1{}", open.repeat(n), close.repeat(n));
    let list = format!(r#"{{"a": {}, "b": 1}}"#, deep("[", "]", 100_000));
    let object = format!(r#"{{"a": {}, "b": 1}}"#, deep(r#"{"a":"#, "}", 40_000));
    let filter = json!({"a": [1], "b": [1]});
    assert!(answer(&filter, &list));
    assert!(!answer(&filter, &object));
    let filter = json!({"b": [1]});
    assert!(answer(&filter, &list));
    assert!(answer(&filter, &object));
}

pub(super) fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        prop::sample::select(vec![0.5, 1.0, -2.25]).prop_map(Value::from),
        "[abA/.]{0,3}".prop_map(Value::from),
        prop::sample::select(vec!["10.0.0.1", "::1", "10.0.1.9"]).prop_map(Value::from),
    ]
}

/// Data with few names, so that filters often match.
pub(super) fn data() -> impl Strategy<Value = Value> {
    let value = scalar().prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object_of(inner),
        ]
    });
    object_of(value)
}

fn object_of(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-c]", value), 0..4)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

pub(super) fn comparison() -> impl Strategy<Value = Value> {
    let text = "[abA/.]{1,2}";
    prop_oneof![
        4 => scalar(),
        1 => text.prop_map(|text| json!({"prefix": text})),
        1 => text.prop_map(|text| json!({"suffix": {"equals-ignore-case": text}})),
        1 => text.prop_map(|text| json!({"equals-ignore-case": text})),
        1 => text.prop_map(|text| json!({"wildcard": format!("*{text}*")})),
        1 => text.prop_map(|text| json!({"anything-but": text})),
        1 => (-3..3).prop_map(|number| json!({"numeric": [">", number, "<=", number + 2]})),
        1 => prop::sample::select(vec!["10.0.0.0/24", "10.0.0.0/8", "0.0.0.0/0", "::/0", "::1/128"])
            .prop_map(|block| json!({"cidr": block})),
        1 => any::<bool>().prop_map(|exists| json!({"exists": exists})),
    ]
}

/// Fields, some of them objects; no `$or`.
pub(super) fn plain_filter() -> impl Strategy<Value = Value> {
    let list = prop::collection::vec(comparison(), 1..3).prop_map(Value::from);
    let inner = list.prop_recursive(2, 8, 3, fields);
    fields(inner)
}

fn fields(pattern: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-c]", pattern), 1..3)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "a",
        "b",
        "$or",
        "prefix",
        "suffix",
        "anything-but",
        "numeric",
        "wildcard",
        "exists",
        "cidr",
        "equals-ignore-case",
        ">",
        "<=",
        "**",
        "10.0.0.0/8",
    ]);
    let leaf = prop_oneof![
        scalar(),
        word.clone().prop_map(Value::from),
        any::<f64>().prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..4).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_or_matches_what_one_of_its_branches_matches(
        one in plain_filter(),
        other in plain_filter(),
        data in data(),
    ) {
        let either = json!({"$or": [one, other]});
        prop_assert_eq!(matches(&either, &data), matches(&one, &data) || matches(&other, &data));
    }

    /// A condition next to a `$or` means the same as that condition in each branch.
    #[test]
    fn an_or_is_distributive(
        beside in plain_filter(),
        one in plain_filter(),
        other in plain_filter(),
        data in data(),
    ) {
        let mut factored = json!({"$or": [one.clone(), other.clone()]});
        for (name, value) in beside.as_object().expect("an object") {
            factored[name] = value.clone();
        }
        let Ok(factored) = Filter::parse(&factored.to_string(), "filter") else {
            return Ok(());
        };
        let merged = |branch: &Value| merge(&beside, branch);
        let (Some(one), Some(other)) = (merged(&one), merged(&other)) else {
            return Err(TestCaseError::fail("a field in two places should have been refused"));
        };
        let factored = factored.matcher().expect("compiles").matches(&data.to_string());
        let factored = factored.expect("JSON").holds;
        prop_assert_eq!(factored, matches(&one, &data) || matches(&other, &data));
    }

    #[test]
    fn anything_but_is_the_complement_where_there_is_one_value(
        text in "[abA/.]{1,3}",
        value in scalar(),
        how in prop::sample::select(vec!["", "prefix", "suffix", "equals-ignore-case", "wildcard"]),
    ) {
        let (plain, but) = match how {
            "" => (json!(text), json!(text)),
            how => (json!({how: text}), json!({how: text})),
        };
        let data = json!({"a": value});
        let is = matches(&json!({"a": [plain]}), &data);
        prop_assert_eq!(matches(&json!({"a": [{"anything-but": but}]}), &data), !is);
    }

    #[test]
    fn existing_is_the_complement_of_not_existing(data in data()) {
        let there = matches(&json!({"a": [{"exists": true}]}), &data);
        prop_assert_eq!(matches(&json!({"a": [{"exists": false}]}), &data), !there);
    }

    #[test]
    fn a_list_matches_what_one_of_its_entries_matches(
        entries in prop::collection::vec(comparison(), 1..4),
        data in data(),
    ) {
        let any = entries.iter().any(|entry| matches(&json!({"a": [entry]}), &data));
        prop_assert_eq!(matches(&json!({"a": entries}), &data), any);
    }

    #[test]
    fn what_is_said_to_be_unsatisfied_is_why_it_differs(filter in plain_filter(), data in data()) {
        let parsed = Filter::parse(&filter.to_string(), "filter").expect("valid");
        let text = data.to_string();
        let said = parsed.unsatisfied(&text).expect("JSON");
        if !said.is_empty() {
            prop_assert_eq!(parsed.verdict(&text), Verdict::Differs);
        }
    }

    #[test]
    fn nothing_makes_it_panic(filter in any_json(), data in any_json(), cut in any::<prop::sample::Index>()) {
        let mut text = data.to_string();
        if let Ok(parsed) = Filter::parse(&filter.to_string(), "filter") {
            let matcher = parsed.matcher();
            prop_assert!(matcher.is_ok(), "what was accepted compiles");
            let _ = matcher.map(|matcher| matcher.matches(&text));
            let _ = parsed.unsatisfied(&text);
            let cut = cut.index(text.len() + 1);
            text.truncate((0..=cut).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
            let _ = parsed.verdict(&text);
        }
    }
}

/// Both conditions in one object; `None` if a list prevents it.
fn merge(one: &Value, other: &Value) -> Option<Value> {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return None };
    let mut merged = one.clone();
    for (name, value) in other {
        let value = match merged.get(name) {
            Some(there) => merge(there, value)?,
            None => value.clone(),
        };
        merged.insert(name.clone(), value);
    }
    Some(Value::Object(merged))
}
