//! Publishing events, and looking at their deliveries.

use crate::world::{ADMIN, Answer, World, problem};
use grapnel_domain::{
    catalogue::OwnType,
    delivery::Reason,
    event::{Event, inbound::InboundEvent, publish::EventValidation},
    ids::EventId,
    ports::PortError,
    schema::Schema,
    scope::Scope,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event, user},
    clock::START,
    memory::{Effect, Operation},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const EVENTS: &str = "/api/events";
const ONE: &str = r#"{"type":"lead.created","data":{"n": 1.50,  "large":12345678901234567890}}"#;

async fn publisher(world: &World) -> String {
    world.key("u", &[Scope::EventsPublish]).await
}

async fn publish(world: &World, body: impl Into<Vec<u8>>) -> Answer {
    let key = publisher(world).await;
    world.call("POST", EVENTS).key(&key).body(body).send().await
}

async fn publish_as(world: &World, idempotency_key: &str, body: impl Into<Vec<u8>>) -> Answer {
    let key = publisher(world).await;
    let call = world.call("POST", EVENTS).key(&key).body(body);
    call.header("idempotency-key", idempotency_key).send().await
}

/// What is on the events queue, as fan-out reads it.
fn queued(world: &World) -> Vec<InboundEvent> {
    let messages = world.memory.events_queue().messages();
    messages.iter().map(|it| InboundEvent::parse(&it.body, START).expect("an event")).collect()
}

/// The ids that an answer promises.
fn ids(answer: &Answer) -> Vec<EventId> {
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    let id = |item: &Value| item["id"].as_str().expect("an id").parse().expect("an event's");
    answer.items().iter().map(id).collect()
}

fn unavailable() -> PortError {
    PortError::Unavailable("SendMessageBatch: timeout".into())
}

#[tokio::test]
async fn one_event_is_published_as_it_came() {
    let world = World::new();
    let answer = publish(&world, ONE).await;
    let queued = queued(&world);
    assert_eq!(ids(&answer), [queued[0].id]);
    assert_eq!(answer.json(), json!({"items": [{"id": queued[0].id, "type": "lead.created"}]}));
    let content = &queued[0].content;
    assert_eq!(content.data, r#"{"n": 1.50,  "large":12345678901234567890}"#);
    assert_eq!((content.source.as_str(), content.time), ("api", START));
    assert_eq!((queued[0].user_id.as_str(), queued[0].test), ("u", None));
    assert_eq!(world.memory.calls(Operation::ClaimKey), 0, "nothing is written without a key");
    assert_eq!(world.memory.calls(Operation::EventTypes), 0, "nothing is read");
    let again = publish(&world, ONE).await;
    assert_ne!(ids(&answer), ids(&again), "without a key and an id it is another event");
}

#[tokio::test]
async fn what_is_said_of_an_event_is_what_it_has() {
    let world = World::new();
    let body = r#"{"events":[
        {"type":"Order placed","source":"shop.orders","id":"o-1","time":"2026-01-02T03:04:05Z","data":{"id":"x","userId":"v"}},
        {"type":"lead.created","data":{}}]}"#;
    let answer = publish(&world, body).await;
    let queued = queued(&world);
    assert_eq!(ids(&answer), [queued[0].id, queued[1].id]);
    assert_eq!(queued[0].id, EventId::derive(&user("u"), "shop.orders", "o-1"));
    assert_eq!(queued[0].content.time, "2026-01-02T03:04:05Z".parse().expect("a time"));
    assert_eq!(queued[0].content.event_type, "Order placed");
    assert_eq!(queued[0].user_id.as_str(), "u", "whatever the data say");
    assert_eq!(
        ids(&publish(&world, body).await)[0],
        queued[0].id,
        "its id makes it the same event"
    );
}

#[tokio::test]
async fn the_admin_names_the_user() {
    let world = World::new();
    let body = r#"{"type":"lead.created","data":{},"userId":"ada"}"#;
    let answer = world.call("POST", EVENTS).key(ADMIN).body(body).send().await;
    assert_eq!(answer.status.as_u16(), 202);
    assert_eq!(queued(&world)[0].user_id.as_str(), "ada");
    let none = world.call("POST", EVENTS).key(ADMIN).body(ONE).send().await;
    assert_eq!(none.problem(), problem(400, "user_required"));
    assert_eq!(publish(&world, body).await.problem(), problem(403, "foreign_user"));
}

#[rstest]
#[case(r#"{}"#, &["type", "data"])]
#[case(r#"{"type":"","data":[],"id":7,"source":"grapnel","time":"noon","more":1}"#,
    &["more", "type", "id", "source", "time", "data"])]
#[case(r#"{"events":[]}"#, &["events"])]
#[case(r#"{"events":7,"type":"x"}"#, &["type", "events"])]
#[case(r#"{"events":[{"type":"a","data":{}},7,{"data":{},"userId":"u"},{"type":"a","data":null}]}"#,
    &["events[1]", "events[2].userId", "events[2].type", "events[3].data"])]
#[case(r#"{"events":[{"type":"a","data":{},"id":"1"},{"type":"b","data":{},"id":"1"},{"type":"b","data":{},"id":"1","source":"x"}]}"#,
    &["events[1].id"])]
#[case("{\"type\":\"a\\u0000b\",\"data\":{\"x\":\"\u{ffff}\"}}", &["type", "data"])]
#[tokio::test]
async fn every_fault_is_named_and_nothing_is_published(
    #[case] body: &str,
    #[case] fields: &[&str],
) {
    let world = World::new();
    let answer = publish_as(&world, "key", body).await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"), "{}", answer.text);
    assert_eq!(answer.fields(), fields);
    assert!(queued(&world).is_empty());
    assert_eq!(world.memory.calls(Operation::ClaimKey), 0, "the key is still free");
}

#[tokio::test]
async fn data_and_bodies_are_bounded() {
    let world = World::new();
    let data = |bytes: usize| format!(r#"{{"x":"{}"}}"#, "y".repeat(bytes - 8));
    let event = |bytes: usize| format!(r#"{{"type":"a","data":{}}}"#, data(bytes));
    assert_eq!(publish(&world, event(262_144)).await.status.as_u16(), 202);
    assert_eq!(queued(&world)[0].content.data.len(), 262_144);
    assert_eq!(publish(&world, event(262_145)).await.fields(), ["data"]);
    let list =
        |one: String, count: usize| format!(r#"{{"events":[{}]}}"#, vec![one; count].join(","));
    assert_eq!(publish(&world, list(event(200_000), 5)).await.status.as_u16(), 202);
    let over = publish(&world, list(event(262_144), 4)).await;
    assert_eq!(over.problem(), problem(413, "body_too_large"));
    assert_eq!(ids(&publish(&world, list(event(10), 100)).await).len(), 100);
    assert_eq!(publish(&world, list(event(10), 101)).await.fields(), ["events"]);
}

#[rstest]
#[case(r#"{"type":"a","data":{"x":1,"x":2}}"#, "duplicate_key")]
#[case(r#"{"type":"a","data":{"x":"\ud800"}}"#, "invalid_json")]
#[case("{\"type\":\"a\",\"data\":{\"x\":\"\u{1}\"}}", "invalid_json")]
#[case("[]", "not_an_object")]
#[tokio::test]
async fn what_no_other_route_reads_is_not_published(#[case] body: &str, #[case] code: &str) {
    let world = World::new();
    assert_eq!(publish(&world, body).await.problem(), problem(400, code));
    let deep = format!(r#"{{"type":"a","data":{{"x":{}{}}}}}"#, "[".repeat(200), "]".repeat(200));
    assert_eq!(publish(&world, deep).await.problem(), problem(400, "invalid_json"));
}

#[tokio::test]
async fn so_many_faults_are_told_as_an_answer_holds() {
    let world = World::new();
    let fields: Vec<String> = (0..60_000).map(|n| format!(r#""f{n}":1"#)).collect();
    let answer = publish(&world, format!("{{{}}}", fields.join(","))).await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields().len(), 1000);
}

#[tokio::test]
async fn a_request_that_is_repeated_publishes_the_same_events() {
    let world = World::new();
    let body = r#"{"events":[{"type":"a","data":{}},{"type":"b","data":{}}]}"#;
    let first = publish_as(&world, "key-1", body).await;
    world.clock.advance(Duration::from_secs(60));
    let second = publish_as(&world, "key-1", body).await;
    assert_eq!(first.text, second.text);
    let queued = queued(&world);
    assert_eq!(queued.len(), 4, "enqueued again, in case it was not");
    assert_eq!(queued[..2], queued[2..], "with the same times");
    assert_ne!(queued[0].id, queued[1].id);

    let other = publish_as(&world, "key-1", ONE).await;
    assert_eq!(other.problem(), problem(422, "idempotency_key_reused"));
    let same_json = publish_as(&world, "key-1", format!("{body} ")).await;
    assert_eq!(same_json.problem(), problem(422, "idempotency_key_reused"));
    assert_ne!(ids(&publish_as(&world, "key-2", body).await), ids(&first));

    world.clock.advance(Duration::from_secs(86_400));
    assert_ne!(
        ids(&publish_as(&world, "key-1", body).await),
        ids(&first),
        "a day later it is free"
    );
}

#[tokio::test]
async fn the_same_key_of_another_user_is_another() {
    let world = World::new();
    let first = publish_as(&world, "key", ONE).await;
    let call = world.call("POST", "/api/events?userId=v").key(ADMIN).body(ONE);
    let theirs = call.header("idempotency-key", "key").send().await;
    assert_ne!(ids(&first), ids(&theirs));
}

#[rstest]
#[case("")]
#[case("a b")]
#[case(&"k".repeat(256))]
#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused(#[case] key: &str) {
    let world = World::new();
    let refused = problem(400, "invalid_idempotency_key");
    assert_eq!(publish_as(&world, key, ONE).await.problem(), refused);
    let twice = world.call("POST", EVENTS).key(&publisher(&world).await).body(ONE);
    let twice = twice.header("idempotency-key", "a").header("idempotency-key", "a").send().await;
    assert_eq!(twice.problem(), refused);
}

#[tokio::test]
async fn two_at_once_are_one_request() {
    let world = World::new();
    let (one, other) =
        futures::join!(publish_as(&world, "key", ONE), publish_as(&world, "key", ONE));
    assert_eq!(ids(&one), ids(&other));
}

#[rstest]
#[case::before(Effect::Before)]
#[case::after(Effect::After)]
#[tokio::test]
async fn whatever_was_lost_the_same_request_finishes_it(#[case] effect: Effect) {
    let world = World::new();
    world.memory.fail_next(Operation::ClaimKey, unavailable(), effect);
    let answer = publish_as(&world, "key", ONE).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert!(queued(&world).is_empty(), "nothing before the key is on record");
    for _ in 0..3 {
        world.memory.fail_next(Operation::PublishEvent, unavailable(), effect);
    }
    let answer = publish_as(&world, "key", ONE).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert!(answer.text.contains("the same request again"), "{}", answer.text);
    let finished = publish_as(&world, "key", ONE).await;
    let queued = queued(&world);
    assert!(queued.iter().all(|event| vec![event.id] == ids(&finished)));
    assert_eq!(queued.len(), if effect == Effect::Before { 1 } else { 4 });
}

#[tokio::test]
async fn what_a_batch_left_out_is_sent_again_alone() {
    let world = World::new();
    world.memory.fail_after(Operation::PublishEvent, 1, unavailable(), Effect::Before);
    let body =
        r#"{"events":[{"type":"a","data":{}},{"type":"b","data":{}},{"type":"c","data":{}}]}"#;
    let answer = publish(&world, body).await;
    assert_eq!(ids(&answer).len(), 3);
    let types: Vec<String> = queued(&world).into_iter().map(|it| it.content.event_type).collect();
    assert_eq!(types, ["a", "c", "b"]);
}

fn stock(world: &World) {
    let schema = r#"{"properties":{"amount":{"type":"number"}},"required":["amount"]}"#;
    world.memory.put_event_type(OwnType {
        name: "invoice.paid".parse().expect("a name"),
        description: None,
        deprecated: true,
        schema: Some(Schema::parse(schema, "schema").expect("a schema")),
        sample: None,
        created_at: START,
        updated_at: START,
    });
}

const MIXED: &str = r#"{"events":[
    {"type":"invoice.paid","data":{"amount":1}},
    {"type":"invoice.paid","data":{"amount":"secret"}},
    {"type":"no.such","data":{}},
    {"type":"lead.created","data":{"anything":1}}]}"#;

#[tokio::test]
async fn with_warnings_everything_is_published_and_told() {
    let world = World::validating(EventValidation::Warn);
    stock(&world);
    let answer = publish(&world, MIXED).await;
    assert_eq!(ids(&answer).len(), 4);
    assert_eq!(queued(&world).len(), 4);
    let warnings: Vec<Value> =
        answer.items().iter().map(|item| item["warnings"][0]["field"].clone()).collect();
    assert_eq!(
        warnings,
        [json!(null), json!("events[1].data/amount"), json!("events[2].type"), json!(null)]
    );
    assert!(!answer.text.contains("secret"), "{}", answer.text);
    assert_eq!(world.memory.calls(Operation::EventTypes), 1);
}

#[tokio::test]
async fn where_it_is_refused_nothing_is_published() {
    let world = World::validating(EventValidation::Reject);
    stock(&world);
    let answer = publish_as(&world, "key", MIXED).await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), ["events[1].data/amount", "events[2].type"]);
    assert!(queued(&world).is_empty());
    // The key is still free for what was meant.
    let good = r#"{"type":"invoice.paid","data":{"amount":2}}"#;
    let published = publish_as(&world, "key", good).await;
    assert_eq!(published.json()["items"][0].get("warnings"), None);

    // What was published stays so when the catalogue changes.
    let schema = Schema::parse(r#"{"required":["more"]}"#, "schema").expect("a schema");
    let own = world.memory.own_event_types().remove(0);
    world.memory.put_event_type(OwnType { schema: Some(schema), ..own });
    assert_eq!(ids(&publish_as(&world, "key", good).await), ids(&published));
    let other = r#"{"type":"invoice.paid","data":{}}"#;
    let reused = publish_as(&world, "key", other).await;
    assert_eq!(reused.problem(), problem(422, "idempotency_key_reused"));
    assert_eq!(publish(&world, good).await.fields(), ["data"]);
}

#[tokio::test]
async fn an_event_is_shown_with_its_deliveries() {
    let world = World::new();
    let key = world.key("u", &[Scope::DeliveriesRead]).await;
    let webhooks = [(); 3].map(|()| a_webhook().for_user("u").build());
    let audience = webhooks.iter().map(|webhook| webhook.id).collect();
    let data = r#"{"n": 1.0,  "large":12345678901234567890}"#;
    let event = Event { audience: Some(audience), ..an_event().for_user("u").data(data).build() };
    let delivered = a_delivery().of(&event).to(&webhooks[0]).delivered().build();
    let failed = a_delivery().of(&event).to(&webhooks[2]);
    let failed = failed.failed(2, Reason::AttemptsExhausted).build();
    world.memory.put_event(event.clone());
    world.memory.put_delivery(delivered.clone());
    world.memory.put_delivery(failed.clone());

    let path = format!("/api/events/{}", event.id);
    let shown = world.get(&path, &key).await;
    assert!(shown.text.contains(&format!(r#""data":{data}"#)), "{}", shown.text);
    let shown = shown.json();
    let last = |attempts: &Value| {
        let mut last = attempts.clone();
        last.as_object_mut().expect("an attempt").retain(|name, _| {
            ["statusCode", "error", "duration", "attemptedAt"].contains(&name.as_str())
        });
        last
    };
    let attempt = |of: &grapnel_domain::delivery::Delivery| {
        last(&serde_json::to_value(of.attempts.last()).expect("serialises"))
    };
    // The second webhook's is not recorded yet.
    assert_eq!(
        shown["deliveries"],
        json!([
            {"id": delivered.id, "webhookId": webhooks[0].id, "status": "success",
             "attemptCount": 1, "lastAttempt": attempt(&delivered), "createdAt": delivered.created_at},
            {"id": failed.id, "webhookId": webhooks[2].id, "status": "failed", "attemptCount": 2,
             "lastAttempt": attempt(&failed), "reason": "attempts_exhausted", "createdAt": failed.created_at},
        ])
    );
    let rest = ["id", "type", "source", "time", "storedAt"].map(|name| shown[name].clone());
    let expected = json!([event.id, "lead.created", "shop.orders", START, START]);
    assert_eq!(json!(rest), expected);

    let stranger = world.key("v", &[Scope::DeliveriesRead]).await;
    assert_eq!(world.get(&path, &stranger).await.problem(), problem(404, "not_found"));
    let unknown = format!("/api/events/{}", EventId::derive(&user("u"), "x", "y"));
    for path in [unknown.as_str(), "/api/events/evt_1", "/api/events/%ff"] {
        assert_eq!(world.get(path, &key).await.problem(), problem(404, "not_found"));
    }
}
