//! A deployment with a customer's key, as far as the local AWS supports it: it stores a queue's
//! key, ignores a table's, and encrypts nothing. `shared/aws/tests/template` checks the rest.

use anyhow::{Context, ensure};
use aws_sdk_sqs::types::QueueAttributeName;
use grapnel_tests::world::{SOON, World};
use serde_json::json;

#[tokio::test]
async fn queues_have_the_owners_key_and_events_get_through() -> anyhow::Result<()> {
    let (world, keyless) = (World::strict().await?, World::main().await?);
    for (world, expected) in [(&world, true), (&keyless, false)] {
        let sqs = aws_sdk_sqs::Client::new(world.aws.config());
        for queue in
            [&world.stack.outputs.events_queue_url, &world.stack.outputs.delivery_queue_url]
        {
            let attributes = sqs.get_queue_attributes().queue_url(queue);
            let attributes =
                attributes.attribute_names(QueueAttributeName::All).send().await?.attributes;
            let attributes = attributes.context("attributes")?;
            let key = attributes.get(&QueueAttributeName::KmsMasterKeyId);
            ensure!(key.is_some_and(|key| key.contains(":key/")) == expected, "{queue}: {key:?}");
        }
    }
    // Over the bus, whose rule needs the queue's policy. There is no receiver at that name.
    let webhook = json!({
        "name": "encrypted", "url": "https://receiver.example.com/", "events": ["*"],
        "retryConfig": { "maxAttempts": 1 },
    });
    let webhook = world.api.create_webhook(&webhook).await?;
    world.publish("lead.created", json!({})).await?;
    world.delivery_within(SOON, &webhook, "of an event from the bus", |_| true).await?;
    Ok(())
}
