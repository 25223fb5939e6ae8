//! The cost of checks, counted in steps: work without steps would have no limit.

use super::*;
use rstest::rstest;

/// The steps of a check.
fn steps(schema: &str, data: &str) -> usize {
    let checker = Schema::parse(schema, "schema").expect("accepted").checker().expect("compiles");
    let mut budget = Budget::OF_A_REQUEST;
    let _ = checker.check(data, &mut budget);
    Budget::OF_A_REQUEST.0 - budget.0
}

fn list(item: &str, count: usize) -> String {
    format!("[{}]", vec![item; count].join(","))
}

fn object(count: usize, value: &str) -> String {
    let fields: Vec<String> = (0..count).map(|n| format!(r#""f{n}":{value}"#)).collect();
    format!("{{{}}}", fields.join(","))
}

#[rstest]
#[case::read_numbers_to_find_repeats(
    r#"{"uniqueItems":true}"#.into(), format!("[{}]", list("0e0", 1_000)), 12_000)]
#[case::write_texts_to_find_repeats(
    r#"{"uniqueItems":true}"#.into(), format!("[{}]", list(r#""""#, 1_000)), 4_000)]
#[case::write_names_to_find_repeats(
    r#"{"uniqueItems":true}"#.into(), format!("[{}]", object(1_000, "0")), 10_000)]
#[case::compare_numbers(
    format!(r#"{{"not":{{"enum":{}}}}}"#, list("1e1", 1_000)), "0".into(), 12_000)]
#[case::compare_whole_numbers(
    format!(r#"{{"not":{{"enum":{}}}}}"#, list("1", 1_000)), "0".into(), 1_000)]
#[case::compare_a_number_with_bounds(
    r#"{"maximum":1,"minimum":0}"#.into(), "0.5".into(), 24)]
#[case::divide_by_digits(r#"{"multipleOf":3}"#.into(), "3e400".into(), 128)]
#[case::divide_many_digits(r#"{"multipleOf":3}"#.into(), "3".repeat(1_000), 1_000)]
#[case::read_a_long_integer(r#"{"type":"integer"}"#.into(), "3".repeat(160_000), 10_000)]
#[case::read_the_bound_of_a_length(
    r#"{"maxLength":5e3,"minLength":0}"#.into(), r#""a""#.into(), 12)]
#[case::read_the_bounds_of_a_count(
    r#"{"contains":{},"minContains":1,"maxContains":5}"#.into(), "[0]".into(), 12)]
#[case::follow_a_long_reference(
    format!(r##"{{"$ref":"#/$defs/{0}","$defs":{{"{0}":{{}}}}}}"##, "n".repeat(8_000)), "0".into(), 2_000)]
#[case::look_for_a_long_name(
    format!(r#"{{"required":["{}"]}}"#, "n".repeat(16_000)), "{}".into(), 1_000)]
#[case::look_for_a_long_field(
    format!(r#"{{"properties":{{"{}":true}}}}"#, "n".repeat(16_000)), "{}".into(), 1_000)]
#[case::look_for_fields_that_others_depend_on(
    format!(r#"{{"dependentRequired":{}}}"#, object(1_000, "[]")), "{}".into(), 1_000)]
#[case::look_for_fields_that_schemas_depend_on(
    format!(r#"{{"dependentSchemas":{}}}"#, object(1_000, "true")), "{}".into(), 1_000)]
#[case::visit_fields_that_may_be_anything(
    r#"{"additionalProperties":true}"#.into(), object(1_000, "0"), 1_000)]
#[case::visit_fields_that_are_named(
    format!(r#"{{"properties":{},"additionalProperties":false}}"#, object(1_000, "true")),
    object(1_000, "0"), 3_000)]
#[case::copy_names(r#"{"propertyNames":true}"#.into(), object(1_000, "0"), 2_000)]
#[case::visit_items_that_may_be_anything(r#"{"items":true}"#.into(), list("0", 1_000), 1_000)]
#[case::count_items(r#"{"contains":true}"#.into(), list("0", 1_000), 1_000)]
#[case::ask_schemas_that_allow_anything(
    format!(r#"{{"allOf":{}}}"#, list("true", 1_000)), "0".into(), 1_000)]
#[case::start_a_pattern(r#"{"pattern":"(a?b?){20}"}"#.into(), r#""""#.into(), 32)]
#[case::look_for_a_long_pattern(
    format!(r#"{{"pattern":"(?x)#{}"}}"#, "n".repeat(16_000)), r#""""#.into(), 1_000)]
fn it_takes_steps_to(#[case] schema: String, #[case] data: String, #[case] least: usize) {
    let steps = steps(&schema, &data);
    assert!(steps >= least, "{steps}");
}

#[test]
fn nothing_is_read_or_compared_that_is_not_paid_for() {
    let value = Tree::parse(&list("0e0", 1_000)).expect("JSON");
    let (mut left, mut text) = (100_usize, String::new());
    let mut go_on = |steps: usize| {
        let is_paid = left >= steps;
        left = left.saturating_sub(steps);
        is_paid
    };
    assert!(!value::canonical(&value, &mut text, &mut go_on));
    assert!(text.len() <= 100, "{text}");
    let mut asked = 0;
    let is_equal = value::equal(&value, &value.clone(), &mut |_| {
        asked += 1;
        asked < 10
    });
    assert!(!is_equal);
    assert_eq!(asked, 10);
}
