//! Why a delivery stands where it stands, and why a webhook did not get an event.

use crate::{
    routes::effects,
    world::{ADMIN, Answer, World, problem},
};
use grapnel_domain::{
    delivery::{Delivery, Reason, Reopened},
    event::Event,
    health::DisabledCause,
    ids::{ReplayId, WebhookId},
    scope::Scope,
    time::Timestamp,
    webhook::{Webhook, WebhookStatus},
};
use grapnel_testing::{
    builders::{a_delivery, a_failing_health, a_webhook, an_event, changed},
    clock::START,
    memory::Operation,
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3600);

/// When events arrive: long after the webhooks were created.
fn arrived() -> Timestamp {
    START.plus(HOUR)
}

fn webhook() -> Webhook {
    a_webhook().for_user("u").build()
}

fn scored() -> Webhook {
    let filter = r#"{"score": [{"numeric": [">", 50]}], "state": ["new"]}"#;
    a_webhook().for_user("u").filter(filter).build()
}

fn event(data: &str, audience: impl IntoIterator<Item = WebhookId>) -> Event {
    an_event().for_user("u").data(data).stored_at(arrived()).to(audience).build()
}

/// A world with these, at a time after the event.
fn world_of(webhook: &Webhook, event: &Event, delivery: Option<&Delivery>) -> World {
    let world = World::new();
    world.clock.set(arrived().plus(HOUR));
    world.memory.put_webhook(webhook.clone());
    world.memory.put_event(event.clone());
    if let Some(delivery) = delivery {
        world.memory.put_delivery(delivery.clone());
    }
    world
}

fn of_event(event: &Event, webhook: &Webhook) -> String {
    format!("/api/events/{}/explain?webhook={}", event.id, webhook.id)
}

async fn explained(world: &World, path: &str) -> Value {
    let key = world.full_key("u").await;
    let answer: Answer = world.get(path, &key).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.json()
}

async fn of_delivery(webhook: &Webhook, delivery: &Delivery) -> Value {
    let event = event("{}", [webhook.id]);
    let world = world_of(webhook, &event, Some(delivery));
    let path = format!("/api/webhooks/{}/deliveries/{}/explain", webhook.id, delivery.id);
    let explained = explained(&world, &path).await;
    assert_eq!(explained["deliveryId"], json!(delivery.id.to_string()));
    assert_eq!(explained["matched"], true);
    explained
}

/// Each of these was called once, and nothing else.
#[track_caller]
fn assert_only(world: &World, expected: &[Operation]) {
    assert_eq!(effects(world).len(), expected.len(), "{:?}", effects(world));
    for operation in expected {
        assert_eq!(world.memory.calls(*operation), 1, "{operation:?}");
    }
}

/// An explanation without its words.
fn fields(mut explanation: Value) -> Value {
    let fields = explanation.as_object_mut().expect("an object");
    for name in ["summary", "deliveryId", "matched"] {
        fields.remove(name);
    }
    explanation
}

#[tokio::test]
async fn a_delivery_says_where_it_stands() {
    let webhook = webhook();
    let event = event("{}", [webhook.id]);
    let build = || a_delivery().of(&event).to(&webhook);
    let due = arrived().plus(HOUR * 2);
    let cases = [
        (build().delivered().build(), json!({"verdict": "delivered", "attempt": 1})),
        (
            build().failed(5, Reason::AttemptsExhausted).build(),
            json!({"verdict": "ended", "reason": "attempts_exhausted"}),
        ),
        (
            build().retrying_at(due).build(),
            json!({"verdict": "waiting", "waitingFor": "retry", "attempt": 2, "finalAttempt": 5,
                "nextAttemptAt": due.to_string()}),
        ),
        (
            build().retrying_at(START).build(),
            json!({"verdict": "due", "attempt": 2, "finalAttempt": 5}),
        ),
    ];
    for (delivery, expected) in cases {
        assert_eq!(fields(of_delivery(&webhook, &delivery).await), expected);
    }
}

#[tokio::test]
async fn a_delivery_that_ended_early_and_is_replayed_says_where_its_schedule_ends() {
    let webhook = webhook();
    let by = ReplayId::from_uuid(Uuid::from_u128(1));
    let due = arrived().plus(HOUR * 2);
    let delivery = a_delivery()
        .of(&event("{}", [webhook.id]))
        .to(&webhook)
        .retrying_at(due)
        .reopened(Reopened { by, attempts: 1 })
        .build();
    let explained = of_delivery(&webhook, &delivery).await;
    assert_eq!(explained["summary"], json!(format!("Attempt 2 of 6 is due at {due}.")));
    assert_eq!(explained["finalAttempt"], 6);

    let world = world_of(&webhook, &event("{}", [webhook.id]), Some(&delivery));
    let key = world.full_key("u").await;
    let path = format!("/api/webhooks/{}/deliveries/{}", webhook.id, delivery.id);
    assert_eq!(world.get(path, &key).await.json()["finalAttempt"], 6);
    for list in [format!("/api/webhooks/{}/deliveries", webhook.id), "/api/deliveries".into()] {
        assert_eq!(world.get(list, &key).await.items()[0]["finalAttempt"], 6);
    }
}

#[tokio::test]
async fn a_parked_delivery_and_one_of_a_disabled_webhook_say_so() {
    let event = event("{}", []);
    let mut health = a_failing_health();
    let due = arrived().plus(HOUR * 3);
    health.circuit = grapnel_domain::health::Circuit::Open { due };
    let open = webhook().with_state(health, None);
    let parked = a_delivery().of(&event).to(&open).parked_until(due).build();
    let explained = of_delivery(&open, &parked).await;
    assert_eq!(explained["waitingFor"], "circuit");
    assert_eq!(explained["nextAttemptAt"], json!(due.to_string()));
    let disabled = changed(&open, |it| it.status = WebhookStatus::Disabled);
    let explained = of_delivery(&disabled, &parked).await;
    let expected = json!({"verdict": "ending", "reason": "webhook_disabled"});
    assert_eq!(fields(explained), expected);
}

#[rstest]
#[case::other_type(
    a_webhook().for_user("u").events(["task.failed"]).build(),
    json!({"verdict": "type_not_subscribed"})
)]
#[case::disabled(
    a_webhook().for_user("u").disabled().build(),
    json!({"verdict": "webhook_disabled"})
)]
#[case::filter(scored(), json!({"verdict": "filter_failed", "failedConditions": ["/score"]}))]
#[case::created_later(
    a_webhook().for_user("u").created_at(START.plus(HOUR + HOUR / 2)).build(),
    json!({"verdict": "webhook_created_later"})
)]
#[case::changed(
    changed(&scored(), |it| it.updated_at = START.plus(HOUR + HOUR / 2)),
    json!({"verdict": "webhook_changed", "matchesNow": false, "failedConditions": ["/score"],
        "changedAt": START.plus(HOUR + HOUR / 2).to_string()})
)]
#[case::no_cause(webhook(), json!({"verdict": "unknown"}))]
#[tokio::test]
async fn an_event_that_did_not_match_has_a_cause(
    #[case] webhook: Webhook,
    #[case] expected: Value,
) {
    let event = event(r#"{"score": 40, "state": "new"}"#, []);
    let world = world_of(&webhook, &event, None);
    let explained = explained(&world, &of_event(&event, &webhook)).await;
    assert_eq!(explained["matched"], false);
    assert_eq!(explained.get("deliveryId"), None);
    assert_eq!(fields(explained), expected);
    // Nothing came, so no delivery is read; nothing is written.
    assert_only(&world, &[Operation::Event, Operation::Webhook]);
}

#[tokio::test]
async fn an_event_that_matched_is_explained_by_its_delivery() {
    let webhook = webhook();
    let event = event("{}", [webhook.id]);
    let delivery = a_delivery().of(&event).to(&webhook).delivered().build();
    let world = world_of(&webhook, &event, Some(&delivery));
    let path = of_event(&event, &webhook);
    let delivered = explained(&world, &path).await;
    assert_eq!(delivered["summary"], "It matched. Delivered at attempt 1.");
    assert_eq!(delivered["deliveryId"], json!(delivery.id.to_string()));
    assert_only(&world, &[Operation::Event, Operation::Webhook, Operation::Delivery]);

    let pending = world_of(&webhook, &event, None);
    assert_eq!(explained(&pending, &path).await["verdict"], "delivery_pending");
    pending.clock.set(arrived().plus(HOUR * 24 * 31));
    assert_eq!(explained(&pending, &path).await["verdict"], "delivery_expired");
}

#[tokio::test]
async fn the_delivery_of_a_deleted_webhook_is_still_explained() {
    let webhook = webhook();
    let event = event("{}", [webhook.id]);
    let delivery = a_delivery().of(&event).to(&webhook).failed(1, Reason::WebhookDeleted).build();
    let world = World::new();
    world.memory.put_event(event.clone());
    world.memory.put_delivery(delivery);
    let explained = explained(&world, &of_event(&event, &webhook)).await;
    assert_eq!(explained["reason"], "webhook_deleted");
}

#[tokio::test]
async fn what_is_somebody_elses_or_nobodys_is_not_there() {
    let webhook = webhook();
    let event = event("{}", []);
    let world = world_of(&webhook, &event, None);
    let theirs = a_webhook().for_user("other").build();
    let their_event = an_event().for_user("other").called("theirs").to([webhook.id]).build();
    world.memory.put_webhook(theirs.clone());
    world.memory.put_event(their_event.clone());
    let key = world.full_key("u").await;
    for path in [
        of_event(&event, &theirs),
        of_event(&their_event, &webhook),
        of_event(&their_event, &theirs),
        of_event(&event, &a_webhook().build()),
    ] {
        assert_eq!(world.get(&path, &key).await.problem(), problem(404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn the_conditions_of_a_filter_are_for_readers_of_webhooks() {
    let webhook = scored();
    let event = event(r#"{"score": 40}"#, []);
    let world = world_of(&webhook, &event, None);
    let path = of_event(&event, &webhook);
    let key = world.key("u", &[Scope::DeliveriesRead]).await;
    let answer = world.get(&path, &key).await;
    assert_eq!(answer.json()["verdict"], "filter_failed");
    assert!(!answer.text.contains("score"), "{}", answer.text);
    let key = world.key("u", &[Scope::DeliveriesRead, Scope::WebhooksRead]).await;
    let both = json!(["/score", "/state"]);
    assert_eq!(world.get(&path, &key).await.json()["failedConditions"], both);
    let admin = world.get(format!("{path}&userId=u"), ADMIN).await;
    assert_eq!(admin.json()["failedConditions"], both);
}

#[tokio::test]
async fn no_explanation_repeats_the_data_or_a_secret() {
    let webhook = scored();
    let event = event(r#"{"score": "hello@example.com"}"#, []);
    let world = world_of(&webhook, &event, None);
    let key = world.full_key("u").await;
    let text = world.get(of_event(&event, &webhook), &key).await.text;
    assert!(!text.contains("example.com") && !text.contains("whsec_"), "{text}");
}

#[rstest]
#[case::without("")]
#[case::empty("?webhook=")]
#[case::no_id("?webhook=evt_5f3759df-1c3a-8c3a-9f00-1234567890ab")]
#[tokio::test]
async fn the_webhook_must_be_named(#[case] query: &str) {
    let world = World::new();
    let key = world.full_key("u").await;
    let path = format!("/api/events/{}/explain{query}", event("{}", []).id);
    let answer = world.get(path, &key).await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"));
    assert_eq!(answer.fields(), ["webhook"]);
    assert_eq!(effects(&world), []);
}

#[tokio::test]
async fn a_webhook_that_its_endpoint_disabled_was_disabled_if_nothing_else_kept_the_event() {
    let mut health = a_failing_health();
    health.circuit = grapnel_domain::health::Circuit::Disabled { cause: DisabledCause::Gone };
    let webhook = webhook().with_state(health, None);
    let event = event("{}", []);
    let world = world_of(&webhook, &event, None);
    let explained = explained(&world, &of_event(&event, &webhook)).await;
    assert_eq!(explained["verdict"], "webhook_disabled");
}
