//! The rights of the state machines' roles.

use super::role::Role;
use aws_sdk_dynamodb::types::AttributeValue;
use grapnel_domain::ids::WebhookId;
use grapnel_tests::world::World;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn the_wait_machine_calls_the_tend_function_and_does_no_more() -> anyhow::Result<()> {
    let world = World::main().await?;
    let wait = Role::assume(&world, "WaitRole", "wait").await?;
    let outputs = &world.stack.outputs;
    for table in [&outputs.deliveries_table, &outputs.webhooks_table] {
        wait.cannot_scan(table).await?;
    }
    wait.cannot_read(&outputs.deliveries_table, "webhookId").await?;
    wait.cannot_read(&outputs.webhooks_table, "userId").await?;
    wait.cannot_write(&outputs.deliveries_table, "webhookId").await?;
    wait.cannot_send(&outputs.delivery_queue_url).await
}

#[tokio::test]
async fn the_circuit_machine_may_do_what_it_does_and_no_more() -> anyhow::Result<()> {
    let world = World::main().await?;
    let circuit = Role::assume(&world, "CircuitRole", "circuit").await?;
    let outputs = &world.stack.outputs;
    let webhook = WebhookId::from_uuid(Uuid::now_v7());
    let release = json!({ "kind": "releaseParked", "webhookId": webhook, "userId": world.user });
    let send = circuit.sqs.send_message().queue_url(&outputs.delivery_queue_url);
    send.message_body(release.to_string()).message_group_id(webhook.to_string()).send().await?;
    let look = circuit
        .dynamodb
        .query()
        .table_name(&outputs.deliveries_table)
        .index_name("waiting")
        .key_condition_expression("webhookId = :webhook AND begins_with(waitKey, :parked)")
        .expression_attribute_values(":webhook", AttributeValue::S(webhook.to_string()))
        .expression_attribute_values(":parked", AttributeValue::S("parked#".into()));
    assert_eq!(look.send().await?.count(), 0);
    let read = circuit
        .dynamodb
        .get_item()
        .table_name(&outputs.webhooks_table)
        .key("userId", AttributeValue::S(world.user.clone()))
        .key("id", AttributeValue::S(format!("{webhook}#health")))
        .consistent_read(true);
    assert_eq!(read.send().await?.item(), None);

    circuit.cannot_read(&outputs.deliveries_table, "webhookId").await?;
    circuit.cannot_write(&outputs.webhooks_table, "userId").await?;
    circuit.cannot_send(&outputs.events_queue_url).await
}
