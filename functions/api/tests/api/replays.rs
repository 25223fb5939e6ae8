//! Bulk replays: what is asked for, and what is answered.

use crate::world::{ADMIN, Answer, World, problem};
use axum::http::header;
use grapnel_domain::{
    ids::ReplayId,
    message::QueueMessage,
    ports::{Clock, PortError},
    replay::{Place, Replay, ReplayFilter, ReplayOrder, ReplayStatus},
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_replay, a_webhook},
    memory::{Effect, Operation},
};
use rstest::rstest;
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
    format!("/api/webhooks/{}/replay", webhook.id)
}

async fn post(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    world.call("POST", path).key(key).json(body).send().await
}

fn message(world: &World) -> (QueueMessage, String) {
    let messages = world.memory.delivery_queue().messages();
    assert_eq!(messages.len(), 1);
    (messages[0].message(), messages[0].group.clone())
}

#[tokio::test]
async fn an_empty_body_replays_what_failed_until_now() {
    let (world, key, webhook) = world().await;
    let answer = world.post(path(&webhook), &key).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    let now = world.clock.now();
    let stored = world.memory.replays().remove(0);
    let filter =
        ReplayFilter { status: ReplayStatus::Failed, event: None, since: None, until: now };
    let webhook_id = Some(webhook.id);
    assert_eq!(stored.order, ReplayOrder { webhook_id, filter, created_at: now });
    assert_eq!(stored.place, Some(Place { webhook_id: webhook.id, after: None }));
    assert_eq!(
        answer.json(),
        json!({
            "id": stored.id, "webhookId": webhook.id, "status": "running",
            "filter": {"status": "failed", "until": now},
            "examined": 0, "replayed": 0, "createdAt": now,
        })
    );
    let location = format!("/api/replays/{}", stored.id);
    assert_eq!(answer.header(header::LOCATION), Some(location.as_str()));
    assert_eq!(world.get(location, &key).await.text, answer.text);
    assert_eq!(message(&world), (QueueMessage::Replay(stored.first_page()), "u".to_owned()));
}

#[tokio::test]
async fn a_filter_is_kept_and_sent_along() {
    let (world, key, _) = world().await;
    let body = json!({
        "status": "success", "event": "lead.*",
        "since": "2026-11-20T00:00:00+01:00", "until": "2026-11-21T00:00:00Z",
    });
    let answer = post(&world, "/api/replays", &key, &body).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    assert_eq!(
        answer.json()["filter"],
        json!({
            "status": "success", "event": "lead.*",
            "since": "2026-11-19T23:00:00.000Z", "until": "2026-11-21T00:00:00.000Z",
        })
    );
    assert_eq!(answer.json().get("webhookId"), None, "of all webhooks");
    let stored = world.memory.replays().remove(0);
    assert_eq!((stored.place, stored.order.webhook_id), (None, None));
    assert_eq!(message(&world).0, QueueMessage::Replay(stored.first_page()));
}

#[tokio::test]
async fn what_is_to_come_is_not_replayed() {
    let (world, key, _) = world().await;
    let body = json!({"until": "2999-01-01T00:00:00Z"});
    let answer = post(&world, "/api/replays", &key, &body).await;
    assert_eq!(answer.json()["filter"]["until"], json!(world.clock.now()));
}

#[rstest]
#[case::status(json!({"status": "pending"}), &["status"])]
#[case::status_of_another_type(json!({"status": 1}), &["status"])]
#[case::no_event(json!({"event": ""}), &["event"])]
#[case::malformed_event(json!({"event": "tas*"}), &["event"])]
#[case::long_event(json!({"event": "x".repeat(257)}), &["event"])]
#[case::no_time(json!({"since": "yesterday"}), &["since"])]
#[case::a_number(json!({"until": 1_795_000_000}), &["until"])]
#[case::the_wrong_way_round(
    json!({"since": "2026-11-21T00:00:00Z", "until": "2026-11-20T00:00:00Z"}), &["since"]
)]
#[case::an_empty_span(
    json!({"since": "2026-11-20T00:00:00Z", "until": "2026-11-20T00:00:00Z"}), &["since"]
)]
#[case::the_future(json!({"since": "2999-01-01T00:00:00Z"}), &["since"])]
#[case::all_at_once(
    json!({"status": [], "event": {}, "since": 1, "until": "x", "more": 1}),
    &["more", "status", "event", "since", "until"]
)]
#[tokio::test]
async fn every_fault_is_named_and_nothing_is_asked_for(
    #[case] body: Value,
    #[case] fields: &[&str],
) {
    let (world, key, webhook) = world().await;
    for path in [path(&webhook), "/api/replays".to_owned()] {
        let answer = post(&world, &path, &key, &body).await;
        assert_eq!(answer.problem(), problem(422, "invalid_fields"));
        assert_eq!(answer.fields(), fields);
    }
    assert!(world.memory.delivery_queue().messages().is_empty());
    assert!(world.memory.replays().is_empty());
}

#[tokio::test]
async fn a_disabled_webhook_is_a_conflict() {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").disabled().build();
    world.memory.put_webhook(webhook.clone());
    let answer = world.post(path(&webhook), &key).await;
    assert_eq!(answer.problem(), problem(409, "webhook_disabled"));
    assert!(world.memory.delivery_queue().messages().is_empty());
    assert_eq!(world.post("/api/replays", &key).await.status.as_u16(), 202, "it is passed over");
}

#[tokio::test]
async fn what_could_not_be_sent_leaves_nothing() {
    let (world, key, webhook) = world().await;
    let error = PortError::Throttled("SendMessageBatch: throttled".into());
    world.memory.fail_next(Operation::Enqueue, error, Effect::Before);
    let answer = world.post(path(&webhook), &key).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert!(world.memory.replays().is_empty());
}

#[tokio::test]
async fn what_was_sent_and_not_stored_carries_its_order() {
    let (world, key, webhook) = world().await;
    let error = PortError::Unavailable("UpdateItem: timed out".into());
    world.memory.fail_next(Operation::StoreReplay, error, Effect::Before);
    let answer = world.post(path(&webhook), &key).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    let QueueMessage::Replay(page) = message(&world).0 else { panic!("a page") };
    assert_eq!(page.order.and_then(|order| order.webhook_id), Some(webhook.id));
}

fn finished(user: &str, minutes: u64) -> Replay {
    let asked = Timestamp::from_millis(1_795_000_000_000).plus(Duration::from_secs(minutes * 60));
    let replay = a_replay().for_user(user).asked_at(asked).build();
    Replay { page: 2, examined: 150, replayed: 120, finished_at: Some(asked), ..replay }
}

fn stored(world: &World, replay: Replay) -> Replay {
    world.memory.put_replay(replay.clone());
    replay
}

#[tokio::test]
async fn a_finished_replay_says_when_and_what() {
    let (world, key, _) = world().await;
    let replay = stored(&world, finished("u", 0));
    let shown = world.get(format!("/api/replays/{}", replay.id), &key).await.json();
    assert_eq!(shown["status"], "finished");
    assert_eq!(shown["finishedAt"], json!(replay.finished_at));
    assert_eq!((&shown["examined"], &shown["replayed"]), (&json!(150), &json!(120)));
}

#[tokio::test]
async fn replays_are_listed_newest_first() {
    let (world, key, _) = world().await;
    let mut expected: Vec<ReplayId> = Vec::new();
    for minutes in 0..5 {
        expected.insert(0, stored(&world, finished("u", minutes)).id);
    }
    stored(&world, finished("other", 0));
    let seen = world.all_ids("/api/replays?limit=2", &key).await;
    assert_eq!(seen, expected.iter().map(ToString::to_string).collect::<Vec<_>>());
}

#[tokio::test]
async fn another_users_replay_is_not_there() {
    let (world, key, _) = world().await;
    let theirs = stored(&world, finished("other", 0));
    for id in [theirs.id.to_string(), "rpl_x".to_owned(), "%00".to_owned()] {
        let answer = world.get(format!("/api/replays/{id}"), &key).await;
        assert_eq!(answer.problem(), problem(404, "not_found"), "{id}");
    }
    let path = format!("/api/replays/{}?userId=other", theirs.id);
    assert_eq!(world.get(path, ADMIN).await.status.as_u16(), 200);
}
