//! Events published over HTTP, and the catalogue that describes them.

use anyhow::{Context, ensure};
use grapnel_tests::{
    model::{DeliveryOfEvent, Event, EventType, PublishedOverHttp},
    signature,
    until::{Look, until},
    world::{SOON, World},
};
use reqwest::{Method, header::HeaderName};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

const EVENTS: &str = "/api/events";

async fn publish(
    world: &World,
    body: &str,
    key: Option<&str>,
) -> anyhow::Result<PublishedOverHttp> {
    let header = key.map(|key| (HeaderName::from_static("idempotency-key"), key));
    world.api.send_as(Method::POST, EVENTS, header, body.into()).await?.json(202)
}

/// The event, when all its deliveries are settled.
async fn settled(world: &World, id: &str) -> anyhow::Result<Event> {
    let path = format!("{EVENTS}/{id}");
    let is_settled =
        |delivery: &DeliveryOfEvent| matches!(delivery.status.as_str(), "success" | "failed");
    until("an event whose deliveries are settled", SOON, async || {
        let answer = world.api.get(&path).await?;
        if answer.status == 404 {
            return Ok(Look::not_yet(answer));
        }
        let event: Event = answer.json(200)?;
        let all = !event.deliveries.is_empty() && event.deliveries.iter().all(is_settled);
        Ok(if all { Look::Found(event) } else { Look::not_yet(event) })
    })
    .await
}

/// A type that no other test uses.
fn a_type() -> String {
    format!("t{}.paid", Uuid::new_v4().simple())
}

async fn put_type(world: &World, name: &str, body: &Value) -> anyhow::Result<EventType> {
    let path = format!("/api/event-types/{name}");
    world.admin.put(&path, body).await?.json(201)
}

#[tokio::test]
async fn what_is_published_arrives_byte_for_byte() -> anyhow::Result<()> {
    let world = World::main().await?;
    let raw = json!({ "payloadFormat": "raw" });
    let webhook = world.webhook("/raw", raw).await?;
    let enveloped = world.webhook("/envelope", json!({})).await?;
    let data = r#"{"n": 1.50,  "large":12345678901234567890, "text":"\u00e9 ü", "userId":"somebody else"}"#;
    let body = format!(
        r#"{{"type":"lead.created","source":"shop.orders","id":"o-1","time":"2026-01-02T03:04:05Z","data":{data}}}"#
    );
    let published = publish(&world, &body, None).await?;
    ensure!(published.items.len() == 1, "{published:?}");
    let id = published.items[0].id.clone();

    let request = world.requests("/raw", 1).await?.remove(0);
    assert_eq!(String::from_utf8(request.body.to_vec())?, data);
    signature::verify(&request, &webhook.secret)?;
    assert_eq!(request.header("webhook-id"), Some(id.as_str()));
    let request = world.requests("/envelope", 1).await?.remove(0);
    signature::verify(&request, &enveloped.secret)?;
    let text = String::from_utf8(request.body.to_vec())?;
    ensure!(text.contains(data) && text.contains("2026-01-02T03:04:05"), "{text}");

    let event = settled(&world, &id).await?;
    assert_eq!(
        (event.data.as_deref().map_or("", RawValue::get), event.source.as_str()),
        (data, "shop.orders")
    );
    assert_eq!(event.deliveries.len(), 2);
    for delivery in &event.deliveries {
        assert_eq!((delivery.status.as_str(), delivery.attempt_count), ("success", 1));
        let last = delivery.last_attempt.as_ref().context("an attempt")?;
        assert_eq!(last.status_code, Some(200));
    }
    // The same id is the same event.
    assert_eq!(publish(&world, &body, None).await?.items[0].id, id);
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_repeated_is_delivered_once() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let event = |n: usize| format!(r#"{{"type":"lead.created","data":{{"n":{n}}}}}"#);
    let events: Vec<String> = (0..25).map(event).collect();
    let body = format!(r#"{{"events":[{}]}}"#, events.join(","));
    let first = publish(&world, &body, Some("key-1")).await?;
    assert_eq!(first.items.len(), 25);
    let second = publish(&world, &body, Some("key-1")).await?;
    let ids = |published: &PublishedOverHttp| {
        published.items.iter().map(|item| item.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&first), ids(&second));
    for item in &first.items {
        let event = settled(&world, &item.id).await?;
        assert_eq!(event.deliveries.len(), 1);
    }
    assert_eq!(world.api.deliveries(&webhook.id).await?.len(), 25);

    let header = Some((HeaderName::from_static("idempotency-key"), "key-1"));
    let other = world.api.send_as(Method::POST, EVENTS, header, event(1).into()).await?;
    assert_eq!(other.problem(422)?.code, "idempotency_key_reused");
    Ok(())
}

#[tokio::test]
async fn the_largest_data_that_are_taken_arrive() -> anyhow::Result<()> {
    let world = World::main().await?;
    world.webhook("/hook", json!({ "payloadFormat": "raw" })).await?;
    let mut data = String::from(r#"{"x":""#);
    data.extend(std::iter::repeat_n('y', 256 * 1024 - data.len() - 2));
    data.push_str(r#""}"#);
    let body = format!(r#"{{"type":"lead.created","data":{data}}}"#);
    publish(&world, &body, None).await?;
    let request = world.requests("/hook", 1).await?.remove(0);
    ensure!(request.body[..] == *data.as_bytes(), "{} bytes", request.body.len());
    Ok(())
}

#[tokio::test]
async fn a_type_of_ones_own_works_from_end_to_end() -> anyhow::Result<()> {
    let world = World::main().await?;
    let name = a_type();
    let refused = world.webhook_body("/hook", &json!({ "events": [name] }));
    let refused = world.api.post("/api/webhooks", &refused).await?.problem(422)?;
    assert_eq!(refused.fields(), ["events[0]"]);

    let said = json!({
        "description": "Money came in.",
        "schema": { "type": "object", "required": ["amount"] },
        "sample": { "amount": 1 },
    });
    let made = put_type(&world, &name, &said).await?;
    assert_eq!((made.built_in, made.deprecated), (false, false));
    let path = format!("/api/event-types/{name}");
    let shown: EventType = world.api.get(&path).await?.json(200)?;
    assert_eq!(shown.description.as_deref(), Some("Money came in."));
    assert_eq!(world.api.put(&path, &said).await?.problem(403)?.code, "admin_required");

    let fields = json!({ "events": [name], "payloadFormat": "raw" });
    let webhook = world.webhook("/hook", fields).await?;
    let body = format!(r#"{{"type":"{name}","data":{{"amount":2}}}}"#);
    publish(&world, &body, None).await?;
    let request = world.requests("/hook", 1).await?.remove(0);
    assert_eq!(&request.body[..], br#"{"amount":2}"#);
    let tested = world.tested(&webhook, "{}").await?;
    assert_eq!((tested.event.as_str(), tested.payload_text()), (name.as_str(), r#"{"amount":1}"#));

    let deleted = world.admin.send(Method::DELETE, &path, None).await?;
    ensure!(deleted.status == 204, "{deleted:?}");
    let kept = world.api.change_webhook(&webhook.id, &json!({ "name": "kept" })).await?;
    assert_eq!(kept.events, [name]);
    Ok(())
}

#[tokio::test]
async fn a_test_with_data_of_ones_own_sends_them_as_they_came() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({ "payloadFormat": "raw" })).await?;
    let data = r#"{"n": 1.0,  "large":12345678901234567890,"id":"mine"}"#;
    let body = format!(r#"{{"event":"task.failed","data":{data}}}"#);
    let delivery = world.tested(&webhook, &body).await?;
    assert_eq!((delivery.event.as_str(), delivery.payload_text()), ("task.failed", data));
    let request = world.requests("/hook", 1).await?.remove(0);
    assert_eq!(&request.body[..], data.as_bytes());
    let event = settled(&world, &delivery.event_id).await?;
    assert_eq!(event.deliveries.len(), 1);
    ensure!(event.deliveries[0].test && event.deliveries[0].id == delivery.id, "{event:?}");
    Ok(())
}

#[tokio::test]
async fn where_events_are_checked_what_is_wrong_is_told_or_refused() -> anyhow::Result<()> {
    // One deployment warns, the other refuses.
    for (world, refuses) in [(World::tight().await?, false), (World::circuit().await?, true)] {
        let name = a_type();
        let schema = json!({ "properties": { "amount": { "type": "number" } } });
        put_type(&world, &name, &json!({ "schema": schema })).await?;
        let body = json!({ "events": [
            { "type": name, "data": { "amount": "secret" } },
            { "type": "no.such", "data": {} },
            { "type": "lead.created", "data": {} },
        ] });
        let answer = world.api.post(EVENTS, &body).await?;
        ensure!(!answer.text.contains("secret"), "{answer:?}");
        let fields = ["events[0].data/amount", "events[1].type"];
        if refuses {
            assert_eq!(answer.problem(422)?.fields(), fields);
            continue;
        }
        let published: PublishedOverHttp = answer.json(202)?;
        let told: Vec<&str> = published
            .items
            .iter()
            .flat_map(|item| item.warnings.iter().map(|warning| warning.field.as_str()))
            .collect();
        assert_eq!(told, fields);
    }
    Ok(())
}
