//! What a webhook says of its endpoint.

use crate::world::{World, problem};
use grapnel_domain::{
    delivery::{DeliveryAttempt, Reason, TRANSFORM_FAILED},
    health::{Behind, Circuit, DisabledCause, Health},
    scope::Scope,
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, a_failing_health, a_webhook, an_event},
    clock::START,
    memory::Operation,
};
use serde_json::{Value, json};
use std::time::Duration;

async fn world() -> (World, String) {
    let world = World::new();
    let key = world.key("u", &[Scope::WebhooksRead, Scope::WebhooksWrite]).await;
    (world, key)
}

fn minute(n: u64) -> Timestamp {
    START.plus(Duration::from_secs(60 * n))
}

fn path(webhook: &Webhook) -> String {
    format!("/api/webhooks/{}", webhook.id)
}

async fn health(world: &World, key: &str, webhook: &Webhook) -> Value {
    world.get(path(webhook), key).await.json()["health"].clone()
}

#[tokio::test]
async fn an_endpoint_that_is_well_costs_no_further_read() {
    let (world, key) = world().await;
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    assert_eq!(health(&world, &key, &webhook).await, json!({"failures": 0}));
    for operation in [Operation::Delivery, Operation::Parked] {
        assert_eq!(world.memory.calls(operation), 0);
    }
}

#[tokio::test]
async fn a_failing_webhook_says_since_when_why_until_when_and_how_many_wait() {
    let (world, key) = world().await;
    let webhook = a_webhook().for_user("u").build();
    let event = an_event().for_user("u").build();
    let probed = a_delivery().of(&event).to(&webhook).failed(2, Reason::AttemptsExhausted).build();
    let failing = Health {
        circuit: Circuit::Open { due: minute(10) },
        last_tried: Some(probed.id),
        ..a_failing_health()
    };
    world.memory.put_webhook(webhook.clone().with_state(failing, None));
    world.memory.put_delivery(probed.clone());
    let park = |second: u64| {
        let event = an_event().for_user("u").stored_at(START.plus(Duration::from_secs(second)));
        let parked = a_delivery().of(&event.build()).to(&webhook).parked_until(minute(5));
        world.memory.put_delivery(parked.build());
    };
    (0..3).for_each(park);
    let last = a_failed_attempt(2);
    let mut expected = json!({
        "failures": 10,
        "failingSince": START,
        "lastFailure": {
            "deliveryId": probed.id, "statusCode": 500, "error": last.error,
            "attemptedAt": last.attempted_at,
        },
        "nextProbeAt": minute(10),
        "parked": {"count": 3, "more": false},
    });
    assert_eq!(health(&world, &key, &webhook).await, expected);
    assert_eq!(
        (world.memory.calls(Operation::Delivery), world.memory.calls(Operation::Parked)),
        (1, 1)
    );
    // A bounded count: what lies beyond one page of the index is not counted.
    (3..250).for_each(park);
    expected["parked"] = json!({"count": 200, "more": true});
    assert_eq!(health(&world, &key, &webhook).await, expected);
    assert_eq!(world.memory.calls(Operation::Parked), 2, "one page");
}

#[tokio::test]
async fn a_webhook_that_gets_too_much_says_since_when_and_by_how_much_it_is_behind() {
    let (world, key) = world().await;
    let behind = Behind { since: minute(0), age_seconds: 240, noted_at: minute(4) };
    let late = Health { version: 3, behind: Some(behind), ..Health::default() };
    let webhook = a_webhook().for_user("u").health(late).build();
    world.memory.put_webhook(webhook.clone());
    world.memory.clock().set(minute(5));
    let expected = json!({
        "failures": 0,
        "behind": {"since": minute(0), "ageSeconds": 240, "notedAt": minute(4)},
    });
    assert_eq!(health(&world, &key, &webhook).await, expected);
    // Nothing late was sent for a quarter of an hour.
    world.memory.clock().set(minute(19));
    assert_eq!(health(&world, &key, &webhook).await, json!({"failures": 0}));
}

#[tokio::test]
async fn what_repeats_an_events_data_is_not_shown() {
    let (world, key) = world().await;
    let webhook = a_webhook().for_user("u").build();
    let attempt = |number, error: String| DeliveryAttempt {
        status_code: None,
        response: None,
        error: Some(error),
        ..a_failed_attempt(number)
    };
    let delivery = a_delivery()
        .to(&webhook)
        .retrying()
        .attempt(attempt(2, "the receiver did not answer within 10 s".into()))
        .attempt(attempt(3, format!("{TRANSFORM_FAILED}: `secret` is no number")))
        .build();
    let failing = Health { last_tried: Some(delivery.id), ..a_failing_health() };
    world.memory.put_webhook(webhook.clone().with_state(failing, None));
    world.memory.put_delivery(delivery);
    let shown = health(&world, &key, &webhook).await;
    assert_eq!(shown["lastFailure"]["error"], "the receiver did not answer within 10 s");
    assert_eq!(shown["lastFailure"].get("statusCode"), None);
}

#[tokio::test]
async fn a_probe_without_an_attempt_or_a_row_shows_the_failure_before_it() {
    let (world, key) = world().await;
    let webhook = a_webhook().for_user("u").build();
    let probed = a_delivery().to(&webhook).build();
    let event = an_event().stored_at(START.plus(Duration::from_secs(1))).build();
    let before = a_delivery().of(&event).to(&webhook).failed(2, Reason::AttemptsExhausted).build();
    let failing =
        Health { last_tried: Some(probed.id), tried_before: Some(before.id), ..a_failing_health() };
    world.memory.put_webhook(webhook.clone().with_state(failing, None));
    assert_eq!(health(&world, &key, &webhook).await.get("lastFailure"), None);
    world.memory.put_delivery(before.clone());
    let shown = async || health(&world, &key, &webhook).await["lastFailure"]["deliveryId"].clone();
    assert_eq!(shown().await, json!(before.id));
    world.memory.put_delivery(probed);
    assert_eq!(shown().await, json!(before.id));
}

#[tokio::test]
async fn a_webhook_that_was_disabled_says_why() {
    let (world, key) = world().await;
    let circuit = Circuit::Disabled { cause: DisabledCause::Gone };
    let health_of_gone = Health { version: 1, circuit, ..Health::default() };
    let webhook = a_webhook().for_user("u").health(health_of_gone).build();
    world.memory.put_webhook(webhook.clone());
    let expected = json!({"failures": 0, "disabledBecause": "gone"});
    assert_eq!(health(&world, &key, &webhook).await, expected);
}

#[tokio::test]
async fn health_can_be_sent_back_and_changes_nothing() {
    let (world, key) = world().await;
    let webhook = a_webhook().for_user("u").health(a_failing_health()).build();
    world.memory.put_webhook(webhook.clone());
    let read = world.get(path(&webhook), &key).await;
    assert!(read.json()["health"].is_object());
    let before = world.memory.health_now(&webhook.user_id, webhook.id);
    for (method, body) in
        [("PUT", read.json()), ("PATCH", json!({"health": {"failures": 0}, "description": "x"}))]
    {
        let answer = world.call(method, path(&webhook)).key(&key).json(&body).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{method}: {}", answer.text);
        assert_eq!(answer.json().get("health"), None);
    }
    assert_eq!(world.memory.health_now(&webhook.user_id, webhook.id), before);
    let new =
        json!({"name": "x", "url": "https://hooks.example.com/", "events": ["*"], "health": {}});
    let answer = world.call("POST", "/api/webhooks").key(&key).json(&new).send().await;
    assert_eq!(
        (answer.problem(), answer.fields()),
        (problem(422, "invalid_fields"), vec!["health".into()])
    );
}
