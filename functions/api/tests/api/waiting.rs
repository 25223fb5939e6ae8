//! What a delivery waits for: in lists, in answers about one delivery, and beside its event.

use crate::world::World;
use grapnel_domain::{
    delivery::Delivery,
    event::Event,
    health::{Circuit, Health},
    limit::Slot,
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_failing_health, a_webhook, an_event},
    clock::START,
    memory::Operation,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The `n`th minute after the start.
fn minute(n: u64) -> Timestamp {
    START.plus(Duration::from_secs(60 * n))
}

/// The fields that say when a delivery goes on.
fn wait(delivery: &Value) -> Value {
    json!([
        delivery["status"],
        delivery["waitingFor"],
        delivery["until"],
        delivery["nextAttemptAt"]
    ])
}

/// A webhook whose circuit is open until the tenth minute, and an event for it.
fn failing() -> (Webhook, Event) {
    let health = Health { circuit: Circuit::Open { due: minute(10) }, ..a_failing_health() };
    let webhook = a_webhook().for_user("u").health(health).build();
    let event = an_event().for_user("u").to([webhook.id]).build();
    (webhook, event)
}

async fn answers(world: &World, key: &str, delivery: &Delivery) -> Vec<Value> {
    let list = format!("/api/webhooks/{}/deliveries", delivery.webhook_id);
    let one = format!("{list}/{}", delivery.id);
    let event = format!("/api/events/{}", delivery.event_id);
    vec![
        world.get(list, key).await.items().remove(0),
        world.get(one, key).await.json(),
        world.get(event, key).await.json()["deliveries"][0].clone(),
    ]
}

#[tokio::test]
async fn every_answer_says_what_a_delivery_waits_for_and_until_when() {
    let slot = Slot { at: minute(7), moved: false };
    let cases: [(DeliveryBuilder, Value); 6] = [
        (a_delivery(), json!(["pending", null, null, null])),
        (a_delivery().retrying(), json!(["retrying", "retry", minute(1), minute(1)])),
        // Parked until the fifth minute, while the circuit has moved on since.
        (a_delivery().parked_until(minute(5)), json!(["pending", "circuit", minute(10), null])),
        (
            a_delivery().retrying().parked_until(minute(5)),
            json!(["retrying", "circuit", minute(10), minute(10)]),
        ),
        (
            a_delivery().retrying().waiting_for_slot(slot),
            json!(["retrying", "rateLimit", minute(7), minute(7)]),
        ),
        (a_delivery().delivered(), json!(["success", null, null, null])),
    ];
    for (delivery, expected) in cases {
        let world = World::new();
        let key = world.full_key("u").await;
        let (webhook, event) = failing();
        let delivery = delivery.of(&event).to(&webhook).build();
        world.memory.put_webhook(webhook);
        world.memory.put_event(event);
        world.memory.put_delivery(delivery.clone());
        for answer in answers(&world, &key, &delivery).await {
            assert_eq!(wait(&answer), expected, "{answer}");
        }
    }
}

#[tokio::test]
async fn a_delivery_whose_circuit_has_closed_is_on_its_way() {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    let event = an_event().for_user("u").to([webhook.id]).build();
    let delivery = a_delivery().of(&event).to(&webhook).parked_until(minute(5)).build();
    world.memory.put_webhook(webhook);
    world.memory.put_event(event);
    world.memory.put_delivery(delivery.clone());
    for answer in answers(&world, &key, &delivery).await {
        assert_eq!(wait(&answer), json!(["pending", null, null, null]));
    }
}

#[tokio::test]
async fn deliveries_are_listed_by_what_they_wait_for() {
    let world = World::new();
    let key = world.full_key("u").await;
    let (webhook, _) = failing();
    let slot = Slot { at: minute(7), moved: false };
    let stored = |n: u64, delivery: DeliveryBuilder| {
        let event = an_event().for_user("u").stored_at(minute(n)).build();
        let delivery = delivery.of(&event).to(&webhook).build();
        world.memory.put_delivery(delivery.clone());
        delivery.id.to_string()
    };
    let parked = stored(0, a_delivery().parked_until(minute(5)));
    let retrying = stored(1, a_delivery().retrying());
    let limited = stored(2, a_delivery().retrying().waiting_for_slot(slot));
    let parked_later = stored(3, a_delivery().retrying().parked_until(minute(10)));
    stored(4, a_delivery());
    world.memory.put_webhook(webhook.clone());
    for (query, expected) in [
        ("waitingFor=circuit", vec![&parked_later, &parked]),
        ("waitingFor=circuit&status=pending", vec![&parked]),
        ("waitingFor=retry", vec![&retrying]),
        ("waitingFor=rateLimit", vec![&limited]),
        ("waitingFor=rateLimit&status=pending", vec![]),
    ] {
        let path = format!("/api/webhooks/{}/deliveries?{query}", webhook.id);
        let items = world.get(path, &key).await.items();
        let ids: Vec<&str> = items.iter().map(|item| item["id"].as_str().expect("text")).collect();
        assert_eq!(ids, expected, "{query}");
    }
}

#[tokio::test]
async fn only_parked_deliveries_of_an_event_cost_a_read_of_their_webhook() {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhooks = [(); 3].map(|()| failing().0);
    let event = an_event().for_user("u").to(webhooks.each_ref().map(|it| it.id)).build();
    let [one, two, three] = webhooks.each_ref().map(|webhook| a_delivery().of(&event).to(webhook));
    for delivery in [one.delivered(), two.retrying(), three.parked_until(minute(5))] {
        world.memory.put_delivery(delivery.build());
    }
    webhooks.into_iter().for_each(|webhook| world.memory.put_webhook(webhook));
    let path = format!("/api/events/{}", event.id);
    world.memory.put_event(event);
    let before = world.memory.calls(Operation::Webhook);
    world.get(path, &key).await;
    assert_eq!(world.memory.calls(Operation::Webhook) - before, 1);
}
