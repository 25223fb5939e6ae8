//! The catalogue: what is known, what an admin says of it, and who asks it.

use crate::world::{ADMIN, Answer, World, problem};
use grapnel_domain::{
    catalogue::{BUILT_IN, OwnType},
    event::inbound::InboundEvent,
    scope::Scope,
};
use grapnel_testing::{
    builders::{a_webhook, changed},
    clock::START,
    memory::Operation,
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const PAID: &str = "/api/event-types/invoice.paid";

async fn put(world: &World, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    world.call("PUT", path).key(ADMIN).body(body).send().await
}

async fn paid(world: &World) {
    let body = r#"{"sample":{"amount": 1.50,  "large":12345678901234567890}}"#;
    assert_eq!(put(world, PAID, body).await.status.as_u16(), 201);
}

fn own(name: &str) -> OwnType {
    OwnType {
        name: name.parse().expect("a name"),
        description: None,
        deprecated: false,
        schema: None,
        sample: None,
        created_at: START,
        updated_at: START,
    }
}

#[tokio::test]
async fn a_type_is_made_changed_and_deleted() {
    let world = World::new();
    let key = world.key("u", &[Scope::WebhooksRead]).await;
    let text = r#"{"description":"Money came in.","schema":{"type":"object",  "required":["amount"]},"sample":{"amount":1.50}}"#;
    let made = put(&world, PAID, text).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text);
    assert_eq!(made.header(axum::http::header::LOCATION), Some(PAID));
    let shown = world.get(PAID, &key).await;
    assert_eq!(shown.text, made.text);
    assert_eq!(
        shown.text,
        format!(
            r#"{{"name":"invoice.paid","description":"Money came in.","deprecated":false,"builtIn":false,"schema":{{"type":"object",  "required":["amount"]}},"sample":{{"amount":1.50}},"createdAt":"{START}","updatedAt":"{START}"}}"#
        )
    );

    // What was read can be sent back; what is left out is gone.
    world.clock.advance(Duration::from_secs(1));
    let again = put(&world, PAID, shown.text.clone()).await;
    assert_eq!(again.status.as_u16(), 200, "{}", again.text);
    assert_eq!(again.json()["createdAt"], START.to_string());
    assert_ne!(again.json()["updatedAt"], START.to_string());
    let less = put(&world, PAID, r#"{"deprecated":true}"#).await.json();
    assert_eq!(less["deprecated"], true);
    assert_eq!(less.get("sample").or(less.get("schema")).or(less.get("description")), None);

    let deleted = world.call("DELETE", PAID).key(ADMIN).send().await;
    assert_eq!(deleted.status.as_u16(), 204);
    assert_eq!(world.get(PAID, &key).await.problem(), problem(404, "not_found"));
    assert_eq!(
        world.call("DELETE", PAID).key(ADMIN).send().await.problem(),
        problem(404, "not_found")
    );
}

#[tokio::test]
async fn one_that_is_built_in_takes_what_is_said_of_it_and_gives_it_back() {
    let world = World::new();
    let path = "/api/event-types/lead.created";
    let before = world.get(path, ADMIN).await;
    assert_eq!(
        (before.json()["builtIn"].clone(), before.json().get("createdAt")),
        (json!(true), None)
    );
    assert!(before.json()["sample"]["contact"].is_object());

    let said = put(&world, path, r#"{"deprecated":true,"description":"Use lead.enriched."}"#).await;
    assert_eq!(said.status.as_u16(), 200);
    assert_eq!(said.json()["sample"], before.json()["sample"], "the one that is built in stays");
    assert_eq!(world.call("DELETE", path).key(ADMIN).send().await.status.as_u16(), 204);
    assert_eq!(world.get(path, ADMIN).await.text, before.text);
    let again = world.call("DELETE", path).key(ADMIN).send().await;
    assert_eq!(again.problem(), problem(404, "not_found"));

    let schema = put(&world, path, r#"{"schema":{"required":["amount"]}}"#).await;
    assert_eq!(schema.fields(), ["sample"], "the sample that is built in does not satisfy it");
}

#[rstest]
#[case("{}", &[])]
#[case(r#"{"schema":{"type":"objekt"},"sample":[],"deprecated":1,"description":7,"more":1,"userId":"u"}"#,
    &["more", "userId", "description", "deprecated", "schema/type", "sample"])]
#[case(r#"{"schema":{"properties":{"a":{"type":"string"}}},"sample":{"a":1}}"#, &["sample/a"])]
#[case(r#"{"schema":{"$ref":"https://example.com/s"}}"#, &["schema/$ref"])]
#[case("{\"sample\":{\"a\":\"\u{ffff}\"}}", &["sample"])]
#[case("{\"description\":\"a\\u0000b\"}", &["description"])]
#[tokio::test]
async fn every_fault_is_named_and_nothing_stored(#[case] body: &str, #[case] fields: &[&str]) {
    let world = World::new();
    let answer = put(&world, PAID, body).await;
    assert_eq!(answer.fields(), fields, "{}", answer.text);
    assert_eq!(world.memory.own_event_types().is_empty(), !fields.is_empty());
}

#[tokio::test]
async fn a_name_is_one_that_a_webhook_can_name() {
    let world = World::new();
    for name in ["lead.*", "*", "Lead", "a..b", "a%20b", "%ff", &"a".repeat(129)] {
        let path = format!("/api/event-types/{name}");
        let answer = put(&world, &path, "{}").await;
        assert_eq!((answer.status.as_u16(), answer.fields()), (422, vec!["name".into()]), "{name}");
        assert_eq!(world.get(&path, ADMIN).await.problem(), problem(404, "not_found"), "{name}");
    }
    let large = format!(r#"{{"sample":{{"a":"{}"}}}}"#, "x".repeat(32 * 1024));
    assert_eq!(put(&world, PAID, large).await.fields(), ["sample"]);
}

#[tokio::test]
async fn there_are_as_many_as_can_be() {
    let world = World::new();
    for n in 0..1000 {
        world.memory.put_event_type(own(&format!("t.n{n}")));
    }
    let answer = put(&world, PAID, "{}").await;
    assert_eq!(answer.problem(), problem(409, "event_type_limit_reached"));
    assert_eq!(put(&world, "/api/event-types/t.n7", "{}").await.status.as_u16(), 200);
}

#[rstest]
#[case(1)]
#[case(3)]
#[case(7)]
#[case(100)]
#[tokio::test]
async fn both_kinds_are_listed_by_name_in_pages(#[case] limit: usize) {
    let world = World::new();
    let key = world.key("u", &[Scope::WebhooksRead]).await;
    let mut expected: Vec<&str> = BUILT_IN.iter().map(|known| known.name).collect();
    for name in ["a.first", "b", "lead.created", "lead.lost", "zz"] {
        world.memory.put_event_type(own(name));
        expected.push(name);
    }
    expected.sort_unstable();
    expected.dedup();
    let pages = world.pages(&format!("/api/event-types?limit={limit}"), &key).await;
    assert!(pages.iter().all(|page| page.items().len() <= limit));
    assert_eq!(pages.iter().flat_map(|page| page.texts("name")).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_webhook_names_what_is_known_and_keeps_what_is_gone() {
    let world = World::new();
    let key = world.full_key("u").await;
    let draft =
        |events: Value| json!({"name": "x", "url": "https://hooks.example.com/", "events": events});
    let create = |events: Value| world.call("POST", "/api/webhooks").key(&key).json(&draft(events));
    let refused = create(json!(["lead.*", "invoice.paid", "invoice.*"])).send().await;
    assert_eq!(refused.fields(), ["events[1]", "events[2]"]);
    let asked = world.memory.calls(Operation::FirstEventType);
    assert_eq!(asked, 2, "not for what is built in");

    paid(&world).await;
    let made = create(json!(["invoice.paid", "invoice.*"])).send().await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text);
    let path = format!("/api/webhooks/{}", made.json()["id"].as_str().expect("an id"));
    world.call("DELETE", PAID).key(ADMIN).send().await;

    let sent_back = world.get(&path, &key).await.text;
    let kept = world.call("PUT", &path).key(&key).body(sent_back).send().await;
    assert_eq!(kept.status.as_u16(), 200, "{}", kept.text);
    let patch = json!({"events": ["invoice.paid", "invoice.due"]});
    let patched = world.call("PATCH", &path).key(&key).json(&patch).send().await;
    assert_eq!(patched.fields(), ["events[1]"]);
    let patch = json!({"events": ["invoice.paid", "task.*"]});
    let patched = world.call("PATCH", &path).key(&key).json(&patch).send().await;
    assert_eq!(patched.status.as_u16(), 200, "{}", patched.text);
}

#[tokio::test]
async fn what_is_built_in_asks_no_table() {
    let world = World::new();
    let key = world.full_key("u").await;
    let draft =
        json!({"name": "x", "url": "https://hooks.example.com/", "events": ["*", "lead.*"]});
    let made = world.call("POST", "/api/webhooks").key(&key).json(&draft).send().await;
    assert_eq!(made.status.as_u16(), 201);
    assert_eq!(world.memory.calls(Operation::FirstEventType), 0);
}

/// What a test of the webhook puts on the events queue.
async fn tested(world: &World, events: &[&str], body: &str) -> InboundEvent {
    let key = world.full_key("u").await;
    let events = events.iter().map(|text| text.parse().expect("a pattern")).collect();
    let webhook = changed(&a_webhook().for_user("u").build(), |it| it.events = events);
    let path = format!("/api/webhooks/{}/test", webhook.id);
    world.memory.put_webhook(webhook);
    let answer = world.call("POST", path).key(&key).body(body).send().await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    let messages = world.memory.events_queue().messages();
    assert_eq!(messages.len(), 1);
    let inbound = InboundEvent::parse(&messages[0].body, START).expect("an event");
    assert!(answer.text.contains(&inbound.content.data), "{}", answer.text);
    inbound
}

#[rstest]
#[case::first_of_the_webhook(&["invoice.*", "lead.created"], "")]
#[case::by_its_name(&["lead.created"], r#"{"event":"invoice.paid"}"#)]
#[tokio::test(start_paused = true)]
async fn a_test_sends_ones_own_sample_as_it_was_written(
    #[case] events: &[&str],
    #[case] body: &str,
) {
    let world = World::new();
    paid(&world).await;
    let inbound = tested(&world, events, body).await;
    assert_eq!(inbound.content.event_type, "invoice.paid");
    assert_eq!(inbound.content.data, r#"{"amount": 1.50,  "large":12345678901234567890}"#);
    assert_eq!(inbound.user_id.as_str(), "u");
}

#[tokio::test(start_paused = true)]
async fn a_type_without_a_sample_is_tested_with_nothing() {
    let world = World::new();
    put(&world, PAID, "{}").await;
    assert_eq!(tested(&world, &["invoice.paid"], "").await.content.data, "{}");
}

#[tokio::test(start_paused = true)]
async fn a_test_carries_data_of_ones_own_as_they_came() {
    let world = World::new();
    let data = r#"{"n": 1.0,  "id":"mine","userId":"somebody else","large":12345678901234567890}"#;
    let inbound = tested(&world, &["lead.created"], &format!(r#"{{"data":{data}}}"#)).await;
    assert_eq!((inbound.content.data.as_str(), inbound.user_id.as_str()), (data, "u"));
    assert_eq!(world.memory.calls(Operation::FirstEventType), 0, "built in, and no sample needed");
}

#[rstest]
#[case(r#"{"data":[]}"#, &["data"])]
#[case(r#"{"data":"x","event":"no.such"}"#, &["event", "data"])]
#[case("{\"data\":{\"a\":\"\u{fffe}\"}}", &["data"])]
#[tokio::test(start_paused = true)]
async fn data_that_cannot_be_sent_are_refused(#[case] body: &str, #[case] fields: &[&str]) {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    let path = format!("/api/webhooks/{}/test", webhook.id);
    world.memory.put_webhook(webhook);
    let answer = world.call("POST", path).key(&key).body(body).send().await;
    assert_eq!(answer.fields(), fields);
    assert!(world.memory.events_queue().messages().is_empty());
}

#[tokio::test]
async fn a_preview_uses_ones_own_sample() {
    let world = World::new();
    paid(&world).await;
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").events(["invoice.*"]).build();
    let path = format!("/api/webhooks/{}/transform/preview", webhook.id);
    world.memory.put_webhook(webhook);
    let body = json!({"transform": {"template": "{{ data.amount }}", "contentType": "text/plain"}});
    let answer = world.call("POST", path).key(&key).json(&body).send().await;
    assert_eq!(answer.json()["body"], "1.5", "{}", answer.text);
}

#[tokio::test]
async fn a_list_of_types_takes_a_group_and_goes_on_behind_what_it_left_out() {
    let world = World::new();
    let key = world.key("u", &[Scope::WebhooksRead]).await;
    for n in 0..250 {
        world.memory.put_event_type(own(&format!("invoice.n{n:03}")));
        world.memory.put_event_type(own(&format!("order.n{n:03}")));
    }
    let pages = world.pages("/api/event-types?name=order.*&limit=70", &key).await;
    let sizes: Vec<usize> = pages.iter().map(|page| page.items().len()).collect();
    assert_eq!(sizes, [70, 70, 70, 40], "a page is full unless it is the last");
    let names: Vec<String> = pages.iter().flat_map(|page| page.texts("name")).collect();
    let expected: Vec<String> = (0..250).map(|n| format!("order.n{n:03}")).collect();
    assert_eq!(names, expected);
    let names = async |filter: &str| {
        let page = world.get(format!("/api/event-types?limit=100&name={filter}"), &key).await;
        page.items().iter().map(|it| it["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("lead.*").await, ["lead.created", "lead.enriched"]);
    assert_eq!(names("task.failed").await, ["task.failed"]);
    assert_eq!(names("no.such").await, Vec::<Value>::new());
    assert_eq!(names("*").await.len(), 100);
    let empty = world.get("/api/event-types?name=", &key).await;
    assert_eq!(
        (empty.problem(), empty.fields()),
        (problem(400, "invalid_query"), vec!["name".into()])
    );
}
