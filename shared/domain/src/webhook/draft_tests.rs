use super::*;
use crate::event::Retention;
use rstest::rstest;
use serde_json::json;

fn rules() -> Rules {
    let urls = UrlPolicy { allow_http: false, allow_private: false };
    let retention = Retention { days: 30 };
    Rules { urls, retention, longest_request_seconds: 30, max_webhooks: 100 }
}

fn parse(input: Value) -> Result<Draft, Vec<FieldFault>> {
    parse_for(&input, Purpose::Create, &rules(), &[])
}

fn parse_for(
    input: &Value,
    purpose: Purpose<'_>,
    rules: &Rules,
    known: &[EventPattern],
) -> Result<Draft, Vec<FieldFault>> {
    let fields = input.as_object().expect("an object");
    let text = input.to_string();
    Draft::check(Draft::read(fields, Some(&text), purpose), purpose, rules, known)
}

fn minimal() -> Value {
    json!({"name": "CRM", "url": "https://hooks.example.com/in", "events": ["lead.created"]})
}

fn with(field: &str, value: Value) -> Value {
    let mut input = minimal();
    input[field] = value;
    input
}

fn fields(result: Result<Draft, Vec<FieldFault>>) -> Vec<String> {
    result.expect_err("refused").into_iter().map(|fault| fault.field).collect()
}

#[test]
fn the_rest_has_defaults() {
    let draft = parse(minimal()).expect("accepted");
    assert_eq!(draft.status, WebhookStatus::Active);
    assert_eq!(draft.retry_config, RetryConfig::default());
    assert_eq!(draft.payload_format, PayloadFormat::Envelope);
    assert_eq!(draft.rate_limit, None);
    assert!(draft.headers.is_empty());
}

#[test]
fn every_fault_is_named_at_once() {
    let input = json!({
        "name": "", "url": "ftp://u:p@127.0.0.1/", "events": ["lead.created", "no.such", 7],
        "headers": {"Host": "x", "X-A": 1}, "status": "paused", "payloadFormat": "xml", "rateLimit": 0,
        "retryConfig": {"maxAttempts": 0, "delaysSeconds": [60, 0], "jitter": true}, "colour": "red",
    });
    let fields = fields(parse(input));
    for expected in [
        "name",
        "url",
        "events[1]",
        "events[2]",
        "headers.Host",
        "headers.X-A",
        "status",
        "payloadFormat",
        "rateLimit",
        "retryConfig.maxAttempts",
        "retryConfig.delaysSeconds[1]",
        "retryConfig.jitter",
        "colour",
    ] {
        assert!(
            fields.iter().any(|field| field == expected),
            "{expected} is missing in {fields:?}"
        );
    }
}

#[test]
fn what_is_required_is_asked_for() {
    assert_eq!(fields(parse(json!({}))), ["name", "url", "events"]);
    assert_eq!(
        fields(parse(json!({"name": null, "url": 1, "events": "x"}))),
        ["name", "url", "events"]
    );
}

#[rstest]
#[case(json!({"maxAttempts": 21}), "retryConfig.maxAttempts")]
#[case(json!({"maxAttempts": 2.5}), "retryConfig.maxAttempts")]
#[case(json!({"timeoutSeconds": 31}), "retryConfig.timeoutSeconds")]
#[case(json!({"delaysSeconds": []}), "retryConfig.delaysSeconds")]
#[case(json!({"delaysSeconds": [86_401]}), "retryConfig.delaysSeconds[0]")]
#[case(json!({"delaysSeconds": vec![1; 20]}), "retryConfig.delaysSeconds")]
#[case(json!({"backoff": {"initialSeconds": 1, "multiplier": 11, "maxSeconds": 5}}), "retryConfig.backoff.multiplier")]
#[case(json!({"backoff": {"initialSeconds": 9, "multiplier": 1, "maxSeconds": 5}}), "retryConfig.backoff.maxSeconds")]
#[case(json!({"backoff": {"initialSeconds": 9, "maxSeconds": 10}}), "retryConfig.backoff.multiplier")]
#[case(json!({"delaysSeconds": [1], "backoff": {"initialSeconds": 1, "multiplier": 1, "maxSeconds": 5}}), "retryConfig.backoff")]
#[case(json!([]), "retryConfig")]
fn a_retry_config_out_of_bounds_is_refused(#[case] config: Value, #[case] field: &str) {
    assert_eq!(fields(parse(with("retryConfig", config))), [field]);
}

#[rstest]
#[case(json!(0))]
#[case(json!(1001))]
#[case(json!(-1))]
#[case(json!(2.5))]
#[case(json!(u64::MAX))]
#[case(json!("5"))]
#[case(json!([5]))]
fn a_rate_limit_out_of_bounds_is_refused(#[case] limit: Value) {
    assert_eq!(fields(parse(with("rateLimit", limit))), ["rateLimit"]);
}

#[test]
fn a_rate_limit_is_optional() {
    for (limit, expected) in [(json!(1), RateLimit::new(1)), (json!(1000), RateLimit::new(1000))] {
        assert_eq!(parse(with("rateLimit", limit)).expect("accepted").rate_limit, expected);
    }
    assert_eq!(parse(with("rateLimit", json!(null))).expect("accepted").rate_limit, None);
}

#[test]
fn a_schedule_must_fit_into_the_retention() {
    let config = json!({"maxAttempts": 20, "delaysSeconds": [86_400]});
    assert!(parse(with("retryConfig", config.clone())).is_ok());
    let short = Rules { retention: Retention { days: 20 }, ..rules() };
    let input = with("retryConfig", config);
    let result = parse_for(&input, Purpose::Create, &short, &[]);
    assert_eq!(fields(result), ["retryConfig.maxAttempts"]);
}

#[test]
fn a_deployment_may_allow_shorter_time_limits_only() {
    let rules = Rules { longest_request_seconds: 15, ..rules() };
    let parsed = |seconds: u32| {
        let input = with("retryConfig", json!({"timeoutSeconds": seconds}));
        parse_for(&input, Purpose::Create, &rules, &[])
    };
    assert!(parsed(15).is_ok());
    let faults = parsed(16).expect_err("too long");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].field, "retryConfig.timeoutSeconds");
    assert_eq!(faults[0].message, "must be a whole number from 1 to 15");
}

#[test]
fn a_name_is_counted_in_characters() {
    assert!(parse(with("name", json!("ü".repeat(200)))).is_ok());
    assert_eq!(fields(parse(with("name", json!("u".repeat(201))))), ["name"]);
    assert_eq!(fields(parse(with("name", json!("a\u{0}b")))), ["name"]);
}

#[test]
fn replacing_ignores_what_cannot_be_written_and_keeps_the_secret() {
    let draft = parse(minimal()).expect("accepted");
    let secret = Secret::from_random([1; 32]);
    let id = WebhookId::from_uuid(uuid::Uuid::from_u128(1));
    let user = UserId::parse("u1").expect("valid");
    let created = Timestamp::from_millis(1000);
    let existing = draft.into_webhook(id, user, secret, created).expect("a webhook");

    let mut input = with("status", json!("disabled"));
    for field in READ_ONLY {
        input[*field] = json!("anything");
    }
    let refused = fields(parse_for(&input, Purpose::Create, &rules(), &[]));
    assert_eq!(
        refused.len(),
        READ_ONLY.len(),
        "unknown, but for a secret that is none: {refused:?}"
    );
    let draft = parse_for(&input, Purpose::Replace(&existing), &rules(), &[]).expect("accepted");
    let replaced = draft.replace(&existing, created).expect("a webhook");
    assert_eq!(replaced.secret, existing.secret);
    assert_eq!(replaced.id, existing.id);
    assert_eq!(replaced.status, WebhookStatus::Disabled);
    assert!(replaced.updated_at > existing.updated_at);
}

#[test]
fn event_types_of_ones_own_are_looked_up_only_if_nothing_built_in_matches() {
    let paid: EventPattern = "invoice.paid".parse().expect("a pattern");
    let input = with("events", json!(["lead.*", "*", "invoice.paid", "no pattern", 7]));
    let object = input.as_object().expect("an object");
    assert_eq!(Draft::patterns_to_look_up(object), std::slice::from_ref(&paid));
    assert_eq!(Draft::patterns_to_look_up(minimal().as_object().expect("an object")), []);
    let too_many = with("events", json!(vec!["invoice.paid"; 51]));
    assert_eq!(Draft::patterns_to_look_up(too_many.as_object().expect("an object")), []);

    let input = with("events", json!(["invoice.paid"]));
    assert_eq!(fields(parse(input.clone())), ["events[0]"]);
    let known = [paid];
    let draft = parse_for(&input, Purpose::Create, &rules(), &known).expect("accepted");
    let (id, user) = (WebhookId::from_uuid(uuid::Uuid::nil()), UserId::parse("u").expect("valid"));
    let webhook =
        draft.into_webhook(id, user, Secret::from_random([1; 32]), Timestamp::from_millis(0));
    let webhook = webhook.expect("a webhook");
    // The type is gone, and the webhook can be changed all the same.
    assert!(parse_for(&input, Purpose::Replace(&webhook), &rules(), &[]).is_ok());
}
