//! A replay of all a user's failed deliveries. Its second page finds nothing; the test checks that
//! it comes.

use super::{Case, HEALED, answers, manual};
use anyhow::ensure;
use grapnel_domain::delivery::{Delivery, DeliveryStatus};
use grapnel_tests::{
    crash::Path,
    model::{Page, Replay},
    until::{Look, until},
};
use serde_json::json;

/// Replays the failed delivery, and waits until it succeeds and the replay has ended.
pub(super) async fn end(case: &Case) -> anyhow::Result<()> {
    let failed = |one: &Delivery| one.status == DeliveryStatus::Failed;
    case.delivery(Path::Replayed, "that failed", failed).await?;
    case.world.receiver.answer_with(Path::Replayed.url_path(), 200);
    case.order(async || case.world.api.post("/api/replays", &json!({})).await).await?;

    case.world.receiver.wait_for(Path::Replayed.url_path(), 2, HEALED).await?;
    let taken = |one: &Delivery| one.status == DeliveryStatus::Success;
    let delivery = case.delivery(Path::Replayed, "that was taken", taken).await?;
    ensure!(answers(&delivery)? == [503, 200] && manual(&delivery) == 0, "{delivery:?}");

    let replays = until("replays that have ended", HEALED, async || {
        let found: Page<Replay> = case.world.api.get("/api/replays").await?.json(200)?;
        let ended = found.items.iter().all(|replay| replay.status == "finished");
        Ok(if ended { Look::Found(found.items) } else { Look::not_yet(found.items) })
    })
    .await?;
    ensure!((1..=case.most_orders()).contains(&replays.len()), "{replays:?}");
    // A page that dies before its record counts only the deliveries that the next run still finds
    // failed. If two runs overlap, both may find the delivery; one reopens it.
    ensure!(replays.iter().all(|replay| replay.replayed <= 1), "one delivery failed: {replays:?}");
    ensure!(case.requests(Path::Untouched) == 0, "who wants no such event has none to be replayed");
    Ok(())
}
