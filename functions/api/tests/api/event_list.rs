//! Lists of events, and the look-up of one by what its source calls it.

use crate::world::{World, api, problem};
use grapnel_api::{Api, router};
use grapnel_domain::{event::Event, scope::Scope, time::Timestamp};
use grapnel_testing::{
    builders::{a_replay, an_event},
    clock::START,
    memory::{Memory, Operation},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

async fn world() -> (World, String) {
    let world = World::new();
    let key = world.key("u", &[Scope::DeliveriesRead]).await;
    (world, key)
}

/// An event of `u` that arrived `second` seconds after the start.
fn arrived(world: &World, second: u64, event_type: &str) -> Event {
    let stored_at = START.plus(Duration::from_secs(second));
    let event = an_event().for_user("u").of_type(event_type).stored_at(stored_at).build();
    world.memory.put_event(event.clone());
    event
}

#[tokio::test]
async fn events_are_listed_newest_first_without_their_data() {
    let (world, key) = world().await;
    let older = arrived(&world, 0, "lead.created");
    let erased_at = START.plus(Duration::from_secs(9));
    let newer = an_event().for_user("u").called("2").erased(erased_at);
    let newer = newer.stored_at(START.plus(Duration::from_secs(1))).build();
    world.memory.put_event(newer.clone());
    // Neither another user's events nor what lies beside events is in the list.
    world.memory.put_event(an_event().for_user("v").build());
    world.memory.put_replay(a_replay().for_user("u").build());
    let page = world.get("/api/events", &key).await;
    let shown = |event: &Event| {
        json!({
            "id": event.id, "type": "lead.created", "source": "shop.orders",
            "time": event.content.time, "storedAt": event.stored_at,
        })
    };
    let mut first = shown(&newer);
    first["payloadErasedAt"] = json!(erased_at);
    assert_eq!(page.json(), json!({"items": [first, shown(&older)]}));
}

#[tokio::test]
async fn pages_follow_each_other_while_events_arrive() {
    let (world, key) = world().await;
    let mut expected: Vec<String> =
        (0..7).map(|second| arrived(&world, second, "lead.created").id.to_string()).collect();
    expected.reverse();
    let first = world.get("/api/events?limit=3", &key).await;
    assert_eq!(first.ids(), expected[..3]);
    arrived(&world, 100, "lead.created");
    let cursor = first.next_cursor().expect("more");
    let second = world.get(format!("/api/events?limit=3&cursor={cursor}"), &key).await;
    assert_eq!(second.ids(), expected[3..6]);
    let cursor = second.next_cursor().expect("more");
    let third = world.get(format!("/api/events?limit=3&cursor={cursor}"), &key).await;
    assert_eq!((third.ids(), third.next_cursor()), (expected[6..].to_vec(), None));
}

#[tokio::test]
async fn events_are_listed_by_type_and_time() {
    let (world, key) = world().await;
    let events = [
        arrived(&world, 0, "lead.created"),
        arrived(&world, 60, "lead.enriched"),
        arrived(&world, 120, "task.failed"),
        arrived(&world, 180, "Order placed"),
    ];
    for (query, expected) in [
        ("", vec![3, 2, 1, 0]),
        ("type=lead.created", vec![0]),
        ("type=lead.*", vec![1, 0]),
        ("type=*", vec![3, 2, 1, 0]),
        ("type=Order+placed", vec![3]),
        ("type=lead", vec![]),
        ("since=2026-11-24T06:25:00Z", vec![3, 2, 1]),
        ("until=2026-11-24T06:25:00Z", vec![0]),
        ("since=2026-11-24T06:25:00Z&until=2026-11-24T06:27:00%2B00:00&type=lead.*", vec![1]),
        ("since=2026-11-24T06:27:00Z&until=2026-11-24T06:25:00Z", vec![]),
    ] {
        let expected: Vec<String> =
            expected.iter().map(|at: &usize| events[*at].id.to_string()).collect();
        for limit in [1, 2, 100] {
            let seen = world.all_ids(&format!("/api/events?limit={limit}&{query}"), &key).await;
            assert_eq!(seen, expected, "{query}, {limit} at once");
        }
    }
}

#[tokio::test]
async fn a_search_reads_a_bounded_number_and_goes_on() {
    let (world, key) = world().await;
    let wanted = arrived(&world, 0, "task.failed");
    for second in 1..=1500 {
        arrived(&world, second, "lead.created");
    }
    let first = world.get("/api/events?type=task.*", &key).await;
    assert_eq!((first.ids().len(), world.memory.calls(Operation::ListEvents)), (0, 10));
    let cursor = first.next_cursor().expect("more");
    let second = world.get(format!("/api/events?type=task.*&cursor={cursor}"), &key).await;
    assert_eq!(second.ids(), [wanted.id.to_string()]);
    assert_eq!(second.next_cursor(), None);
    assert_eq!(world.memory.calls(Operation::Event), 0, "the index holds all that a list shows");
}

#[tokio::test]
async fn an_event_is_found_by_what_its_source_calls_it() {
    let (world, key) = world().await;
    let event = an_event().for_user("u").called("order 7/ü").build();
    world.memory.put_event(event.clone());
    let path = "/api/events?source=shop.orders&sourceId=order%207/%C3%BC";
    let found = world.get(path, &key).await;
    assert_eq!(found.ids(), [event.id.to_string()]);
    assert_eq!(world.memory.calls(Operation::Event), 1, "one point read");
    assert_eq!(world.memory.calls(Operation::ListEvents), 0);
    // The same words of another user, another source and another id.
    let stranger = world.key("v", &[Scope::DeliveriesRead]).await;
    assert_eq!(world.get(path, &stranger).await.text, r#"{"items":[]}"#);
    for other in ["source=shop&sourceId=order%207/%C3%BC", "source=shop.orders&sourceId=7"] {
        let found = world.get(format!("/api/events?{other}"), &key).await;
        assert_eq!(found.text, r#"{"items":[]}"#, "{other}");
    }
}

#[rstest]
#[case("source=a", &["sourceId"])]
#[case("sourceId=a", &["source"])]
#[case("source=a&sourceId=b&limit=5&type=x&since=2026-11-24T06:25:00Z", &["limit", "type", "since"])]
#[case("source=a&sourceId=b&cursor=x", &["cursor", "cursor"])]
#[case("type=&since=now&until=&limit=0", &["limit", "type", "since", "until"])]
#[case("type=le*", &["type"])]
#[case("type=lead.**", &["type"])]
#[case("event=lead.created", &["event"])]
#[tokio::test]
async fn every_parameter_at_fault_is_named(#[case] query: &str, #[case] fields: &[&str]) {
    let (world, key) = world().await;
    let answer = world.get(format!("/api/events?{query}"), &key).await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"), "{}", answer.text);
    assert_eq!(answer.fields(), fields);
}

#[tokio::test]
async fn without_the_index_a_list_says_so_and_one_event_is_found_all_the_same() {
    let memory = Memory::new();
    let world = World::of(memory.clone(), router(Api { has_event_index: false, ..api(&memory) }));
    let key = world.key("u", &[Scope::DeliveriesRead]).await;
    let event = an_event().for_user("u").called("7").build();
    memory.put_event(event.clone());
    let list = world.get("/api/events", &key).await;
    assert_eq!(list.problem(), problem(409, "event_index_off"));
    assert!(list.text.contains("EventIndex"), "{}", list.text);
    assert_eq!(memory.calls(Operation::ListEvents), 0);
    let found = world.get("/api/events?source=shop.orders&sourceId=7", &key).await;
    assert_eq!(found.ids(), [event.id.to_string()]);
    let wrong = world.get("/api/events?since=now", &key).await;
    assert_eq!(wrong.problem(), problem(400, "invalid_query"));
}

#[tokio::test]
async fn a_cursor_of_another_user_shows_nothing_of_theirs() {
    let (world, key) = world().await;
    for n in 0..3_u64 {
        let stored_at: Timestamp = START.plus(Duration::from_secs(n));
        world.memory.put_event(an_event().for_user("v").stored_at(stored_at).build());
    }
    let mine = arrived(&world, 0, "lead.created");
    let other = world.key("v", &[Scope::DeliveriesRead]).await;
    let cursor = world.get("/api/events?limit=1", &other).await.next_cursor().expect("more");
    let page = world.get(format!("/api/events?cursor={cursor}"), &key).await;
    assert_eq!(page.ids(), [mine.id.to_string()]);
    let elsewhere = world.get(format!("/api/deliveries?cursor={cursor}"), &key).await;
    assert_eq!(elsewhere.fields(), ["cursor"]);
    assert_eq!(Value::from(elsewhere.status.as_u16()), 400);
}
