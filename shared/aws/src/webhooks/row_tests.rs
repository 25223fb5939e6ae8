use super::*;
use grapnel_domain::{
    retry::{Backoff, Schedule},
    webhook::{EventPattern, Headers},
};
use uuid::Uuid;

fn webhook() -> Webhook {
    let at = Timestamp::from_millis(1_795_000_000_123);
    let configuration = Configuration {
        id: WebhookId::from_uuid(Uuid::from_u128(7)),
        user_id: UserId::parse("u-1").expect("valid"),
        texts: Texts {
            name: "Bestellungen ✓".into(),
            description: Some("Orders\nof the shop".into()),
        },
        url: TargetUrl::stored("https://example.com/hook?a=b".into()).expect("a URL"),
        events: vec![EventPattern::Any, "workflow.*".parse().expect("valid")],
        filter: Some(Filter::stored(r#"{"n":[9007199254740993,"ä"]}"#.into())),
        secret: Secret::from_random([3; 32]),
        previous_secrets: [4, 5]
            .map(|number| PreviousSecret {
                secret: Secret::from_random([number; 32]),
                valid_until: at,
            })
            .into(),
        headers: Headers::from_iter([
            ("X-Empty", HeaderValue::plain("")),
            ("Authorization", HeaderValue::sensitive("Bearer abc")),
        ]),
        metadata: BTreeMap::from([("team".into(), "sales".into()), ("empty".into(), "".into())]),
        status: WebhookStatus::Failing,
        retry_config: RetryConfig {
            schedule: Schedule::Backoff(Backoff {
                initial_seconds: 30,
                multiplier: 2.0,
                max_seconds: 36_000,
            }),
            ..RetryConfig::default()
        },
        payload_format: PayloadFormat::CloudEvents,
        transform: Some(Transform {
            template: "{{ data.name }} ✓\n".into(),
            content_type: "text/plain".into(),
        }),
        rate_limit: RateLimit::new(5),
        created_at: at,
        updated_at: at,
    };
    Webhook::new(configuration).expect("within its limits")
}

#[test]
fn a_full_webhook_survives_its_item() {
    let webhook = webhook();
    let item = from_webhook(&webhook).expect("written");
    assert_eq!(to_webhook(item), Ok(webhook));
}

#[test]
fn a_plain_webhook_survives_its_item_without_empty_attributes() {
    let plain = Configuration {
        filter: None,
        transform: None,
        previous_secrets: Vec::new(),
        headers: Headers::default(),
        texts: Texts { name: webhook().texts.name.clone(), ..Texts::default() },
        metadata: BTreeMap::new(),
        rate_limit: None,
        retry_config: RetryConfig::default(),
        ..webhook().configuration().clone()
    };
    let webhook = Webhook::new(plain).expect("within its limits");
    let item = from_webhook(&webhook).expect("written");
    for absent in [
        "filter",
        "transform",
        "headers",
        "description",
        "metadata",
        "previousSecrets",
        "previousSecret",
        "previousSecretUntil",
        "rateLimit",
    ] {
        assert!(!item.contains_key(absent), "{absent}");
    }
    assert_eq!(to_webhook(item), Ok(webhook));
}

#[test]
fn a_row_with_a_single_previous_secret_is_read() {
    let webhook = webhook();
    let [newest, _] = &webhook.previous_secrets[..] else { panic!("two are there") };
    let mut item = from_webhook(&webhook).expect("written");
    item.remove("previousSecrets");
    item.insert("previousSecret".into(), text(newest.secret.reveal()));
    item.insert("previousSecretUntil".into(), text(newest.valid_until));
    let read = to_webhook(item).expect("read");
    assert_eq!(read.previous_secrets, webhook.previous_secrets[..1]);
}

#[test]
fn a_fractional_multiplier_survives() {
    let backoff = Backoff { initial_seconds: 1, multiplier: 1.1, max_seconds: 9 };
    let webhook = webhook()
        .changed(|it| it.retry_config.schedule = Schedule::Backoff(backoff))
        .expect("within its limits");
    let item = from_webhook(&webhook).expect("written");
    assert_eq!(to_webhook(item), Ok(webhook));
}

#[test]
fn a_damaged_row_is_unusable_and_the_error_repeats_nothing_of_it() {
    let mut item = from_webhook(&webhook()).expect("written");
    item.insert("secret".into(), text("whsec_broken"));
    let error = to_webhook(item).expect_err("unusable");
    assert!(matches!(&error, PortError::Unusable(text) if !text.contains("broken")), "{error}");
}

#[test]
fn a_row_outside_the_limits_of_a_webhook_is_unusable() {
    let mut item = from_webhook(&webhook()).expect("written");
    item.insert("name".into(), text("private ".repeat(200)));
    let error = to_webhook(item).expect_err("unusable");
    assert!(
        matches!(&error, PortError::Unusable(text) if text.contains("name") && !text.contains("private")),
        "{error}"
    );
}

#[test]
fn what_lies_beside_a_webhook_is_no_webhook() {
    let mut item = from_webhook(&webhook()).expect("written");
    assert!(is_webhook(&item) && !is_limiter(&item));
    item.insert("id".into(), text(health_id(webhook().id)));
    assert!(!is_webhook(&item) && !is_limiter(&item));
    item.insert("id".into(), text(limiter_id(webhook().id)));
    assert!(!is_webhook(&item) && is_limiter(&item));
}
