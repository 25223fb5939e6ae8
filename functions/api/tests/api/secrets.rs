//! Secrets: shown on purpose, rotated, and masked everywhere else.

use crate::world::{World, problem};
use grapnel_domain::{
    ports::PortError,
    scope::Scope,
    signature::Secret,
    webhook::{PreviousSecret, Webhook},
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event, changed},
    clock::START,
    memory::{Effect, Operation},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

fn old_secret() -> Secret {
    Secret::from_random([0xA5; 32])
}

async fn world() -> (World, String, Webhook) {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").secret(old_secret()).build();
    world.memory.put_webhook(webhook.clone());
    (world, key, webhook)
}

fn path(webhook: &Webhook) -> String {
    format!("/api/webhooks/{}/secret", webhook.id)
}

#[tokio::test]
async fn a_secret_is_shown_to_who_asks_for_it() {
    let (world, key, webhook) = world().await;
    let answer = world.get(path(&webhook), &key).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.json(), json!({"secret": old_secret().reveal(), "previousSecrets": []}));
}

#[rstest]
#[case::a_day_by_default(None, 86_400)]
#[case::a_day_if_it_says_nothing(Some(json!({})), 86_400)]
#[case::an_hour(Some(json!({"graceSeconds": 3600})), 3600)]
#[case::a_week(Some(json!({"graceSeconds": 604_800})), 604_800)]
#[tokio::test]
async fn a_rotation_gives_a_new_secret_and_leaves_the_old_one_some_time(
    #[case] body: Option<Value>,
    #[case] seconds: u64,
) {
    let (world, key, webhook) = world().await;
    let mut call = world.call("POST", format!("{}/rotate", path(&webhook))).key(&key);
    if let Some(body) = body {
        call = call.json(&body);
    }
    let answer = call.send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let valid_until = START.plus(Duration::from_secs(seconds));

    let stored = &world.memory.webhooks()[0];
    assert_ne!(stored.secret, old_secret());
    assert_eq!(stored.previous_secrets, [PreviousSecret { secret: old_secret(), valid_until }]);
    assert!(stored.updated_at > webhook.updated_at);
    let expected = json!({
        "secret": stored.secret.reveal(),
        "previousSecretValidUntil": valid_until.to_string(),
        "previousSecrets": [{"validUntil": valid_until.to_string()}],
    });
    assert_eq!(answer.json(), expected);
    let shown = world.get(path(&webhook), &key).await.json();
    assert_eq!(shown["secret"], expected["secret"]);
    assert_eq!(shown["previousSecrets"], expected["previousSecrets"]);
}

#[tokio::test]
async fn without_grace_the_old_secret_is_forgotten_at_once() {
    let (world, key, webhook) = world().await;
    let call = world.call("POST", format!("{}/rotate", path(&webhook))).key(&key);
    let answer = call.json(&json!({"graceSeconds": 0})).send().await;
    assert_eq!(answer.json()["previousSecretValidUntil"], START.to_string());
    assert_eq!(answer.json()["previousSecrets"], json!([]));
    assert_eq!(world.memory.webhooks()[0].previous_secrets, []);
}

#[tokio::test]
async fn after_a_second_rotation_each_old_secret_has_its_own_end() {
    let (world, key, webhook) = world().await;
    let rotate = |grace: u64| {
        let call = world.call("POST", format!("{}/rotate", path(&webhook))).key(&key);
        call.json(&json!({ "graceSeconds": grace })).send()
    };
    let first = rotate(3600).await.json();
    let second = rotate(60).await.json();
    let ends = [60, 3600].map(|seconds| START.plus(Duration::from_secs(seconds)));
    assert_eq!(second["previousSecretValidUntil"], ends[0].to_string());
    let views = ends.map(|end| json!({ "validUntil": end.to_string() }));
    assert_eq!(second["previousSecrets"], json!(views));
    let stored = world.memory.webhooks()[0].previous_secrets.clone();
    let stored: Vec<_> =
        stored.iter().map(|it| (it.secret.reveal().to_owned(), it.valid_until)).collect();
    let first = first["secret"].as_str().expect("a secret").to_owned();
    assert_eq!(stored, [(first, ends[0]), (old_secret().reveal().to_owned(), ends[1])]);

    world.clock.advance(Duration::from_secs(60));
    let shown = world.get(path(&webhook), &key).await.json();
    assert_eq!(shown["previousSecrets"], json!(views[1..]));
    let third = rotate(0).await.json();
    assert_eq!(third["previousSecretValidUntil"], ends[0].to_string());
    assert_eq!(third["previousSecrets"], json!(views[1..]));
}

#[rstest]
#[case(json!({"graceSeconds": 604_801}), &["graceSeconds"])]
#[case(json!({"graceSeconds": -1}), &["graceSeconds"])]
#[case(json!({"graceSeconds": 1.5}), &["graceSeconds"])]
#[case(json!({"graceSeconds": "60"}), &["graceSeconds"])]
#[case(json!({"graceSeconds": [], "secret": "whsec_x"}), &["graceSeconds", "secret"])]
#[tokio::test]
async fn a_grace_out_of_bounds_changes_nothing(#[case] body: Value, #[case] fields: &[&str]) {
    let (world, key, webhook) = world().await;
    let call = world.call("POST", format!("{}/rotate", path(&webhook))).key(&key).json(&body);
    let answer = call.send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), fields);
    assert_eq!(world.memory.webhooks(), [webhook]);
}

#[tokio::test]
async fn a_rotation_of_unknown_outcome_says_so_and_can_be_repeated() {
    let (world, key, webhook) = world().await;
    let lost = PortError::Unavailable("UpdateItem: timeout".into());
    world.memory.fail_next(Operation::ReplaceWebhook, lost, Effect::After);
    let answer = world.post(format!("{}/rotate", path(&webhook)), &key).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    let again = world.post(format!("{}/rotate", path(&webhook)), &key).await;
    let shown = world.get(path(&webhook), &key).await;
    assert_eq!(shown.json()["secret"], again.json()["secret"]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_masked_wherever_it_was_not_asked_for() {
    let (world, key, webhook) = world().await;
    let webhook = changed(&webhook, |it| {
        it.previous_secrets = vec![PreviousSecret {
            secret: Secret::from_random([0x5A; 32]),
            valid_until: START.plus(Duration::from_secs(60)),
        }];
    });
    world.memory.put_webhook(webhook.clone());
    let event = an_event().for_user("u").build();
    let delivery = a_delivery().of(&event).to(&webhook).delivered().build();
    world.memory.put_event(event);
    world.memory.put_delivery(delivery.clone());

    let one = format!("/api/webhooks/{}", webhook.id);
    let draft = json!({"name": "x", "url": "https://hooks.example.com/", "events": ["*"]});
    let calls = [
        world.call("GET", "/api/webhooks"),
        world.call("GET", one.clone()),
        world.call("GET", format!("{one}/deliveries")),
        world.call("GET", format!("{one}/deliveries/{}", delivery.id)),
        world.call("POST", format!("{one}/deliveries/{}/retry", delivery.id)),
        world.call("POST", format!("{one}/test")),
        world.call("PUT", one.clone()).json(&draft),
        world.call("POST", format!("{one}/secret/rotate")),
        world.call("DELETE", one),
    ];
    for call in calls {
        let answer = call.key(&key).send().await;
        assert!(answer.status.is_success(), "{}", answer.text);
        for secret in [old_secret(), Secret::from_random([0x5A; 32])] {
            // Without its padding, so that no piece of it slips through either.
            assert!(!answer.text.contains(&secret.reveal()[6..40]), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_caller_who_may_not_see_secrets_gets_a_masked_one_of_a_new_webhook() {
    let world = World::new();
    let draft = json!({"name": "CRM", "url": "https://hooks.example.com/in", "events": ["*"]});
    let writer = world.key("u", &[Scope::WebhooksWrite]).await;
    let created = world.call("POST", "/api/webhooks").key(&writer).json(&draft).send().await;
    assert_eq!(created.status.as_u16(), 201, "{}", created.text);
    assert_eq!(created.json()["secret"], "whsec_********");
    let full = world.key("u", &[Scope::WebhooksWrite, Scope::WebhooksSecrets]).await;
    let created = world.call("POST", "/api/webhooks").key(&full).json(&draft).send().await;
    let stored = world.memory.webhooks();
    let secret = created.json()["secret"].as_str().expect("text").to_owned();
    assert!(stored.iter().any(|webhook| webhook.secret.reveal() == secret));
}
