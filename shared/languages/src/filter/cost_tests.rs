//! The cost of matching, counted in steps, and a comparison with the simple matcher.

#[path = "bombs.rs"]
mod bombs;

use super::{
    Filter, Halt, MAX_BYTES, MAX_STEPS_PER_BYTE, Matcher, Undecided,
    plan::Plans,
    reference,
    scope::Outcome,
    tests::{comparison, data, plain_filter},
};
use crate::{MAX_DATA_BYTES, json::tree::Tree};
use bombs::{bombs, list_of, or};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

#[test]
fn no_bomb_takes_more_than_its_budget() {
    for (name, filter, data) in bombs() {
        assert!(data.len() <= MAX_DATA_BYTES, "{name}");
        let filter = Filter::parse(&filter.to_string(), "filter").expect(name);
        let steps = filter.matcher().expect(name).matches(&data).expect(name).steps;
        println!("{name}: {steps} steps, {:.1} a byte", steps as f64 / data.len() as f64);
        assert!(steps <= MAX_STEPS_PER_BYTE * data.len(), "{name}: {steps}");
    }
}

/// A filter that once stopped fan-out: a hundred branches cost hardly more than two.
#[test]
fn branches_of_one_name_cost_one_walk() {
    let data = list_of("a", "0");
    let steps = |branches| {
        let filter = or(branches, |n| json!({"a": [n + 1]}));
        let filter = Filter::parse(&filter.to_string(), "filter").expect("accepted");
        filter.matcher().expect("compiles").matches(&data).expect("JSON").steps
    };
    let (few, many) = (steps(2), steps(100));
    assert!(many < 2 * few, "{few} {many}");
}

/// Each length of a prefix once needed a separate search.
#[test]
fn addresses_cost_one_search_whatever_the_lengths_of_the_prefixes() {
    for (first, address) in [("8000::", "\"::\""), ("128.0.0.0", "\"1.1.1.1\"")] {
        let data = list_of("a", address);
        let steps = |lengths: usize| {
            let blocks = (1..=lengths).map(|n| json!({"cidr": format!("{first}/{n}")}));
            let filter = json!({"a": blocks.collect::<Vec<_>>()});
            let filter = Filter::parse(&filter.to_string(), "filter").expect("accepted");
            filter.matcher().expect("compiles").matches(&data).expect("JSON").steps
        };
        let (few, many) = (steps(1), steps(32));
        assert!(many < few + few / 2, "{few} {many}");
    }
}

/// Preparing a search takes longer than comparing short texts.
#[test]
fn each_search_of_a_wildcard_is_charged_inside_anything_but_too() {
    let wildcards: Vec<String> = (0..10).map(|n| format!("*{n}*")).chain(["*".into()]).collect();
    let filter = json!({"a": [{"anything-but": {"wildcard": wildcards}}]});
    let filter = Filter::stored(filter.to_string()).matcher().expect("compiles");
    let steps = filter.matches(r#"{"a":["a","a","a"]}"#).expect("JSON").steps;
    assert!(steps >= 3 * 10 * 5, "{steps}");
}

#[rstest]
#[case(json!({"a": (0..90).map(|n| json!({"wildcard": format!("*{n}*x")})).collect::<Vec<_>>()}), "filter/a", "fewer wildcards")]
#[case(
    or(60, |n| json!({"b": {"a": [{"anything-but": {"equals-ignore-case": n.to_string()}}]}})),
    "filter/b/a",
    "fewer wildcards"
)]
#[case(
    json!({"l": or(50, |n| json!({"a": [{"exists": false}, n]}))}),
    "filter/l/a",
    "fewer branches"
)]
fn what_could_take_too_long_is_refused_with_what_to_change(
    #[case] filter: Value,
    #[case] place: &str,
    #[case] remedy: &str,
) {
    let faults = Filter::parse(&filter.to_string(), "filter").expect_err("refused");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].field, place);
    assert!(faults[0].message.contains(remedy), "{}", faults[0].message);
}

/// A filter that was stored before its cost was checked is stopped, and its event is delivered.
#[test]
fn a_stored_filter_that_takes_too_long_is_stopped() {
    let wildcards: Vec<Value> = (0..99).map(|n| json!({"wildcard": format!("*{n}*ab")})).collect();
    let stored = Filter::stored(json!({"a": wildcards}).to_string());
    let data = r#"{"a":["","b"]}"#;
    let long = list_of("a", &format!("\"{}\"", "a".repeat(8)));
    assert_eq!(stored.matcher().expect("compiles").matches(&long), Err(Halt::OutOfSteps));
    let (stopped, differs) = (stored.verdict(&long), stored.verdict(data));
    assert_eq!((stopped.delivers(), stopped.undecided()), (true, Some(Undecided::OutOfSteps)));
    assert_eq!((differs.delivers(), differs.undecided()), (false, None));
}

#[test]
fn an_undecided_filter_keeps_its_published_names() {
    for why in Undecided::ALL {
        assert_eq!(serde_json::to_value(why).expect("serialises"), json!(why.as_str()));
    }
}

#[test]
fn what_people_write_is_not_refused() {
    let texts = |count: usize| (0..count).map(|n| format!("SKU-{n:04}")).collect::<Vec<_>>();
    let prefixes: Vec<Value> = texts(80).into_iter().map(|text| json!({"prefix": text})).collect();
    let suffixes: Vec<Value> =
        texts(60).into_iter().map(|text| json!({"suffix": {"equals-ignore-case": text}})).collect();
    let networks: Vec<Value> =
        (0..90).map(|n| json!({"cidr": format!("10.{n}.{n}.0/{}", 24 + n % 3)})).collect();
    for filter in [
        json!({"sku": texts(100)}),
        json!({"sku": prefixes}),
        json!({"lines": {"sku": suffixes}}),
        json!({"ip": networks}),
        json!({"sku": [{"anything-but": texts(100)}]}),
        json!({"sku": [{"anything-but": {"prefix": texts(90)}}], "lines": {"n": [{"anything-but": [1, 2]}]}}),
        json!({"path": (0..10).map(|n| json!({"wildcard": format!("dir{n}/*.png")})).collect::<Vec<_>>()}),
        json!({"lines": or(10, |n| json!({"kind": [format!("k{n}")], "price": [{"numeric": [">", n]}]}))}),
        or(30, |n| json!({"state": [{"anything-but": "x"}], "n": [n]})),
    ] {
        let parsed = Filter::parse(&filter.to_string(), "filter");
        assert!(parsed.is_ok(), "{parsed:?} {filter}");
    }
}

#[test]
fn no_character_grows_more_than_is_charged_for() {
    for character in (0..=0x0010_ffff).filter_map(char::from_u32) {
        let text = character.to_string();
        let folded = super::text::folded_bytes(&text).count();
        assert!(folded <= 3 * text.len(), "{character:?}");
    }
}

/// A filter with `$or`s, some nested and some within objects.
fn filter() -> impl Strategy<Value = Value> {
    plain_filter().prop_recursive(3, 24, 4, |inner| {
        let or = prop::collection::vec(inner.clone(), 2..5).prop_map(|all| json!({"$or": all}));
        let beside = (inner.clone(), or.clone()).prop_map(|(mut one, or)| {
            one["$or"] = or["$or"].clone();
            one
        });
        let below = ("[a-c]", or.clone()).prop_map(|(name, or)| json!({name: or}));
        prop_oneof![or, beside, below]
    })
}

/// Many conditions on few names, and data that matches them often.
fn crowded() -> impl Strategy<Value = (Value, String)> {
    let values = prop::collection::vec(comparison(), 1..4).prop_map(Value::from);
    let branch = ("[ab]", values, any::<bool>()).prop_map(|(name, values, nested)| match nested {
        true => json!({"a": {name: values}}),
        false => json!({name: values}),
    });
    let filter = prop::collection::vec(branch, 2..30).prop_map(|all| json!({"$or": all}));
    (filter, data(), 1..40_usize).prop_map(|(filter, data, times)| {
        let data = json!({"a": vec![data.clone(); times], "b": vec![data; times]});
        (filter, data.to_string())
    })
}

/// Compares with the simple matcher, and the steps with the predicted maximum.
fn check(filter: &Value, data: &str) -> Result<(), TestCaseError> {
    let Ok(parsed) = Filter::parse(&filter.to_string(), "filter") else { return Ok(()) };
    let Ok(Tree::Object(fields)) = Tree::parse(parsed.as_str()) else {
        return Err(TestCaseError::fail("a filter is an object"));
    };
    let scope = super::compile(&fields, "filter").expect("compiles");
    let plans = Plans::of(&[&scope]);
    let cost = plans.cost();
    let answer = Matcher(plans).matches(data).expect("JSON");
    let expected = reference::outcome(&scope, &Tree::parse(data).expect("JSON"));
    prop_assert_eq!(answer.holds, expected != Outcome::No, "{} of {}", filter, data);
    let most = cost.per_byte * data.len() as f64 + cost.fixed as f64;
    prop_assert!(
        answer.steps as f64 <= most,
        "{} steps, not {most}: {filter} {data}",
        answer.steps
    );
    prop_assert!(most <= (MAX_STEPS_PER_BYTE * (data.len() + MAX_BYTES)) as f64);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn a_filter_finds_what_the_slow_matcher_finds(filter in filter(), data in data()) {
        check(&filter, &data.to_string())?;
    }

    #[test]
    fn steps_keep_to_the_data_and_the_filter((filter, data) in crowded()) {
        check(&filter, &data)?;
    }
}
