use super::*;
use clap::Parser;

#[derive(Debug, Parser)]
enum Typed {
    Create(Create),
    Update(Update),
}

fn typed(words: &[&str]) -> Result<Typed, clap::Error> {
    Typed::try_parse_from([&["grapnel"], words].concat())
}

fn created(words: &[&str]) -> Value {
    match typed(&[&["create"], words].concat()).expect("understood") {
        Typed::Create(create) => create.body().expect("a body"),
        Typed::Update(_) => unreachable!("create was typed"),
    }
}

fn updated(words: &[&str], mut body: Value) -> Value {
    match typed(&[&["update", "wh_1"], words].concat()).expect("understood") {
        Typed::Update(update) => update.change(&mut body).expect("a change"),
        Typed::Create(_) => unreachable!("update was typed"),
    }
    body
}

#[test]
fn a_new_webhook_says_only_what_was_typed() {
    assert_eq!(
        created(&["https://crm.example.com/hook"]),
        json!({"name": "crm.example.com", "url": "https://crm.example.com/hook", "events": ["*"]})
    );
    let words = [
        "https://a",
        "--name",
        "Leads",
        "--events",
        "lead.*,task.failed",
        "--events",
        "email.sent",
        "-H",
        "X-Team: sales",
        "--delays",
        "30s,5m",
        "--max-attempts",
        "4",
        "--time-limit",
        "5s",
        "--format",
        "raw",
        "--disabled",
        "--json-fields",
        r#"{"description": "new"}"#,
    ];
    assert_eq!(
        created(&words),
        json!({
            "name": "Leads", "url": "https://a", "status": "disabled",
            "events": ["lead.*", "task.failed", "email.sent"], "headers": {"X-Team": "sales"},
            "retryConfig": {"maxAttempts": 4, "timeoutSeconds": 5, "delaysSeconds": [30, 300]},
            "payloadFormat": "raw", "description": "new",
        })
    );
}

#[test]
fn a_change_leaves_the_rest_as_it_is() {
    let before = json!({
        "name": "n", "events": ["*"], "future": {"kept": 1.0}, "headers": {"X-A": "1", "X-B": "2"},
        "retryConfig": {"maxAttempts": 5, "timeoutSeconds": 10, "backoff": {"multiplier": 2}},
    });
    let words = ["--name", "m", "-H", "x-b: 3", "--without-header", "x-a", "--delays", "1m"];
    assert_eq!(
        updated(&words, before),
        json!({
            "name": "m", "events": ["*"], "future": {"kept": 1.0}, "headers": {"x-b": "3"},
            "retryConfig": {"maxAttempts": 5, "timeoutSeconds": 10, "delaysSeconds": [60]},
        })
    );
}

#[test]
fn what_an_option_is_set_to_and_what_is_left_out() {
    let before = json!({
        "name": "n", "filter": {"a": [1]}, "rateLimit": 5, "metadata": {"a": "1", "b": "2"},
        "headers": {"X-A": "1"}, "transform": {"template": "x", "contentType": "text/plain"},
    });
    let words = [
        "--without",
        "filter,rate-limit",
        "--without-metadata",
        "a",
        "--metadata",
        "c=d=e",
        "--sensitive-header",
        "x-a: secret",
        "--template",
        "{{ data.id }}",
        "--description",
        "for the CRM",
    ];
    assert_eq!(
        updated(&words, before),
        json!({
            "name": "n", "metadata": {"b": "2", "c": "d=e"}, "description": "for the CRM",
            "headers": {"x-a": {"value": "secret", "sensitive": true}},
            "transform": {"template": "{{ data.id }}", "contentType": "text/plain"},
        })
    );
    let words = ["--filter", r#"{"a": [1]}"#, "--rate-limit", "10"];
    assert_eq!(updated(&words, json!({})), json!({"filter": {"a": [1]}, "rateLimit": 10}));
    assert!(typed(&["update", "wh_1", "--filter", "[1]"]).is_err());
    assert!(typed(&["update", "wh_1", "--template", "@/nowhere/at/all"]).is_err());
}

#[test]
fn a_change_of_nothing_is_refused() {
    let nothing = |words: &[&str]| match typed(words).expect("understood") {
        Typed::Update(update) => update.changes_nothing(),
        Typed::Create(_) => unreachable!("update was typed"),
    };
    assert!(nothing(&["update", "wh_1"]));
    assert!(!nothing(&["update", "wh_1", "--rate-limit", "10"]));
    assert!(!nothing(&["update", "wh_1", "--without", "filter"]));
}

#[test]
fn a_header_that_is_given_twice_is_refused_in_any_case() {
    let words = ["update", "wh_1", "-H", "X-A: 1", "--sensitive-header", "x-a: 2"];
    let Typed::Update(update) = typed(&words).expect("understood") else {
        unreachable!("update was typed")
    };
    let refused = update.change(&mut json!({"headers": {}})).expect_err("refused");
    assert!(refused.to_string().contains("`X-A` is given too"), "{refused}");
}
