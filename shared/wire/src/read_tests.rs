use super::*;
use crate::{camel::camel, key::NewKey, webhook::NewWebhook};
use rstest::rstest;
use serde_json::json;

fn faults<T: Request>(body: &Value) -> Vec<String> {
    let read = Read::<T>::of(body.as_object().expect("an object"), None);
    let faults = read.finish().err().unwrap_or_default();
    faults.into_iter().map(|fault| fault.field).collect()
}

#[rstest]
#[case("name", "name")]
#[case("expires_in_days", "expiresInDays")]
#[case("r#type", "type")]
fn a_field_has_its_name_in_json(#[case] field: &str, #[case] name: &str) {
    assert_eq!(camel(field), name);
}

#[test]
fn every_fault_is_found_in_the_order_of_the_fields() {
    let body = json!({
        "expiresInDays": 0,
        "scopes": ["admin", 7, "admin", "x"],
        "name": " ",
        "zebra": 1,
        "apple": 1,
    });
    let expected =
        ["apple", "zebra", "name", "scopes[1]", "scopes[2]", "scopes[3]", "expiresInDays"];
    assert_eq!(faults::<NewKey>(&body), expected);
}

#[test]
fn what_a_handler_finds_stands_where_its_field_stands() {
    let body = json!({ "description": "a\u{0}", "expiresInDays": 0 });
    let mut read = Read::<NewKey>::of(body.as_object().expect("an object"), None);
    assert!(!read.is_sound("description") && read.is_sound("name"));
    assert_eq!(read.check("description", |_| Ok(7)), None, "it is faulty already");
    assert_eq!(read.check("name", |_| Err::<(), _>("is taken".to_owned())), None);
    let faults = read.finish().expect_err("faults");
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["name", "description", "expiresInDays"]);
}

#[test]
fn null_is_the_same_as_nothing() {
    assert_eq!(faults::<NewKey>(&json!({ "name": null, "scopes": null })), Vec::<String>::new());
    assert_eq!(faults::<NewWebhook>(&json!({ "name": null })), ["name", "url", "events"]);
}

#[test]
fn a_long_name_is_cut() {
    let name = "ü".repeat(100);
    assert_eq!(faults::<NewKey>(&json!({ name: 1 })), ["ü".repeat(64)]);
}

#[test]
fn a_faulty_entry_does_not_hide_the_others() {
    let body = json!({ "name": "a", "url": "b", "events": ["x", 7, "x", "y"] });
    let read = Read::<NewWebhook>::of(body.as_object().expect("an object"), None);
    assert_eq!(read.value.events, ["x", "", "x", "y"]);
    let sound = (0..4).map(|index| read.is_sound_at(&format!("events[{index}]")));
    assert_eq!(sound.collect::<Vec<_>>(), [true, false, false, true]);
}

#[test]
fn of_two_options_only_one_is_given() {
    let body = json!({ "expiresInDays": 1, "expiresAt": "2026-11-24T06:24:00Z" });
    assert_eq!(faults::<NewKey>(&body), ["expiresInDays"]);
}

#[test]
fn a_part_has_the_path_of_the_whole() {
    let retry =
        json!({ "maxAttempts": 0, "x": 1, "backoff": { "multiplier": 11, "maxSeconds": 5 } });
    let body = json!({ "name": "a", "url": "b", "events": ["*"], "retryConfig": retry });
    let expected = [
        "retryConfig.x",
        "retryConfig.maxAttempts",
        "retryConfig.backoff.initialSeconds",
        "retryConfig.backoff.multiplier",
    ];
    assert_eq!(faults::<NewWebhook>(&body), expected);
}

#[test]
fn a_number_is_whole_however_it_is_written_and_raw_json_stays_as_it_is() {
    let text = r#"{"name":"a","url":"b","events":["*"],"rateLimit":10.0,"filter":{"a":[1.50]}}"#;
    let body: Value = serde_json::from_str(text).expect("JSON");
    let read = Read::<NewWebhook>::of(body.as_object().expect("an object"), Some(text));
    let read = read.finish().expect("no fault");
    assert_eq!(read.rate_limit, Some(10));
    assert_eq!(read.filter.expect("there").get(), r#"{"a":[1.50]}"#);
}

/// The schema of a patch follows from that of the whole.
#[test]
fn a_patch_needs_nothing_and_takes_away_options_only() {
    let patch = serde_json::to_value(NewWebhook::describe(true)).expect("JSON");
    assert_eq!(patch.get("required"), None);
    assert_eq!(patch["properties"]["name"]["type"], "string");
    assert_eq!(patch["properties"]["description"]["type"], json!(["string", "null"]));
    let retry = &patch["properties"]["retryConfig"]["anyOf"][0]["$ref"];
    assert_eq!(retry, "#/components/schemas/RetryConfigPatch");
    let values = &patch["properties"]["metadata"]["additionalProperties"]["type"];
    assert_eq!(values, &json!(["string", "null"]));
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let all = crate::schemas::all();
    let text = serde_json::to_string(&all).expect("JSON");
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let referred: std::collections::BTreeSet<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    for name in &referred {
        assert_eq!(names.iter().filter(|known| known == &name).count(), 1, "{name}");
    }
    assert!(referred.len() > 30, "{}", referred.len());
}
