//! Figures of deliveries.

use crate::world::{Answer, World};
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, Reason},
    ids::WebhookId,
    ports::PortError,
    scope::Scope,
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_webhook, an_attempt, an_event},
    clock::START,
    memory::{Effect, Operation},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// 06:00 of the day on which webhooks are created.
const SIX: Timestamp = Timestamp::from_millis(START.as_millis() - 24 * 60_000);

fn at(hours: u32, minutes: u32) -> Timestamp {
    SIX.plus(HOUR * hours).plus(HOUR / 60 * minutes)
}

/// A world at 12:30, and a key.
async fn world() -> (World, String) {
    let world = World::new();
    world.clock.set(at(6, 30));
    let key = world.key("u", &[Scope::DeliveriesRead]).await;
    (world, key)
}

fn webhook(world: &World, user: &str) -> Webhook {
    let webhook = a_webhook().for_user(user).build();
    world.memory.put_webhook(webhook.clone());
    webhook
}

/// Stores a delivery of an event of this type that arrived then.
fn stored(
    world: &World,
    webhook: &Webhook,
    at: Timestamp,
    event_type: &str,
    is: impl FnOnce(DeliveryBuilder) -> DeliveryBuilder,
) -> Delivery {
    let event = an_event().for_user(webhook.user_id.as_str()).stored_at(at).build();
    let new = is(a_delivery().of(&event).to(webhook)).build();
    let delivery = Delivery { event_type: event_type.to_owned(), ..new };
    world.memory.put_delivery(delivery.clone());
    delivery
}

fn delivered(delivery: DeliveryBuilder) -> DeliveryBuilder {
    delivery.delivered()
}

fn failed(delivery: DeliveryBuilder) -> DeliveryBuilder {
    delivery.failed(3, Reason::AttemptsExhausted)
}

async fn stats(world: &World, key: &str, query: &str) -> Value {
    let answer: Answer = world.get(format!("/api/stats{query}"), key).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.json()
}

/// Deliveries, successes, failures and open ones.
fn counts(figures: &Value) -> [u64; 4] {
    ["deliveries", "success", "failed", "open"].map(|name| figures[name].as_u64().expect("a count"))
}

#[tokio::test]
async fn figures_are_the_sum_of_the_webhooks_by_hour_without_tests_and_without_other_users() {
    let (world, key) = world().await;
    let [one, two, other] = ["u", "u", "v"].map(|user| webhook(&world, user));
    stored(&world, &one, at(2, 10), "lead.created", delivered);
    stored(&world, &one, at(2, 50), "task.failed", failed);
    stored(&world, &two, at(2, 20), "lead.created", delivered);
    stored(&world, &two, at(6, 10), "lead.created", DeliveryBuilder::retrying);
    stored(&world, &two, at(6, 11), "lead.created", |new| new.test().delivered());
    stored(&world, &other, at(2, 10), "lead.created", delivered);

    let all = stats(&world, &key, "").await;
    assert_eq!(all["from"], "2026-11-23T13:00:00.000Z");
    assert_eq!((&all["to"], &all["by"]), (&json!("2026-11-24T13:00:00.000Z"), &json!("hour")));
    assert_eq!((&all["complete"], all.get("lostHours")), (&json!(true), None));
    assert_eq!(counts(&all["total"]), [4, 2, 1, 1]);
    assert_eq!(
        (&all["total"]["successRate"], &all["total"]["attempts"]),
        (&json!(0.666), &json!(6))
    );
    let periods = all["periods"].as_array().expect("periods");
    assert_eq!(periods.len(), 24);
    assert_eq!(periods[19]["from"], "2026-11-24T08:00:00.000Z");
    assert_eq!(counts(&periods[19]["figures"]), [3, 2, 1, 0]);
    assert_eq!(counts(&periods[23]["figures"]), [1, 0, 0, 1]);
    let webhooks: Vec<_> = all["webhooks"].as_array().expect("webhooks").iter().collect();
    assert_eq!(webhooks.len(), 2);
    for (found, webhook, expected) in
        [(webhooks[0], &one, [2, 1, 1, 0]), (webhooks[1], &two, [2, 1, 0, 1])]
    {
        assert_eq!(found["webhookId"], json!(webhook.id.to_string()));
        assert_eq!(counts(&found["figures"]), expected);
    }

    let leads = stats(&world, &key, "?event=lead.*&by=day&last=2d").await;
    assert_eq!(counts(&leads["total"]), [3, 2, 0, 1]);
    assert_eq!(leads["periods"].as_array().expect("days").len(), 3);
    let of_one =
        stats(&world, &key, &format!("?webhook={}&from=2026-11-24T08:59:00Z", one.id)).await;
    assert_eq!(counts(&of_one["total"]), [2, 1, 1, 0]);
    let later = stats(&world, &key, "?from=2026-11-24T09:00:00Z&to=2026-11-24T11:00:01Z").await;
    assert_eq!(
        (counts(&later["total"]), &later["to"]),
        ([0; 4], &json!("2026-11-24T12:00:00.000Z"))
    );
}

#[tokio::test]
async fn the_time_of_a_receiver_is_of_attempts_that_it_answered() {
    let (world, key) = world().await;
    let webhook = webhook(&world, "u");
    let took = |number, duration, status_code| DeliveryAttempt {
        duration,
        status_code,
        ..an_attempt(number)
    };
    stored(&world, &webhook, at(1, 0), "lead.created", |new| {
        new.attempt(took(1, 10_000, None)).attempt(took(2, 4000, Some(503))).attempt(took(
            3,
            90,
            Some(200),
        ))
    });
    let figures = stats(&world, &key, "").await["total"].clone();
    let expected = json!({
        "p50": 100, "p95": 5000, "p99": 5000,
        "ranges": [{"upTo": 100, "count": 1}, {"upTo": 5000, "count": 1}],
    });
    assert_eq!((&figures["receiverTime"], &figures["attempts"]), (&expected, &json!(3)));
}

#[tokio::test]
async fn an_hour_that_is_over_is_counted_once_and_kept() {
    let (world, key) = world().await;
    let webhook = webhook(&world, "u");
    let query = format!("?webhook={}", webhook.id);
    stored(&world, &webhook, at(2, 10), "lead.created", delivered);
    stored(&world, &webhook, at(3, 10), "lead.created", DeliveryBuilder::retrying);
    let first = stats(&world, &key, &query).await;
    assert_eq!(world.memory.calls(Operation::KeepFigures), 1);

    // What changes in an hour that was kept is not counted again; what was open, or is new, is.
    stored(&world, &webhook, at(2, 20), "lead.created", failed);
    stored(&world, &webhook, at(3, 20), "lead.created", failed);
    stored(&world, &webhook, at(6, 20), "lead.created", delivered);
    let second = stats(&world, &key, &query).await;
    assert_eq!(counts(&first["total"]), [2, 1, 0, 1]);
    assert_eq!(counts(&second["total"]), [4, 2, 1, 1]);
    // The hours since 09:00, in which something is open, are read again: one query for each gap.
    assert_eq!(world.memory.calls(Operation::Outcomes), 1 + 2);
}

#[tokio::test]
async fn a_count_that_is_too_long_for_one_request_goes_on_in_the_next() {
    let (world, key) = world().await;
    let webhook = webhook(&world, "u");
    let event = an_event().for_user("u").stored_at(at(2, 0)).build();
    let one = a_delivery().of(&event).to(&webhook).delivered().build();
    for second in 0..25_000_u32 {
        let at = at(2, 0).plus(Duration::from_millis(u64::from(second) * 100));
        let id = grapnel_domain::ids::DeliveryId::derive(&webhook.id, &event.id, at);
        world.memory.put_delivery(Delivery { id, ..one.clone() });
    }
    let first = stats(&world, &key, "").await;
    assert_eq!(
        (&first["complete"], counts(&first["total"])),
        (&json!(false), [20_000, 20_000, 0, 0])
    );
    let second = stats(&world, &key, "").await;
    assert_eq!(
        (&second["complete"], counts(&second["total"])),
        (&json!(true), [25_000, 25_000, 0, 0])
    );
    let reads = world.memory.calls(Operation::Outcomes);
    stats(&world, &key, "").await;
    assert!(world.memory.calls(Operation::Outcomes) - reads <= 2, "only what is not over");
}

#[tokio::test]
async fn hours_whose_deliveries_may_be_gone_are_not_counted_as_nothing() {
    let (world, key) = world().await;
    let webhook = webhook(&world, "u");
    stored(&world, &webhook, at(0, 50), "lead.created", delivered);
    // The deployment keeps deliveries for 30 days.
    world.clock.set(at(0, 0).plus(HOUR * 24 * 30 + HOUR));
    let month = stats(&world, &key, "?last=40d").await;
    assert_eq!((counts(&month["total"]), &month["lostHours"]), ([0; 4], &json!(1)));
}

#[tokio::test]
async fn figures_that_cannot_be_kept_are_answered_all_the_same() {
    let (world, key) = world().await;
    let webhook = webhook(&world, "u");
    stored(&world, &webhook, at(2, 10), "lead.created", delivered);
    let error = PortError::Throttled("UpdateItem".into());
    world.memory.fail_next(Operation::KeepFigures, error.clone(), Effect::Before);
    assert_eq!(counts(&stats(&world, &key, "").await["total"]), [1, 1, 0, 0]);
    world.memory.fail_next(Operation::Outcomes, error, Effect::Before);
    assert_eq!(
        world.get("/api/stats", &key).await.problem(),
        (503, "temporarily_unavailable".into())
    );
}

#[rstest]
#[case("last=0h", &["last"])]
#[case("last=91d", &["last"])]
#[case("last=2161h", &["last"])]
#[case("last=24", &["last"])]
#[case("last=%2B1h", &["last"])]
#[case("last=7d&from=2026-11-24T06:00:00Z&to=2026-11-24T06:00:00Z", &["from", "to"])]
#[case("from=yesterday&by=minute&webhook=wh_1&event=a*", &["from", "by", "webhook", "event"])]
#[case("from=2026-11-24T12:00:00Z&to=2026-11-24T12:00:00Z", &["from"])]
#[case("from=2026-11-24T13:00:00Z", &["from"])]
#[case("last=32d&by=hour", &["last"])]
#[case("from=2026-08-01T00:00:00Z", &["from"])]
#[case("from=2026-06-01T00:00:00Z&to=2026-06-02T00:00:00Z", &["from"])]
#[case("limit=5", &["limit"])]
#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_and_nothing_is_counted(
    #[case] query: &str,
    #[case] fields: &[&str],
) {
    let (world, key) = world().await;
    webhook(&world, "u");
    let answer = world.get(format!("/api/stats?{query}"), &key).await;
    assert_eq!(answer.problem(), (400, "invalid_query".into()), "{}", answer.text);
    assert_eq!(answer.fields(), fields);
    assert_eq!(world.memory.calls(Operation::KeptFigures), 0);
}

#[tokio::test]
async fn ninety_days_can_be_asked_for_in_either_unit() {
    let (world, key) = world().await;
    for last in ["90d", "2160h"] {
        let all = stats(&world, &key, &format!("?last={last}")).await;
        assert_eq!((&all["from"], &all["by"]), (&json!("2026-08-26T13:00:00.000Z"), &json!("day")));
    }
}

#[tokio::test]
async fn another_users_webhook_has_no_figures() {
    let (world, key) = world().await;
    let other = webhook(&world, "v").id;
    for id in [other, WebhookId::from_uuid(uuid::Uuid::nil())] {
        let answer = world.get(format!("/api/stats?webhook={id}"), &key).await;
        assert_eq!(answer.problem(), (404, "not_found".into()));
    }
}
