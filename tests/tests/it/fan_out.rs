//! Which webhooks get an event, and how often.

use anyhow::{Context, ensure};
use grapnel_tests::{
    forged,
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// The types of the events that arrived at `path`, sorted.
fn types_at(world: &World, path: &str) -> anyhow::Result<Vec<String>> {
    let mut types = Vec::new();
    for request in world.receiver.received(path) {
        let body: Value = serde_json::from_slice(&request.body)?;
        types.push(body["type"].as_str().context("a type")?.to_owned());
    }
    types.sort_unstable();
    Ok(types)
}

#[tokio::test]
async fn one_event_reaches_two_webhooks_as_one_event() -> anyhow::Result<()> {
    let world = World::main().await?;
    let first = world.webhook("/first", json!({})).await?;
    let second = world.webhook("/second", json!({})).await?;
    ensure!(first.secret != second.secret, "each webhook has a secret of its own");
    world.publish("lead.created", json!({})).await?;

    let at_first = world.requests("/first", 1).await?.remove(0);
    let at_second = world.requests("/second", 1).await?.remove(0);
    assert_eq!(at_first.header("webhook-id"), at_second.header("webhook-id"));
    assert_eq!(at_first.body, at_second.body);
    let (one, other) = (world.settled(&first).await?, world.settled(&second).await?);
    ensure!(one.id != other.id, "each has a delivery of its own");
    assert_eq!(one.event_id, other.event_id);
    assert_eq!(world.state.count_events(&world.user).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_webhook_gets_what_its_patterns_name_and_nothing_else() -> anyhow::Result<()> {
    let world = World::main().await?;
    world.webhook("/any", json!({ "events": ["*"] })).await?;
    world.webhook("/group", json!({ "events": ["workflow.*"] })).await?;
    world.webhook("/exact", json!({ "events": ["workflow.failed"] })).await?;
    world.webhook("/mixed", json!({ "events": ["lead.created", "workflow.*"] })).await?;
    // Two matching patterns make one delivery.
    world.webhook("/twice", json!({ "events": ["lead.created", "lead.*"] })).await?;
    for event_type in ["workflow.completed", "workflow.failed", "lead.created", "unlisted.type"] {
        world.publish(event_type, json!({})).await?;
    }

    let expected = [
        ("/any", vec!["lead.created", "unlisted.type", "workflow.completed", "workflow.failed"]),
        ("/group", vec!["workflow.completed", "workflow.failed"]),
        ("/exact", vec!["workflow.failed"]),
        ("/mixed", vec!["lead.created", "workflow.completed", "workflow.failed"]),
        ("/twice", vec!["lead.created"]),
    ];
    for (path, types) in &expected {
        world.requests(path, types.len()).await?;
    }
    // Everything else that was recorded for these four events has been sent by the time all of this
    // has.
    for (path, types) in &expected {
        assert_eq!(types_at(&world, path)?, *types, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_webhook_gets_what_passes_its_filter_and_nothing_else() -> anyhow::Result<()> {
    let world = World::main().await?;
    let filter = json!({
        "plan": ["team", { "prefix": "enterprise" }],
        "$or": [{ "seats": [{ "numeric": [">=", 50] }] }, { "trial": [{ "exists": false }] }],
    });
    let filtered = world.webhook("/filtered", json!({ "filter": filter })).await?;
    assert_eq!(serde_json::to_value(&filtered)?["filter"], filter);
    world.webhook("/all", json!({})).await?;
    let events = [
        (json!({ "name": "a", "plan": "team" }), true),
        (json!({ "name": "b", "plan": "enterprise-eu", "seats": 50.0, "trial": true }), true),
        (json!({ "name": "c", "plan": "team", "seats": 49, "trial": true }), false),
        (json!({ "name": "d", "plan": "free" }), false),
        (json!({ "name": "e" }), false),
    ];
    let path = format!("/api/webhooks/{}/filter/test", filtered.id);
    for (data, passes) in &events {
        let tried: Value = world.api.post(&path, &json!({ "data": data })).await?.json(200)?;
        assert_eq!(tried["matches"], *passes, "{data}: {tried}");
        world.publish("lead.created", data.clone()).await?;
    }

    world.requests("/all", events.len()).await?;
    // Recorded together with those, so every message has been sent.
    let names = |path: &str| -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for request in world.receiver.received(path) {
            let body: Value = serde_json::from_slice(&request.body)?;
            names.push(body["data"]["name"].as_str().context("a name")?.to_owned());
        }
        names.sort_unstable();
        Ok(names)
    };
    world.requests("/filtered", 2).await?;
    assert_eq!(names("/filtered")?, ["a", "b"]);
    assert_eq!(world.api.deliveries(&filtered.id).await?.len(), 2, "the others left no trace");

    // A test is sent even if the filter does not match.
    assert_eq!(world.tested(&filtered, "{}").await?.status, "success");
    Ok(())
}

#[tokio::test]
async fn disabled_and_deleted_webhooks_get_nothing() -> anyhow::Result<()> {
    let world = World::main().await?;
    let born_disabled = world.webhook("/born-disabled", json!({ "status": "disabled" })).await?;
    let disabled = world.webhook("/disabled", json!({})).await?;
    let deleted = world.webhook("/deleted", json!({})).await?;
    let active = world.webhook("/active", json!({})).await?;
    let changed = world.api.change_webhook(&disabled.id, &json!({ "status": "disabled" })).await?;
    assert_eq!(changed.status, "disabled");
    world.api.delete_webhook(&deleted.id).await?;
    assert_eq!(world.api.get(&format!("/api/webhooks/{}", deleted.id)).await?.status, 404);
    world.publish("agent.failed", json!({})).await?;

    // One fan-out writes every delivery of an event before it sends the first message.
    world.requests("/active", 1).await?;
    world.settled(&active).await?;
    for (webhook, path) in
        [(&born_disabled, "/born-disabled"), (&disabled, "/disabled"), (&deleted, "/deleted")]
    {
        let rows = world.state.deliveries(&webhook.id).await?;
        ensure!(rows.is_empty(), "{path} has deliveries: {rows:?}");
        assert_eq!(world.receiver.received(path).len(), 0, "{path}");
    }

    let enabled = world.api.change_webhook(&disabled.id, &json!({ "status": "active" })).await?;
    assert_eq!((enabled.status.as_str(), enabled.secret.as_str()), ("active", "whsec_********"));
    world.publish("agent.failed", json!({})).await?;
    world.requests("/disabled", 1).await?;
    Ok(())
}

#[tokio::test]
async fn the_same_event_put_twice_is_delivered_once() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let first = world.publish("email.received", json!({ "subject": "hello" })).await?;
    world.settled(&webhook).await?;
    // The bus gives each put a different id; `detail.id` makes them one event.
    world.bus.put(&[first.event.clone(), first.event]).await?;

    // From here on, the same source id means the same event, even if its content changed.
    let changed = json!({ "id": first.source_id, "subject": "changed" });
    world.publish("email.received", changed).await?;
    let last = world.publish("email.received", json!({})).await?;
    let both = until("two deliveries", SOON, async || {
        let deliveries = world.api.deliveries(&webhook.id).await?;
        let settled = deliveries.iter().filter(|delivery| delivery.is_settled()).count();
        Ok(if settled >= 2 { Look::Found(deliveries) } else { Look::not_yet(deliveries) })
    })
    .await?;
    assert_eq!(both.len(), 2);
    ensure!(both[0].payload_text().contains(&last.source_id), "newest first: {both:?}");
    ensure!(both[1].payload_text().contains("hello"), "the first is kept: {both:?}");
    assert_eq!(world.receiver.received("/hook").len(), 2);
    assert_eq!(world.state.count_events(&world.user).await?, 2);
    Ok(())
}

#[tokio::test]
async fn one_message_that_the_queue_hands_over_twice_is_delivered_once() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    // Without a `detail.id` the id of the envelope identifies the event.
    let message = |id: &str| {
        let detail = json!({ "userId": world.user, "envelope": id }).to_string();
        forged::envelope(&world, id, &detail)
    };
    let (first, last) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let events = &world.stack.outputs.events_queue_url;
    world.queues.send(events, &message(&first)).await?;
    world.settled(&webhook).await?;
    world.queues.send_batch(events, &[message(&first), message(&first), message(&last)]).await?;
    until("the last event's delivery", SOON, async || {
        let deliveries = world.api.deliveries(&webhook.id).await?;
        let settled = deliveries.iter().filter(|delivery| delivery.is_settled()).count();
        Ok(if settled == 2 { Look::Found(()) } else { Look::not_yet(deliveries) })
    })
    .await?;
    assert_eq!(world.receiver.received("/hook").len(), 2);
    Ok(())
}

#[tokio::test]
async fn another_users_event_is_not_delivered() -> anyhow::Result<()> {
    let (mine, theirs) = futures::try_join!(World::main(), World::main())?;
    let my_webhook = mine.webhook("/mine", json!({})).await?;
    let their_webhook = theirs.webhook("/theirs", json!({})).await?;
    theirs.publish("lead.created", json!({})).await?;
    theirs.requests("/theirs", 1).await?;
    theirs.settled(&their_webhook).await?;
    ensure!(mine.state.deliveries(&my_webhook.id).await?.is_empty(), "a stranger's delivery");
    assert_eq!(mine.receiver.all_received().len(), 0);
    Ok(())
}

#[tokio::test]
async fn an_event_of_our_own_source_never_comes_in_from_the_bus() -> anyhow::Result<()> {
    let world = World::main().await?;
    world.webhook("/hook", json!({})).await?;
    let own = world.event("lead.created", &json!({ "own": true }));
    let bus = world.bus.with_source(grapnel_domain::event::inbound::OWN_SOURCE);
    bus.put(&[own.event]).await?;
    world.publish("lead.created", json!({})).await?;
    world.requests("/hook", 1).await?;
    assert_eq!(world.state.count_events(&world.user).await?, 1);
    Ok(())
}
