//! The log of deliveries.

use crate::world::{Answer, World, problem};
use grapnel_domain::{
    delivery::{Delivery, Reason},
    event::Event,
    filter::Undecided,
    ports::PortError,
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, a_webhook, an_attempt, an_event},
    clock::START,
    memory::{Effect, Operation},
};
use serde_json::{Value, json};
use std::time::Duration;

async fn world() -> (World, String, Webhook) {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    (world, key, webhook)
}

fn path(webhook: &Webhook) -> String {
    format!("/api/webhooks/{}/deliveries", webhook.id)
}

/// The `n`th second after the start.
fn second(n: u64) -> Timestamp {
    START.plus(Duration::from_secs(n))
}

/// An event with this data, and its delivery, stored `n` seconds after the start.
fn delivered(world: &World, webhook: &Webhook, n: u64, data: String) -> (Event, Delivery) {
    let event = an_event().for_user("u").data(data).stored_at(second(n)).build();
    let delivery = a_delivery().of(&event).to(webhook).delivered().build();
    world.memory.put_event(event.clone());
    world.memory.put_delivery(delivery.clone());
    (event, delivery)
}

#[tokio::test]
async fn a_delivery_has_its_published_names_and_its_payload_as_received() {
    let (world, key, webhook) = world().await;
    let data = r#"{ "b": 1.0, "a": 12345678901234567890123,  "é": "\u00e9" }"#;
    let (event, delivery) = delivered(&world, &webhook, 0, data.to_owned());
    let expected = format!(
        concat!(
            r#"{{"id":"{}","webhookId":"{}","event":"lead.created","eventId":"{}","payload":{},"#,
            r#""status":"success","attempts":[{{"attemptNumber":1,"statusCode":200,"duration":{},"#,
            r#""attemptedAt":"2026-11-24T06:24:00.000Z"}}],"#,
            r#""createdAt":"2026-11-24T06:24:00.000Z"}}"#
        ),
        delivery.id,
        webhook.id,
        event.id,
        data,
        an_attempt(1).duration
    );
    let list = world.get(path(&webhook), &key).await;
    assert_eq!(list.text, format!(r#"{{"items":[{expected}]}}"#));
    let one = world.get(format!("{}/{}", path(&webhook), delivery.id), &key).await;
    assert_eq!(one.text, expected);
}

#[tokio::test]
async fn a_delivery_says_what_comes_next_or_why_nothing_does() {
    let (world, key, webhook) = world().await;
    let retrying = a_delivery().to(&webhook).retrying_at(second(60)).build();
    let event = an_event().for_user("u").stored_at(second(1)).build();
    let failed =
        a_delivery().of(&event).to(&webhook).failed(2, Reason::AttemptsExhausted).test().build();
    world.memory.put_delivery(retrying);
    world.memory.put_delivery(failed);
    let items = world.get(path(&webhook), &key).await.items();
    assert_eq!(items[0]["status"], "failed");
    assert_eq!(items[0]["reason"], "attempts_exhausted");
    assert_eq!(items[0]["test"], true);
    assert_eq!(items[0].get("nextAttemptAt"), None);
    assert_eq!(items[0]["attempts"].as_array().map(Vec::len), Some(2));
    assert_eq!(items[1]["status"], "retrying");
    assert_eq!(items[1]["nextAttemptAt"], "2026-11-24T06:25:00.000Z");
    assert_eq!(items[1].get("reason"), None);
    assert_eq!(items[1].get("test"), None);
    let error = a_failed_attempt(1);
    assert_eq!(items[1]["attempts"][0]["error"], json!(error.error));
    assert_eq!(items[1]["attempts"][0]["response"], json!(error.response));
}

#[tokio::test]
async fn a_delivery_says_that_its_webhooks_filter_could_not_decide() {
    let (world, key, webhook) = world().await;
    let notes = [None, Some(Undecided::OutOfSteps), Some(Undecided::Unreadable)];
    for (n, note) in (0..).zip(notes) {
        let (_, delivery) = delivered(&world, &webhook, n, "{}".into());
        world.memory.put_delivery(Delivery { undecided_filter: note, ..delivery });
    }
    let items = world.get(path(&webhook), &key).await.items();
    let shown: Vec<_> = items.iter().rev().map(|item| item.get("undecidedFilter")).collect();
    assert_eq!(shown, [None, Some(&json!("out_of_steps")), Some(&json!("unreadable"))]);
    let one = format!("{}/{}", path(&webhook), items[0]["id"].as_str().expect("text"));
    assert_eq!(world.get(one, &key).await.json()["undecidedFilter"], json!("unreadable"));
}

#[tokio::test]
async fn the_newest_comes_first_and_pages_follow_each_other() {
    let (world, key, webhook) = world().await;
    let mut expected: Vec<String> =
        (0..7).map(|n| delivered(&world, &webhook, n, "{}".into()).1.id.to_string()).collect();
    expected.reverse();
    let pages = world.pages(&format!("{}?limit=3", path(&webhook)), &key).await;
    let seen: Vec<Vec<String>> = pages.iter().map(Answer::ids).collect();
    assert_eq!(seen, [&expected[..3], &expected[3..6], &expected[6..]]);
}

#[tokio::test]
async fn the_payload_of_an_event_that_is_gone_is_null() {
    let (world, key, webhook) = world().await;
    let delivery = a_delivery().to(&webhook).delivered().build();
    world.memory.put_delivery(delivery.clone());
    assert_eq!(world.get(path(&webhook), &key).await.items()[0]["payload"], Value::Null);
    let one = world.get(format!("{}/{}", path(&webhook), delivery.id), &key).await;
    assert_eq!(one.json()["payload"], Value::Null);
}

#[tokio::test]
async fn the_payload_of_an_event_that_a_cheap_read_misses_is_there() {
    let (world, key, webhook) = world().await;
    let event = an_event().for_user("u").build();
    world.memory.put_delivery(a_delivery().of(&event).to(&webhook).delivered().build());
    world.memory.stop_replication();
    world.memory.put_event(event);
    let payload = world.get(path(&webhook), &key).await.items()[0]["payload"].clone();
    assert_eq!(payload["leadId"], "lead-1");
}

#[tokio::test]
async fn an_event_of_another_user_is_never_shown() {
    let (world, key, webhook) = world().await;
    let event = an_event().for_user("other").build();
    world.memory.put_event(event.clone());
    world.memory.put_delivery(a_delivery().of(&event).to(&webhook).delivered().build());
    assert_eq!(world.get(path(&webhook), &key).await.items()[0]["payload"], Value::Null);
}

#[tokio::test]
async fn each_event_of_a_page_is_read_once() {
    let (world, key, webhook) = world().await;
    for n in 0..5 {
        delivered(&world, &webhook, n, "{}".into());
    }
    // A second delivery of an event that has one: fan-out makes none, but a row may be moved.
    let event = world.memory.events()[0].clone();
    let again = Event { stored_at: second(99), ..event };
    world.memory.put_delivery(a_delivery().of(&again).to(&webhook).delivered().build());
    let page = world.get(path(&webhook), &key).await;
    assert_eq!(page.items().len(), 6);
    assert!(page.items().iter().all(|item| item["payload"].is_object()));
    assert_eq!(world.memory.calls(Operation::Event), 5);
}

#[tokio::test]
async fn a_page_ends_before_4_mb_and_the_next_goes_on_exactly() {
    let (world, key, webhook) = world().await;
    let mut expected = Vec::new();
    for n in 0..40 {
        let data = format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(250_000));
        expected.push(delivered(&world, &webhook, n, data).1.id.to_string());
    }
    expected.reverse();
    let pages = world.pages(&format!("{}?limit=100", path(&webhook)), &key).await;
    assert!(pages.iter().all(|page| page.text.len() <= 4_000_000));
    assert!(pages[0].text.len() > 3_700_000, "as much as fits: {}", pages[0].text.len());
    assert_eq!(pages.iter().flat_map(Answer::ids).collect::<Vec<_>>(), expected);
    assert_eq!(pages.len(), 3);
    // Beyond what is shown, only the reads that were under way.
    assert!(world.memory.calls(Operation::Event) < 40 + 3 * 10);
}

#[tokio::test]
async fn a_page_of_quotes_stays_within_what_the_function_can_answer() {
    let (world, key, webhook) = world().await;
    for n in 0..30 {
        let data = format!(r#"{{"text":"{}"}}"#, r#"\""#.repeat(125_000));
        delivered(&world, &webhook, n, data);
    }
    for page in world.pages(&format!("{}?limit=100", path(&webhook)), &key).await {
        let travels = serde_json::to_string(&page.text).expect("serialises").len();
        assert!(travels < 5_600_000, "{travels}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_webhook_shows_nothing_of_it() {
    let (world, key, webhook) = world().await;
    let other = a_webhook().for_user("u").build();
    world.memory.put_webhook(other.clone());
    for n in [10, 20, 30] {
        delivered(&world, &other, n, "{}".into());
    }
    let (_, mine) = delivered(&world, &webhook, 1, "{}".into());
    let cursor = world.get(format!("{}?limit=1", path(&other)), &key).await.next_cursor();
    let cursor = cursor.expect("more");
    let page = world.get(format!("{}?cursor={cursor}", path(&webhook)), &key).await;
    assert_eq!(page.ids(), [mine.id.to_string()]);
    let webhooks = world.get(format!("/api/webhooks?cursor={cursor}"), &key).await;
    assert_eq!(webhooks.problem(), problem(400, "invalid_query"));
}

#[tokio::test]
async fn the_deliveries_of_a_deleted_webhook_are_gone_with_it() {
    let (world, key, webhook) = world().await;
    let (_, delivery) = delivered(&world, &webhook, 0, "{}".into());
    world.call("DELETE", format!("/api/webhooks/{}", webhook.id)).key(&key).send().await;
    for path in [path(&webhook), format!("{}/{}", path(&webhook), delivery.id)] {
        assert_eq!(world.get(path, &key).await.problem(), problem(404, "not_found"));
    }
}

#[tokio::test]
async fn a_page_whose_events_cannot_be_read_is_not_shown_without_them() {
    let (world, key, webhook) = world().await;
    delivered(&world, &webhook, 0, "{}".into());
    let throttled = PortError::Throttled("GetItem: throttled".into());
    world.memory.fail_next(Operation::Event, throttled, Effect::Before);
    let answer = world.get(path(&webhook), &key).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
}
