//! Many deliveries sent again.

use crate::fake::{WEBHOOK, World, delivery, page_of, problem};
use grapnel_wire::scope::Scope;
use serde_json::{Value, json};

const REPLAY: &str = "rpl_01938d2e-7b1c-7c3a-9f00-1234567890ab";

fn replay(fields: &[(&str, Value)]) -> Value {
    let mut replay = json!({
        "id": REPLAY, "status": "running", "examined": 200, "replayed": 17,
        "filter": {"status": "failed", "event": "<b>lead", "until": "2026-11-24T06:24:00.000Z"},
        "createdAt": "2026-11-24T06:24:00.000Z",
    });
    for (name, value) in fields {
        replay[*name] = value.clone();
    }
    replay
}

#[tokio::test]
async fn they_are_counted_before_they_are_sent() {
    let world = World::full();
    let page = world.get("/console/replays/new?event=lead.*&since=2026-11-24T06:24").await;
    page.shows("1 delivery<");
    let asked =
        "GET /api/deliveries?event=lead.*&since=2026-11-24T06%3A24%3A00Z&status=failed&limit=100";
    assert_eq!(world.made()[0].line, asked);
    page.shows(r#"<input type="hidden" name="event" value="lead.*">"#);

    let more = json!({"items": [delivery(json!({})), delivery(json!({}))], "nextCursor": "c"});
    world.answers("GET /api/deliveries", 200, more);
    world.get("/console/replays/new").await.shows("2 deliveries or more");
    world.answers("GET /api/deliveries", 200, json!({"items": [], "nextCursor": "c"}));
    let page = world.get("/console/replays/new").await;
    page.shows("Older ones may be.");
    page.shows("Send them again");
    world.answers("GET /api/deliveries", 200, page_of(vec![]));
    let page = world.get("/console/replays/new").await;
    page.shows("Nothing would be sent.");
    page.hides("Send them again");
}

#[tokio::test]
async fn an_order_leads_to_its_progress() {
    let world = World::full();
    let form = world.get("/console/replays/new").await.hidden("form").to_owned();
    world.answers("POST /api/replays", 202, replay(&[]));
    let fields = [("form", &*form), ("event", "lead.*"), ("until", "2026-11-24T06:24")];
    let page = world.post("/console/replays", &fields).await;
    assert_eq!((page.status, page.location()), (303, &*format!("./replays/{REPLAY}")));
    let made = world.made().pop().expect("a request");
    assert_eq!(made.body, r#"{"event":"lead.*","until":"2026-11-24T06:24:00Z"}"#);

    let of_one = format!("POST /api/webhooks/{WEBHOOK}/replay");
    world.answers(&of_one, 202, replay(&[("webhookId", json!(WEBHOOK))]));
    world.post("/console/replays", &[("form", &form), ("webhook", WEBHOOK)]).await;
    assert_eq!(world.made().pop().expect("a request").line, of_one);

    let path = format!("GET /api/replays/{REPLAY}");
    world.answers(&path, 200, replay(&[]));
    let page = world.get(&format!("/console/replays/{REPLAY}")).await;
    page.shows("17 sent again, 200 examined");
    page.shows("failed of the type &#60;b&#62;lead");
    page.shows(r#"data-live="3""#);
    let finished = [
        ("status", json!("finished")),
        ("finishedAt", json!("2026-11-24T06:25:00.000Z")),
        ("webhookId", json!(WEBHOOK)),
    ];
    world.answers(&path, 200, replay(&finished));
    let page = world.get(&format!("/console/replays/{REPLAY}")).await;
    page.shows("Leads to CRM");
    page.hides("data-live");
}

#[tokio::test]
async fn what_is_wrong_with_a_choice_is_said_and_nothing_that_was_entered_is_lost() {
    let world = World::full();
    let mut wrong = problem(400, "invalid_query", "The query is not valid.");
    wrong["errors"] = json!([{"field": "event", "message": "is no event type"}]);
    world.answers("GET /api/deliveries", 400, wrong);
    let page = world.get("/console/replays/new?event=%22%3E").await;
    assert_eq!(page.status, 400);
    page.shows("is no event type");
    page.shows(r##"value="&#34;&#62;""##);
    page.hides("Send them again");
}

#[tokio::test]
async fn the_list_shows_each_with_its_progress() {
    let world = World::full();
    world.answers("GET /api/replays", 200, page_of(vec![]));
    world.get("/console/replays").await.shows("Nothing was sent again.");
    world.answers("GET /api/replays", 200, json!({"items": [replay(&[])], "nextCursor": "c d"}));
    let page = world.get("/console/replays").await;
    page.shows(&format!("./replays/{REPLAY}"));
    page.shows("./replays?cursor=c+d");
}

#[tokio::test]
async fn who_may_not_retry_is_offered_no_replay() {
    let world = World::with(&[Scope::WebhooksRead, Scope::DeliveriesRead]);
    world.answers("GET /api/replays", 200, page_of(vec![]));
    world.get("/console/replays").await.hides("Send many again");
    world.get("/console/deliveries").await.hides("Send many again");
    let world = World::full();
    world.get("/console/deliveries").await.shows("./replays/new");
    world.get("/console/deliveries?status=failed").await.shows("./replays/new?status=failed");
    let beyond = world.get("/console/deliveries?statusCode=5xx").await;
    beyond.hides("Send many again");
}
