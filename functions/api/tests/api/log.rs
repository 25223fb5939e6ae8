//! The log of deliveries: what is listed, what is cancelled, and what is waited for.

use crate::world::{Answer, World, problem};
use axum::http::HeaderName;
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, DeliveryStatus, Reason},
    ports::{Deliveries, UpdateDeliveries},
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_webhook, an_event, nth},
    clock::START,
    memory::Operation,
};
use rstest::rstest;
use std::time::Duration;

fn at(minute: u64) -> Timestamp {
    START.plus(Duration::from_secs(60 * minute))
}

/// A delivery whose event was stored at that minute.
fn stored(
    webhook: &Webhook,
    minute: u64,
    kind: &str,
    is: fn(DeliveryBuilder) -> DeliveryBuilder,
) -> Delivery {
    let event = an_event().for_user("u").of_type(kind).stored_at(at(minute)).build();
    is(a_delivery().of(&event).to(webhook)).build()
}

fn exhausted(delivery: DeliveryBuilder) -> DeliveryBuilder {
    delivery.failed(5, Reason::AttemptsExhausted)
}

async fn log() -> (World, String, String, Vec<Delivery>) {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    let all = vec![
        stored(&webhook, 0, "lead.created", DeliveryBuilder::delivered),
        stored(&webhook, 1, "lead.created", exhausted),
        stored(&webhook, 2, "task.failed", DeliveryBuilder::retrying),
        stored(&webhook, 3, "task.failed", |delivery| delivery),
    ];
    all.iter().for_each(|delivery| world.memory.put_delivery(delivery.clone()));
    let path = format!("/api/webhooks/{}/deliveries", webhook.id);
    (world, key, path, all)
}

#[tokio::test]
async fn deliveries_are_listed_by_what_is_known_of_them() {
    let (world, key, path, all) = log().await;
    let code = all[1].attempts[4].status_code.expect("an answer");
    let class = format!("statusCode={}xx", code / 100);
    let exact = format!("statusCode={code}");
    for (query, expected) in [
        ("", vec![3, 2, 1, 0]),
        ("status=success", vec![0]),
        ("status=failed", vec![1]),
        ("status=retrying", vec![2]),
        ("status=pending", vec![3]),
        ("event=lead.created", vec![1, 0]),
        ("event=lead", vec![]),
        ("event=lead.*", vec![1, 0]),
        ("event=task.*&status=retrying", vec![2]),
        ("event=*", vec![3, 2, 1, 0]),
        ("waitingFor=retry", vec![2]),
        ("waitingFor=circuit", vec![]),
        ("statusCode=2xx", vec![0]),
        ("statusCode=1xx", vec![]),
        (exact.as_str(), vec![2, 1]),
        (class.as_str(), vec![2, 1]),
        ("since=2026-11-24T06:25:00Z", vec![3, 2, 1]),
        ("until=2026-11-24T06:25:00Z", vec![0]),
        ("since=2026-11-24T06:25:00Z&until=2026-11-24T06:27:00%2B00:00", vec![2, 1]),
        ("since=2026-11-24T06:24:00.001Z&event=lead.created", vec![1]),
        ("until=2026-11-24T06:24:00Z", vec![]),
    ] {
        let expected: Vec<String> =
            expected.iter().map(|at: &usize| all[*at].id.to_string()).collect();
        for limit in [1, 2, 100] {
            let pages = world.pages(&format!("{path}?limit={limit}&{query}"), &key).await;
            assert!(pages.iter().all(|page| page.items().len() <= limit));
            let seen: Vec<String> = pages.iter().flat_map(Answer::ids).collect();
            assert_eq!(seen, expected, "{query}, {limit} at once");
        }
    }
}

#[tokio::test]
async fn a_search_in_a_long_log_goes_on_from_page_to_page() {
    let (world, key, path, all) = log().await;
    let webhook = world.memory.webhooks()[0].clone();
    for minute in 10..1610 {
        let other = stored(&webhook, minute, "task.failed", DeliveryBuilder::delivered);
        world.memory.put_delivery(other);
    }
    let before = world.memory.calls(Operation::ListDeliveries);
    let first = world.get(format!("{path}?status=failed"), &key).await;
    assert_eq!(first.items().len(), 0, "{}", first.text);
    assert_eq!(
        world.memory.calls(Operation::ListDeliveries) - before,
        10,
        "a thousand are looked at"
    );
    let next = first.next_cursor().expect("it is not the end");
    let second = world.get(format!("{path}?status=failed&cursor={next}"), &key).await;
    assert_eq!(second.items()[0]["id"], all[1].id.to_string());
    assert_eq!(second.next_cursor(), None);
}

#[tokio::test]
async fn every_parameter_at_fault_is_named() {
    let (world, key, path, _) = log().await;
    let query = "status=lost&waitingFor=godot&event=&statusCode=6xx&since=yesterday&until=";
    let answer = world.get(format!("{path}?{query}"), &key).await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"));
    assert_eq!(answer.fields(), ["status", "waitingFor", "event", "statusCode", "since", "until"]);
    for code in ["", "5", "50", "5000", "+50", "5xX", "099"] {
        let answer = world.get(format!("{path}?statusCode={code}"), &key).await;
        assert_eq!(answer.problem(), problem(400, "invalid_query"), "{code}");
    }
}

async fn now(world: &World, delivery: &Delivery) -> Delivery {
    world.memory.delivery(delivery.key()).await.expect("read").expect("there")
}

#[rstest]
#[case::pending(3)]
#[case::retrying(2)]
#[tokio::test]
async fn what_is_under_way_is_cancelled_and_stays_so(#[case] which: usize) {
    let (world, key, path, all) = log().await;
    let delivery = &all[which];
    for _ in 0..2 {
        let answer = world.post(format!("{path}/{}/cancel", delivery.id), &key).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        assert_eq!(
            (&answer.json()["status"], &answer.json()["reason"]),
            (&"failed".into(), &"cancelled".into())
        );
        assert_eq!(answer.json().get("nextAttemptAt"), None);
    }
    assert_eq!(now(&world, delivery).await.attempts, delivery.attempts);
    assert_eq!(world.memory.calls(Operation::EndDelivery), 1, "the second finds it done");
    assert!(world.memory.delivery_queue().messages().is_empty());
}

#[rstest]
#[case::delivered(0)]
#[case::failed(1)]
#[tokio::test]
async fn what_is_settled_is_not_cancelled(#[case] which: usize) {
    let (world, key, path, all) = log().await;
    let answer = world.post(format!("{path}/{}/cancel", all[which].id), &key).await;
    assert_eq!(answer.problem(), problem(409, "already_settled"));
    assert_eq!(now(&world, &all[which]).await, all[which]);
}

#[tokio::test]
async fn a_cancellation_of_unknown_outcome_can_be_repeated() {
    let (world, key, path, all) = log().await;
    let lost = grapnel_domain::ports::PortError::Unavailable("UpdateItem: timeout".into());
    world.memory.fail_next(Operation::EndDelivery, lost, grapnel_testing::memory::Effect::After);
    let answer = world.post(format!("{path}/{}/cancel", all[2].id), &key).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    let answer = world.post(format!("{path}/{}/cancel", all[2].id), &key).await;
    assert_eq!(answer.json()["reason"], "cancelled");
}

/// Records attempt 2 of the delivery that is retrying, after a while.
fn attempt_later(world: &World, key: DeliveryKey, pause: Duration) {
    let memory = world.memory.clone();
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        let attempt = grapnel_domain::delivery::DeliveryAttempt {
            attempt_number: nth(2),
            status_code: Some(204),
            response: None,
            response_remark: None,
            location: None,
            error: None,
            duration: 3,
            attempted_at: START,
            manual: true,
        };
        let record = grapnel_domain::delivery::AttemptRecord {
            key,
            attempt,
            status: Some(DeliveryStatus::Success),
            reason: None,
            next_attempt_at: None,
            waits_for: None,
            expires_at: at(100_000),
            drop_body: None,
        };
        memory.record_attempt(&record).await.expect("recorded");
    });
}

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

#[tokio::test(start_paused = true)]
async fn a_retry_waits_for_its_attempt_if_asked_to() {
    let (world, key, path, all) = log().await;
    attempt_later(&world, all[2].key(), Duration::from_secs(2));
    let retry = || world.call("POST", format!("{path}/{}/retry", all[2].id)).key(&key);
    let answer = retry().header("prefer", "wait=5").send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert_eq!(answer.header(PREFERENCE_APPLIED), Some("wait=5"));
    assert_eq!(answer.json()["attempts"][1]["statusCode"], 204);
    assert_eq!(answer.json()["status"], "success");
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_no_longer_than_it_was_asked_to() {
    let (world, key, path, all) = log().await;
    attempt_later(&world, all[2].key(), Duration::from_secs(9));
    let retry = || world.call("POST", format!("{path}/{}/retry", all[2].id)).key(&key);
    let answer = retry().header("prefer", "wait=3").send().await;
    assert_eq!(answer.status.as_u16(), 202);
    assert_eq!(answer.header(PREFERENCE_APPLIED), Some("wait=3"));
    assert_eq!(answer.json()["attempts"].as_array().map(Vec::len), Some(1));
    let answer = retry().send().await;
    assert_eq!((answer.status.as_u16(), answer.header(PREFERENCE_APPLIED)), (202, None));
}
