//! Notices on the platform's bus.

use anyhow::Context;
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use grapnel_tests::{
    bus::BusEvent,
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::{Value, json};

/// Puts every notice of the stack's bus on a new queue, and returns the queue's URL.
async fn listen(world: &World) -> anyhow::Result<String> {
    let (sqs, bus) = (
        aws_sdk_sqs::Client::new(world.aws.config()),
        aws_sdk_eventbridge::Client::new(world.aws.config()),
    );
    let name = format!("notices-{}", world.user);
    let url = sqs.create_queue().queue_name(&name).send().await?;
    let url = url.queue_url().context("a queue")?.to_owned();
    let arn = sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await?;
    let arn = arn.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn));
    let arn = arn.context("its ARN")?.to_owned();
    bus.put_rule()
        .name(&name)
        .event_bus_name(&world.stack.event_bus_name)
        .event_pattern(json!({ "source": ["grapnel"] }).to_string())
        .send()
        .await?;
    let target = Target::builder().id("queue").arn(arn).build()?;
    bus.put_targets()
        .rule(&name)
        .event_bus_name(&world.stack.event_bus_name)
        .targets(target)
        .send()
        .await?;
    Ok(url)
}

/// Waits for a notice of this kind about this user's webhooks.
async fn heard(world: &World, queue: &str, kind: &str) -> anyhow::Result<Value> {
    let sqs = aws_sdk_sqs::Client::new(world.aws.config());
    until(&format!("a notice {kind}"), SOON, async || {
        let answer =
            sqs.receive_message().queue_url(queue).max_number_of_messages(10).send().await?;
        let mut others = Vec::new();
        for message in answer.messages() {
            let event: Value = serde_json::from_str(message.body().unwrap_or_default())?;
            let mine = event["detail"]["userId"] == world.user;
            if mine && event["detail-type"] == kind {
                return Ok(Look::Found(event));
            }
            others.push(event["detail-type"].clone());
        }
        Ok(Look::not_yet(others))
    })
    .await
}

#[tokio::test]
async fn the_platform_hears_of_exhausted_deliveries_and_disabled_webhooks() -> anyhow::Result<()> {
    let world = World::main().await?;
    let queue = listen(&world).await?;
    let once = json!({ "retryConfig": { "maxAttempts": 1 } });
    let exhausted = world.webhook("/exhausted", once).await?;
    world.receiver.answer_with("/exhausted", 500);
    world.publish("lead.created", json!({})).await?;
    let delivery = world.settled(&exhausted).await?;
    let notice = heard(&world, &queue, "delivery.exhausted").await?;
    assert_eq!(notice["source"], "grapnel");
    assert_eq!(notice["detail"]["webhookId"], exhausted.id);
    assert_eq!(notice["detail"]["delivery"]["id"], delivery.id);

    let gone = world.webhook("/gone", json!({ "events": ["task.failed"] })).await?;
    world.receiver.answer_with("/gone", 410);
    world.publish("task.failed", json!({})).await?;
    let notice = heard(&world, &queue, "webhook.disabled").await?;
    assert_eq!(notice["detail"]["webhookId"], gone.id);
    assert_eq!(notice["detail"]["cause"], "gone");
    Ok(())
}

#[tokio::test]
async fn the_platform_hears_of_another_event_under_the_same_id() -> anyhow::Result<()> {
    let world = World::main().await?;
    let queue = listen(&world).await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let first = world.publish("lead.created", json!({ "n": 1 })).await?;
    let delivery = world.settled(&webhook).await?;
    // The same event with another spelling, and then a different one.
    for (id, n) in [(&first.source_id, "1.0"), (&first.source_id, "2")] {
        let detail = format!(r#"{{"n": {n}, "id": "{id}", "userId": "{}"}}"#, world.user);
        world.bus.put(&[BusEvent { event_type: "lead.created".into(), detail }]).await?;
    }
    let notice = heard(&world, &queue, "event.conflict").await?;
    assert_eq!(notice["source"], "grapnel");
    assert_eq!(notice["detail"]["eventId"], delivery.event_id);
    assert_eq!(notice["detail"]["reason"], "other_data");
    assert_eq!(world.receiver.received("/hook").len(), 1, "neither is delivered");

    // Over HTTP it is refused at once.
    let body = json!({ "type": "lead.enriched", "id": first.source_id, "data": {},
        "source": world.stack.event_source });
    let refused = world.api.post("/api/events", &body).await?;
    let problem: Value = refused.json(409)?;
    assert_eq!(problem["code"], "event_conflict");
    let message = problem["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains(&delivery.event_id), "{message}");
    Ok(())
}
