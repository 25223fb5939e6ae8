//! Two publications under one id.

use crate::world::{Answer, World, problem};
use grapnel_domain::{event::Event, ids::EventId, ports::PortError, scope::Scope};
use grapnel_testing::{
    builders::{an_event, user},
    memory::{Effect, Operation},
};
use rstest::rstest;
use serde_json::{Value, json};

async fn publish(world: &World, body: &Value) -> Answer {
    let key = world.key("u", &[Scope::EventsPublish]).await;
    let call = world.call("POST", "/api/events").key(&key).json(body);
    call.header("idempotency-key", "key").send().await
}

/// An event of `u` that `api` calls `order-1`.
fn stored(world: &World, data: &str) -> Event {
    let mut event = an_event().for_user("u").data(data).build();
    event.id = EventId::derive(&user("u"), "api", "order-1");
    event.content.source = "api".into();
    world.memory.put_event(event.clone());
    event
}

fn order(event_type: &str, data: &Value) -> Value {
    json!({"type": event_type, "id": "order-1", "data": data})
}

#[rstest]
#[case::type_(order("lead.enriched", &json!({"n": 1})), "`lead.created`")]
#[case::data(order("lead.created", &json!({"n": 2})), "with other data")]
#[tokio::test]
async fn another_event_under_a_stored_id_is_refused_and_names_it(
    #[case] body: Value,
    #[case] how: &str,
) {
    let world = World::new();
    let event = stored(&world, r#"{"n": 1}"#);
    let answer = publish(&world, &body).await;
    assert_eq!(answer.problem(), problem(409, "event_conflict"), "{}", answer.text);
    assert_eq!(answer.fields(), ["id"]);
    let message = answer.json()["errors"][0]["message"].as_str().expect("text").to_owned();
    assert!(message.contains(&event.id.to_string()) && message.contains(how), "{message}");
    assert!(world.memory.events_queue().messages().is_empty());
    assert_eq!(world.memory.calls(Operation::ClaimKey), 0, "the key is still free");
    // What was meant goes out under the same key.
    let meant = json!({"type": "lead.enriched", "id": "order-2", "data": {}});
    assert_eq!(publish(&world, &meant).await.status.as_u16(), 202);
}

#[rstest]
#[case::itself(json!({"n": 1, "list": [1.5, {"a": "é"}]}))]
#[case::with_a_time(json!({"list": [1.50, {"a": "é"}], "n": 1.0}))]
#[tokio::test]
async fn the_same_event_once_more_is_harmless(#[case] data: Value) {
    let world = World::new();
    let event = stored(&world, r#"{ "n":1, "list":[1.5,{"a":"\u00e9"}] }"#);
    let mut body = order("lead.created", &data);
    body["time"] = json!("2020-01-01T00:00:00Z");
    let answer = publish(&world, &body).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    assert_eq!(answer.items()[0]["id"], event.id.to_string());
    assert_eq!(world.memory.events_queue().messages().len(), 1);
}

#[tokio::test]
async fn one_conflict_refuses_the_whole_request_and_each_is_named() {
    let world = World::new();
    stored(&world, "{}");
    let event = |id: &str, n: u32| json!({"type": "lead.created", "id": id, "data": {"n": n}});
    let other_source = json!({"type": "x", "id": "order-1", "source": "shop", "data": {}});
    let without_id = json!({"type": "x", "data": {}});
    let body = json!({"events": [event("a", 1), without_id, event("order-1", 2), other_source]});
    let answer = publish(&world, &body).await;
    assert_eq!(answer.problem(), problem(409, "event_conflict"));
    assert_eq!(answer.fields(), ["events[2].id"]);
    assert_eq!(world.memory.calls(Operation::Event), 3, "one read for each that brings an id");
    assert!(world.memory.events_queue().messages().is_empty());
}

#[tokio::test]
async fn an_event_without_an_id_costs_no_read() {
    let world = World::new();
    let answer = publish(&world, &json!({"type": "lead.created", "data": {}})).await;
    assert_eq!(answer.status.as_u16(), 202);
    assert_eq!(world.memory.calls(Operation::Event), 0);
}

#[tokio::test]
async fn erased_data_passes_for_the_same_and_another_type_does_not() {
    let world = World::new();
    let event = stored(&world, "");
    let erased = Event { payload_erased_at: Some(event.stored_at), ..event };
    world.memory.put_event(erased);
    let same = publish(&world, &order("lead.created", &json!({"n": 1}))).await;
    assert_eq!(same.status.as_u16(), 202, "{}", same.text);
    let other = publish(&world, &order("lead.enriched", &json!({"n": 1}))).await;
    assert_eq!(other.problem(), problem(409, "event_conflict"));
}

#[tokio::test]
async fn another_users_event_is_no_conflict() {
    let world = World::new();
    stored(&world, "{}");
    let key = world.key("v", &[Scope::EventsPublish]).await;
    let body = order("lead.enriched", &json!({}));
    let answer = world.call("POST", "/api/events").key(&key).json(&body).send().await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
}

#[tokio::test]
async fn nothing_is_published_where_the_stored_event_cannot_be_read() {
    let world = World::new();
    let throttled = PortError::Throttled("GetItem: throttled".into());
    world.memory.fail_next(Operation::Event, throttled, Effect::Before);
    let answer = publish(&world, &order("lead.created", &json!({}))).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert!(world.memory.events_queue().messages().is_empty());
}
