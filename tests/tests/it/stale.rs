//! Messages that come when their attempt is on record already: copies must die out, and a delivery
//! whose wake-up was lost must get one. Checks run two visibility timeouts after the due time: here
//! that is 60 s.

use anyhow::{Context, ensure};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{AttemptNumber, Delivery, DeliveryStatus},
    message::{Check, QueueMessage},
    retry::next::{Retry, schedule},
    time::Timestamp,
};
use grapnel_tests::{
    forged,
    model::Webhook,
    until::{Look, until},
    world::{SOON, World, arrived_at, now},
};
use serde_json::json;
use std::time::Duration;

/// The stack's visibility timeout.
const VISIBILITY: Duration = Duration::from_secs(30);

/// Time for a check to come, and for what it sends.
const CHECKED: Duration = Duration::from_secs(150);

/// Sends the message of a delivery's first attempt once more, as often as this.
async fn send_first_again(world: &World, delivery: &Delivery, times: usize) -> anyhow::Result<()> {
    let copies = vec![forged::message(delivery, AttemptNumber::FIRST); times];
    world.queues.send_batch(&world.stack.outputs.delivery_queue_url, &copies).await
}

/// A wait too long for any queue, after so many minutes.
fn in_minutes(now: Timestamp, minutes: u64) -> anyhow::Result<Retry> {
    let due = now.plus(Duration::from_secs(60 * minutes));
    let retry = schedule(due, now, QueueDelay::NONE);
    ensure!(retry.wait.is_some(), "a shared wait: {retry:?}");
    Ok(retry)
}

/// Waits until the shared wait of a retry has ended.
async fn wait_ends(world: &World, retry: Retry) -> anyhow::Result<()> {
    let minute = retry.wait.context("a shared wait")?;
    until("the end of the wait", SOON, async || {
        let wait = world.state.wait(minute).await?;
        let over = wait.as_ref().is_some_and(|wait| !wait.running);
        Ok(if over { Look::Found(()) } else { Look::not_yet(wait) })
    })
    .await
}

async fn row(world: &World, webhook: &Webhook) -> anyhow::Result<Delivery> {
    world.state.deliveries(&webhook.id).await?.pop().context("the delivery's row")
}

#[tokio::test]
async fn a_late_copy_of_a_settled_attempt_sends_nothing() -> anyhow::Result<()> {
    let world = World::tight().await?;
    let webhook = world.webhook("/hook", json!({ "events": ["lead.created"] })).await?;
    let clock = world.webhook("/clock", json!({ "events": ["task.failed"] })).await?;
    world.publish("lead.created", json!({})).await?;
    world.settled(&webhook).await?;
    let settled = row(&world, &webhook).await?;
    send_first_again(&world, &settled, 3).await?;

    // Whatever the copies came to has happened by the time that a later event was delivered.
    world.publish("task.failed", json!({})).await?;
    world.settled(&clock).await?;
    assert_eq!(world.state.delivery(settled.key()).await?, settled);
    assert_eq!(world.receiver.received("/hook").len(), 1);
    Ok(())
}

#[tokio::test]
async fn copies_of_an_attempt_on_record_die_out() -> anyhow::Result<()> {
    let world = World::tight().await?;
    let config = json!({ "maxAttempts": 4, "delaysSeconds": [1] });
    let webhook = world.webhook("/hook", json!({ "retryConfig": config })).await?;
    world.receiver.answer_with("/hook", 500);
    world.publish("lead.created", json!({})).await?;
    let retrying = |one: &grapnel_tests::model::Delivery| !one.attempts.is_empty();
    world.delivery(&webhook, "that is retrying", retrying).await?;
    let first = row(&world, &webhook).await?;
    send_first_again(&world, &first, 3).await?;
    world.delivery(&webhook, "with a second attempt", |one| one.attempts.len() >= 2).await?;
    send_first_again(&world, &first, 3).await?;

    // A delivery abandoned now, due when the last of those checks may still be on its way, is
    // healed by a check: by then theirs have come.
    let clock = world.webhook("/clock", json!({ "events": ["task.failed"] })).await?;
    let due = now()?.plus(Duration::from_secs(8));
    let abandoned = forged::abandoned(&world, &clock, Retry { due, wait: None }).await?;
    send_first_again(&world, &abandoned, 1).await?;
    world.receiver.wait_for("/clock", 1, CHECKED).await?;

    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.attempt_numbers(), [1, 2, 3, 4]);
    assert_eq!(world.receiver.received("/hook").len(), 4, "no request beyond the schedule");
    Ok(())
}

#[tokio::test]
async fn a_lost_wake_up_is_healed_by_a_check_once() -> anyhow::Result<()> {
    let world = World::tight().await?;
    let webhook = world.webhook("/hook", json!({ "events": ["lead.created"] })).await?;
    let due = now()?.plus(Duration::from_secs(1));
    let delivery = forged::abandoned(&world, &webhook, Retry { due, wait: None }).await?;
    // The function's message was not acknowledged, so the queue hands it over again.
    send_first_again(&world, &delivery, 1).await?;

    let request = world.receiver.wait_for("/hook", 1, CHECKED).await?.remove(0);
    let healed = arrived_at(&request)?;
    ensure!(
        due.until(healed) >= VISIBILITY * 2,
        "a check must leave an ordinary message its time: due {due}, sent {healed}"
    );
    let settled = world.settled(&webhook).await?;
    assert_eq!(settled.status, "success");
    assert_eq!(settled.attempt_numbers(), [1, 2]);

    // Another copy, later still, finds everything done.
    send_first_again(&world, &delivery, 1).await?;
    let clock = world.webhook("/clock", json!({ "events": ["task.failed"] })).await?;
    world.publish("task.failed", json!({})).await?;
    world.settled(&clock).await?;
    assert_eq!(world.receiver.received("/hook").len(), 1);
    assert_eq!(world.settled(&webhook).await?.attempts.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_wait_that_was_recorded_but_never_started_is_started() -> anyhow::Result<()> {
    let world = World::scaled().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    // A minute that no other test waits for, later than theirs: their waits would release it.
    let retry = in_minutes(now()?, 120)?;
    let delivery = forged::abandoned(&world, &webhook, retry).await?;
    assert_eq!(world.state.wait(retry.wait.context("a shared wait")?).await?, None);
    send_first_again(&world, &delivery, 1).await?;

    world.requests("/hook", 1).await?;
    assert_eq!(world.settled(&webhook).await?.attempt_numbers(), [1, 2]);
    wait_ends(&world, retry).await
}

#[tokio::test]
async fn a_delivery_whose_wait_is_over_is_healed_by_a_check() -> anyhow::Result<()> {
    let world = World::scaled().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let retry = in_minutes(now()?, 10)?;
    let first = forged::abandoned(&world, &webhook, retry).await?;
    send_first_again(&world, &first, 1).await?;
    world.requests("/hook", 1).await?;
    wait_ends(&world, retry).await?;

    // Recorded for a minute whose execution has ended: nobody will ever release it.
    let late = forged::abandoned(&world, &webhook, retry).await?;
    let check = Check {
        target: late.target(),
        attempt: AttemptNumber::FIRST.next(),
        not_before: now()?,
        after_parking: false,
        after_slots: false,
    };
    let check = QueueMessage::Check(check).to_json();
    world.queues.send(&world.stack.outputs.delivery_queue_url, &check).await?;
    world.requests("/hook", 2).await?;
    let healed = until("the late delivery's success", SOON, async || {
        let row = world.state.delivery(late.key()).await?;
        let done = row.status == DeliveryStatus::Success;
        Ok(if done { Look::Found(row) } else { Look::not_yet(row) })
    })
    .await?;
    assert_eq!((healed.attempts.len(), healed.waits_for), (2, None));
    Ok(())
}
