//! The rights of the state machine's role.

use super::role::Role;
use grapnel_tests::world::World;

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
