//! The list of the deliveries of all of a user's webhooks.

use crate::world::{World, problem};
use grapnel_domain::{
    delivery::{Delivery, Reason},
    health::{Circuit, Health},
    ids::DeliveryId,
    scope::Scope,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_failing_health, a_webhook, an_event},
    clock::START,
    memory::Operation,
};
use serde_json::json;
use std::time::Duration;

async fn world() -> (World, String) {
    let world = World::new();
    let key = world.key("u", &[Scope::DeliveriesRead]).await;
    (world, key)
}

fn webhook(world: &World, user: &str) -> Webhook {
    let webhook = a_webhook().for_user(user).build();
    world.memory.put_webhook(webhook.clone());
    webhook
}

/// A delivery whose event arrived `second` seconds after the start.
fn stored(
    world: &World,
    webhook: &Webhook,
    second: u64,
    is: impl FnOnce(DeliveryBuilder) -> DeliveryBuilder,
) -> Delivery {
    let stored_at = START.plus(Duration::from_secs(second));
    let event = an_event().for_user(webhook.user_id.as_str()).stored_at(stored_at).build();
    let delivery = is(a_delivery().of(&event).to(webhook)).build();
    world.memory.put_event(event);
    world.memory.put_delivery(delivery.clone());
    delivery
}

fn newest_first(mut ids: Vec<DeliveryId>) -> Vec<String> {
    ids.sort_unstable();
    ids.iter().rev().map(ToString::to_string).collect()
}

#[tokio::test]
async fn without_webhooks_or_deliveries_the_list_is_empty() {
    let (world, key) = world().await;
    assert_eq!(world.get("/api/deliveries", &key).await.text, r#"{"items":[]}"#);
    webhook(&world, "u");
    assert_eq!(world.get("/api/deliveries", &key).await.text, r#"{"items":[]}"#);
}

#[tokio::test]
async fn deliveries_of_all_webhooks_are_one_list_newest_first() {
    let (world, key) = world().await;
    let webhooks: Vec<Webhook> = (0..60).map(|_| webhook(&world, "u")).collect();
    let mut expected = Vec::new();
    for (n, webhook) in (0..).zip(&webhooks) {
        for round in 0..3 {
            let second = round * 100 + n;
            expected.push(stored(&world, webhook, second, DeliveryBuilder::delivered).id);
        }
    }
    let other = webhook(&world, "v");
    stored(&world, &other, 1, DeliveryBuilder::delivered);
    let expected = newest_first(expected);
    for limit in [7, 50, 100] {
        assert_eq!(
            world.all_ids(&format!("/api/deliveries?limit={limit}"), &key).await,
            expected,
            "{limit} at once"
        );
    }
    let before = world.memory.calls(Operation::ListDeliveries);
    world.get("/api/deliveries?limit=50", &key).await;
    let reads = world.memory.calls(Operation::ListDeliveries) - before;
    assert_eq!(reads, 60, "one query for each webhook");
}

#[tokio::test]
async fn a_cursor_stays_right_while_deliveries_arrive() {
    let (world, key) = world().await;
    let webhooks: Vec<Webhook> = (0..30).map(|_| webhook(&world, "u")).collect();
    let mut expected = Vec::new();
    for n in 0..90 {
        let webhook = &webhooks[usize::try_from(n % 30).expect("small")];
        expected.push(stored(&world, webhook, n, DeliveryBuilder::delivered).id);
    }
    let expected = newest_first(expected);
    let (mut seen, mut cursor, mut second) = (Vec::new(), String::new(), 1000);
    loop {
        let page = world.get(format!("/api/deliveries?limit=20{cursor}"), &key).await;
        seen.extend(page.ids());
        let Some(next) = page.next_cursor() else { break };
        cursor = format!("&cursor={next}");
        for webhook in &webhooks {
            second += 1;
            stored(&world, webhook, second, DeliveryBuilder::delivered);
        }
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn the_list_takes_the_filters_of_a_webhooks_list() {
    let (world, key) = world().await;
    let (one, two) = (webhook(&world, "u"), webhook(&world, "u"));
    let due = START.plus(Duration::from_secs(600));
    let health = Health { circuit: Circuit::Open { due }, ..a_failing_health() };
    let failing = a_webhook().for_user("u").health(health).build();
    world.memory.put_webhook(failing.clone());
    let exhausted = |delivery: DeliveryBuilder| delivery.failed(5, Reason::AttemptsExhausted);
    let all_of_them = [
        stored(&world, &one, 0, DeliveryBuilder::delivered),
        stored(&world, &two, 60, exhausted),
        stored(&world, &one, 120, DeliveryBuilder::retrying),
        stored(&world, &failing, 180, |delivery| delivery.parked_until(due)),
    ];
    for (query, expected) in [
        ("", vec![3, 2, 1, 0]),
        ("status=failed", vec![1]),
        ("waitingFor=circuit", vec![3]),
        ("waitingFor=retry", vec![2]),
        ("event=lead.*&statusCode=2xx", vec![0]),
        ("event=task.*", vec![]),
        ("since=2026-11-24T06:25:00Z&until=2026-11-24T06:27:00Z", vec![2, 1]),
    ] {
        let expected: Vec<String> =
            expected.iter().map(|at: &usize| all_of_them[*at].id.to_string()).collect();
        for limit in [1, 100] {
            let seen = world.all_ids(&format!("/api/deliveries?limit={limit}&{query}"), &key).await;
            assert_eq!(seen, expected, "{query}, {limit} at once");
        }
    }
    // Each item is what the list of its webhook shows.
    let parked = world.get("/api/deliveries?waitingFor=circuit", &key).await.items().remove(0);
    let list = format!("/api/webhooks/{}/deliveries", failing.id);
    assert_eq!(parked, world.get(list, &key).await.items()[0]);
    assert_eq!(parked["until"], json!(due));
}

#[tokio::test]
async fn a_search_reads_a_bounded_number_and_goes_on() {
    let (world, key) = world().await;
    let webhooks: Vec<Webhook> = (0..5).map(|_| webhook(&world, "u")).collect();
    let wanted =
        stored(&world, &webhooks[3], 0, |delivery| delivery.failed(1, Reason::AttemptsExhausted));
    for n in 1..2500 {
        let webhook = &webhooks[usize::try_from(n % 5).expect("small")];
        stored(&world, webhook, n, DeliveryBuilder::delivered);
    }
    let (mut pages, mut cursor, mut seen) = (0, String::new(), Vec::new());
    loop {
        let before = world.memory.calls(Operation::ListDeliveries);
        let page = world.get(format!("/api/deliveries?status=failed{cursor}"), &key).await;
        assert!(world.memory.calls(Operation::ListDeliveries) - before <= 15);
        pages += 1;
        seen.extend(page.ids());
        let Some(next) = page.next_cursor() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [wanted.id.to_string()]);
    assert!((2..=4).contains(&pages), "{pages}");
}

#[tokio::test]
async fn every_parameter_at_fault_is_named() {
    let (world, key) = world().await;
    let query = "status=lost&waitingFor=x&event=&statusCode=6xx&since=now&until=&limit=0&cursor=x";
    let answer = world.get(format!("/api/deliveries?{query}"), &key).await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"));
    let fields =
        ["limit", "cursor", "status", "waitingFor", "event", "statusCode", "since", "until"];
    assert_eq!(answer.fields(), fields);
    assert_eq!(world.memory.calls(Operation::ListWebhooks), 0);
}
