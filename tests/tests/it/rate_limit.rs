//! Rate limits: requests at their slots, by queue and by shared waits.

use anyhow::ensure;
use grapnel_domain::time::Timestamp;
use grapnel_tests::{
    model::{Delivery, Webhook},
    until::{Look, until},
    world::{SOON, World, arrived_at, now},
};
use serde_json::json;
use std::time::Duration;

/// A slot a hundred seconds ahead, and the steps after it.
const LONG: Duration = Duration::from_secs(220);

/// Every delivery of the webhook, when all of them are settled.
async fn all_settled(
    world: &World,
    webhook: &Webhook,
    count: usize,
    deadline: Duration,
) -> anyhow::Result<Vec<Delivery>> {
    until("every delivery settled", deadline, async || {
        let deliveries = world.api.deliveries(&webhook.id).await?;
        let settled = deliveries.iter().filter(|one| one.is_settled()).count();
        let done = settled == count && deliveries.len() == count;
        Ok(if done { Look::Found(deliveries) } else { Look::not_yet((settled, deliveries.len())) })
    })
    .await
}

/// When the requests to a path arrived, in order.
fn arrivals(world: &World, path: &str) -> anyhow::Result<Vec<Timestamp>> {
    let received = world.receiver.received(path);
    let mut times = received.iter().map(arrived_at).collect::<Result<Vec<_>, _>>()?;
    times.sort_unstable();
    Ok(times)
}

fn taken_at_once(deliveries: &[Delivery]) -> bool {
    deliveries.iter().all(|one| one.status == "success" && one.attempts.len() == 1)
}

#[tokio::test]
async fn thirty_events_at_five_a_second_are_spread() -> anyhow::Result<()> {
    const EVENTS: usize = 30;
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({ "rateLimit": 5 })).await?;
    let free = world.webhook("/free", json!({})).await?;
    let events: Vec<_> =
        (0..EVENTS).map(|_| world.event("lead.created", &json!({})).event).collect();
    let started = now()?;
    world.bus.put(&events).await?;

    let deliveries = all_settled(&world, &webhook, EVENTS, SOON).await?;
    ensure!(taken_at_once(&deliveries), "{deliveries:?}");
    // The first slot is not before the first event, each is a fifth of a second after the one
    // before, and no request comes more than a second before its slot.
    let times = arrivals(&world, "/hook")?;
    assert_eq!(times.len(), EVENTS);
    for (number, time) in (0_u64..).zip(&times) {
        let earliest = started.plus(Duration::from_millis((number * 200).saturating_sub(1000)));
        let since = started.until(*time);
        ensure!(*time >= earliest, "request {number} came after {since:?}");
    }
    let deliveries = all_settled(&world, &free, EVENTS, SOON).await?;
    ensure!(taken_at_once(&deliveries), "{deliveries:?}");
    Ok(())
}

#[tokio::test]
async fn a_slot_that_is_far_off_is_waited_for_in_a_shared_wait() -> anyhow::Result<()> {
    const EVENTS: usize = 3;
    // Its queue delays by at most two seconds, and slots are assigned for the next hundred.
    let world = World::tight().await?;
    let webhook = world.webhook("/hook", json!({ "rateLimit": 1 })).await?;
    let free_from = now()?.plus(Duration::from_secs(100));
    world.state.hand_out_slots(&world.user, &webhook, 100, now()?).await?;
    let events: Vec<_> =
        (0..EVENTS).map(|_| world.event("lead.created", &json!({})).event).collect();
    world.bus.put(&events).await?;

    let waiting = until("deliveries that wait for their slots", SOON, async || {
        let rows = world.state.deliveries(&webhook.id).await?;
        let waiting = rows.iter().filter(|row| row.slot.is_some()).count();
        Ok(if waiting == EVENTS { Look::Found(rows) } else { Look::not_yet(rows) })
    })
    .await?;
    for row in &waiting {
        ensure!(row.waits_for.is_some() && row.attempts.is_empty(), "{row:?}");
        ensure!(row.slot.is_some_and(|slot| slot.at >= free_from), "{row:?}");
    }
    let deliveries = all_settled(&world, &webhook, EVENTS, LONG).await?;
    ensure!(taken_at_once(&deliveries), "{deliveries:?}");
    let times = arrivals(&world, "/hook")?;
    let earliest = free_from.as_millis() - 1000;
    ensure!(times.iter().all(|time| time.as_millis() >= earliest), "{times:?}");
    for minute in waiting.iter().filter_map(|row| row.waits_for) {
        ensure!(world.state.wait(minute).await?.is_some(), "no execution for {minute}");
    }
    assert_eq!(world.state.wait_failures().await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_limit_can_be_set_and_taken_away() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({ "rateLimit": 1000 })).await?;
    assert_eq!(world.api.webhook(&webhook.id).await?.rate_limit, Some(1000));
    let changed = world.api.change_webhook(&webhook.id, &json!({ "rateLimit": null })).await?;
    assert_eq!(changed.rate_limit, None);
    assert_eq!(world.api.webhook(&webhook.id).await?.rate_limit, None);
    Ok(())
}
