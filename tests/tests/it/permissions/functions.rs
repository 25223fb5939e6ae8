//! The rights of the functions' roles.

use super::role::{Role, allowed, refused};
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use grapnel_aws::webhook_attributes::SUBSCRIPTION;
use grapnel_domain::ids::WebhookId;
use grapnel_tests::world::World;
use uuid::Uuid;

#[tokio::test]
async fn the_api_may_do_no_more_than_it_does() -> anyhow::Result<()> {
    let world = World::main().await?;
    let api = Role::assume(&world, "ApiRole", "api").await?;
    let outputs = &world.stack.outputs;
    let user = AttributeValue::S(world.user.clone());
    // An allowed call first: the refusals below come from the policy, not from a broken session.
    let allowed = api
        .dynamodb
        .query()
        .table_name(&outputs.webhooks_table)
        .key_condition_expression("userId = :user")
        .expression_attribute_values(":user", user);
    allowed.send().await?;
    for table in [&outputs.webhooks_table, &outputs.deliveries_table, &outputs.keys_table] {
        api.cannot_scan(table).await?;
    }
    api.cannot_write(&outputs.deliveries_table, "webhookId").await?;
    api.cannot_write(&outputs.events_table, "userId").await?;
    api.cannot_send(&outputs.events_dead_letter_queue_url).await?;
    api.cannot_send(&outputs.events_isolation_queue_url).await?;
    api.cannot_send(&outputs.delivery_isolation_queue_url).await?;
    let started = api.sfn.start_execution().state_machine_arn(&outputs.wait_state_machine_arn);
    refused("StartExecution", started.send().await)
}

#[tokio::test]
async fn ingest_may_do_no_more_than_it_does() -> anyhow::Result<()> {
    let world = World::main().await?;
    let ingest = Role::assume(&world, "IngestRole", "ingest").await?;
    let outputs = &world.stack.outputs;
    ingest.can_consume(&outputs.events_queue_url).await?;
    ingest.can_consume(&outputs.events_isolation_queue_url).await?;
    ingest.can_send(&outputs.events_isolation_queue_url).await?;
    ingest.cannot_send(&outputs.delivery_isolation_queue_url).await?;
    // Secrets are in the webhooks table: fan-out reads few attributes by query, never whole rows.
    ingest.cannot_read(&outputs.webhooks_table, "userId").await?;
    ingest.cannot_read(&outputs.keys_table, "hash").await?;
    ingest.cannot_write(&outputs.webhooks_table, "userId").await?;
    ingest.cannot_scan(&outputs.events_table).await?;
    ingest.cannot_send(&outputs.events_queue_url).await?;
    ingest.cannot_send(&outputs.delivery_dead_letter_queue_url).await
}

#[tokio::test]
async fn ingest_reads_of_webhooks_what_fan_out_needs_and_no_secret() -> anyhow::Result<()> {
    let world = World::main().await?;
    let ingest = Role::assume(&world, "IngestRole", "subscriptions").await?;
    let query = || {
        ingest
            .dynamodb
            .query()
            .table_name(&world.stack.outputs.webhooks_table)
            .key_condition_expression("userId = :user")
            .expression_attribute_values(":user", AttributeValue::S(world.user.clone()))
    };
    let projected = |names: &[&str]| {
        let list: Vec<String> = names.iter().map(|name| format!("#{name}")).collect();
        let query = query().select(Select::SpecificAttributes);
        names.iter().fold(query.projection_expression(list.join(", ")), |query, name| {
            query.expression_attribute_names(format!("#{name}"), *name)
        })
    };
    projected(&SUBSCRIPTION).send().await?;
    refused("a query of whole rows", query().send().await)?;
    for secret in ["secret", "previousSecret", "headers", "url"] {
        refused(secret, projected(&["id", secret]).send().await)?;
    }
    Ok(())
}

#[tokio::test]
async fn delivery_replaces_no_webhook_and_tells_nothing_in_anothers_name() -> anyhow::Result<()> {
    let world = World::main().await?;
    let delivery = Role::assume(&world, "DeliveryRole", "health").await?;
    let table = &world.stack.outputs.webhooks_table;
    let key = |id: &str| {
        [("userId", world.user.clone()), ("id", id.to_owned())]
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
    };
    let id = WebhookId::from_uuid(Uuid::now_v7());
    let update = delivery
        .dynamodb
        .update_item()
        .table_name(table)
        .set_key(Some(key(&format!("{id}#health")).into()))
        .update_expression("SET failures = :one")
        .expression_attribute_values(":one", AttributeValue::N("1".into()));
    allowed("an update of health", update.send().await)?;
    let item = Some(key(&id.to_string()).into());
    let put = delivery.dynamodb.put_item().table_name(table).set_item(item);
    refused("PutItem of a webhook", put.send().await)?;

    let entry = |source: &str| {
        PutEventsRequestEntry::builder()
            .event_bus_name(&world.stack.event_bus_name)
            .source(source)
            .detail_type("webhook.failing")
            .detail("{}")
            .build()
    };
    let tell = |sources: &[&str]| {
        let entries = sources.iter().map(|source| entry(source)).collect();
        delivery.events.put_events().set_entries(Some(entries)).send()
    };
    allowed("a notice", tell(&["grapnel"]).await)?;
    allowed("two notices", tell(&["grapnel", "grapnel"]).await)?;
    refused("another source", tell(&["grapnel", "platform"]).await)
}

#[tokio::test]
async fn delivery_may_do_no_more_than_it_does() -> anyhow::Result<()> {
    let world = World::main().await?;
    // The two policies together are too long for a session.
    let queues = Role::assume(&world, "DeliveryRole", "queues").await?;
    let delivery =
        Role { sqs: queues.sqs, ..Role::assume(&world, "DeliveryRole", "delivery").await? };
    let outputs = &world.stack.outputs;
    delivery.can_consume(&outputs.delivery_queue_url).await?;
    delivery.can_consume(&outputs.delivery_isolation_queue_url).await?;
    delivery.can_send(&outputs.delivery_isolation_queue_url).await?;
    delivery.cannot_send(&outputs.events_isolation_queue_url).await?;
    delivery.cannot_read(&outputs.keys_table, "hash").await?;
    // It writes the health of endpoints and their limiters there, and deletes nothing.
    delivery.cannot_delete(&outputs.webhooks_table, "userId").await?;
    delivery.cannot_scan(&outputs.webhooks_table).await?;
    delivery.cannot_write(&outputs.events_table, "userId").await?;
    delivery.cannot_write(&outputs.deliveries_table, "webhookId").await?;
    delivery.cannot_scan(&outputs.deliveries_table).await?;
    delivery.cannot_send(&outputs.events_queue_url).await?;
    delivery.cannot_send(&outputs.events_dead_letter_queue_url).await
}

#[tokio::test]
async fn tending_may_do_no_more_than_it_does() -> anyhow::Result<()> {
    let world = World::main().await?;
    let tend = Role::assume(&world, "TendRole", "tend").await?;
    let outputs = &world.stack.outputs;
    let find = tend
        .dynamodb
        .query()
        .table_name(&outputs.deliveries_table)
        .index_name("due")
        .key_condition_expression("waitSpread = :spread")
        .expression_attribute_values(":spread", AttributeValue::S("0".into()));
    allowed("a query of the index of waits", find.send().await)?;
    tend.can_send(&outputs.delivery_queue_url).await?;
    tend.can_send(&outputs.delivery_dead_letter_queue_url).await?;
    // What waits needs no secret, no event and no answer of a receiver.
    for table in [&outputs.webhooks_table, &outputs.events_table] {
        tend.cannot_read(table, "userId").await?;
        tend.cannot_write(table, "userId").await?;
    }
    tend.cannot_read(&outputs.keys_table, "hash").await?;
    tend.cannot_read(&outputs.deliveries_table, "webhookId").await?;
    tend.cannot_write(&outputs.deliveries_table, "webhookId").await?;
    tend.cannot_scan(&outputs.deliveries_table).await?;
    tend.cannot_send(&outputs.events_queue_url).await
}
