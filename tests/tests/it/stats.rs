//! Figures of deliveries.

use anyhow::{Context, ensure};
use grapnel_client::Stats;
use grapnel_tests::world::World;
use serde_json::json;

#[tokio::test]
async fn what_was_delivered_and_what_failed_is_counted() -> anyhow::Result<()> {
    let world = World::main().await?;
    let well = world.webhook("/well", json!({})).await?;
    let once = json!({ "retryConfig": { "maxAttempts": 1 } });
    let broken = world.webhook("/broken", once).await?;
    world.receiver.answer_with("/broken", 500);
    world.publish("lead.created", json!({})).await?;
    world.settled(&well).await?;
    world.settled(&broken).await?;
    // An order for a test is no event of the platform.
    world.tested(&well, "{}").await?;

    let stats: Stats = world.api.get("/api/stats?last=2h").await?.json(200)?;
    ensure!(stats.complete && stats.periods.len() == 2, "{stats:?}");
    let total = &stats.total;
    assert_eq!((total.deliveries, total.success, total.failed), (2, 1, 1), "{stats:?}");
    assert_eq!((total.success_rate, total.attempts), (Some(0.5), 2));
    let times = total.receiver_time.ranges.iter().map(|range| range.count);
    assert_eq!(times.sum::<u64>(), 2, "{stats:?}");
    let failed = stats.webhooks.iter().find(|one| one.webhook_id == broken.id);
    assert_eq!(failed.context("a webhook's figures")?.figures.failed, 1);

    let none: Stats = world.api.get("/api/stats?last=2h&event=task.*").await?.json(200)?;
    assert_eq!(none.total.deliveries, 0);
    Ok(())
}
