//! The real default schedule: 1 minute, 5 minutes, 30 minutes, 2 hours. The stack sends every delay
//! through shared waits, and its emulator makes them a thousand times shorter. The decisions, and
//! the due times that the API shows, are in real minutes.
//!
//! The time between two visits of a wait is shortened by the same factor. So the test checks the
//! recorded attempts, not the number of requests.

use anyhow::{Context, ensure};
use grapnel_domain::time::{Minute, Timestamp};
use grapnel_tests::{
    model::{Delivery, Webhook},
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::json;
use std::time::Duration;

/// Seconds before attempts 2, 3, 4 and 5.
const DELAYS: [u32; 4] = [60, 300, 1800, 7200];

/// Half an hour and two hours take two and seven seconds.
const WALK: Duration = Duration::from_secs(120);

/// Follows a delivery through the whole schedule, in which only the last attempt succeeds, and
/// returns when each next attempt was due. Between the records of attempt `n` and `n + 1`, the API
/// shows when the latter is due: the receiver answers an attempt only after the test has read that.
async fn walk(world: &World, webhook: &Webhook, last: u16) -> anyhow::Result<Vec<Timestamp>> {
    world.receiver.hold("/hook");
    world.receiver.answer_with("/hook", 500);
    world.publish("workflow.failed", json!({})).await?;
    let mut dues = Vec::new();
    for (made, delay) in DELAYS.into_iter().enumerate().map(|(index, delay)| (index + 1, delay)) {
        let what = format!("with {made} attempts");
        let reached = |delivery: &Delivery| {
            let reached = delivery.attempts.len() >= made;
            if !reached {
                world.receiver.let_go("/hook");
            }
            reached
        };
        let delivery = world.delivery_within(WALK, webhook, &what, reached).await?;
        assert_eq!((delivery.status.as_str(), delivery.attempts.len()), ("retrying", made));
        let attempt = delivery.attempts.last().context("an attempt")?;
        let due = delivery.next_attempt_at.context("nextAttemptAt")?;
        let ended = attempt.attempted_at.plus(Duration::from_millis(attempt.duration));
        let wait = ended.until(due);
        let delay = Duration::from_secs(delay.into());
        ensure!(wait >= delay, "attempt {}: {wait:?} instead of {delay:?}", made + 1);
        // Jitter, then the next full minute, then one more if that minute is near.
        let most = delay.mul_f64(1.1) + Duration::from_secs(100);
        ensure!(wait <= most, "attempt {}: {wait:?} instead of {delay:?}", made + 1);
        dues.push(due);
    }
    world.receiver.answer_with("/hook", last);
    world.receiver.stop_holding("/hook");
    Ok(dues)
}

/// Checks that each due time was a shared wait, and that it ends.
async fn waits_end(world: &World, dues: &[Timestamp]) -> anyhow::Result<()> {
    for due in dues {
        let minute = Minute::at_or_before(*due);
        assert_eq!(minute.strikes_at(), *due, "every delay is a shared wait");
        let wait = until("the wait's end", SOON, async || {
            let wait = world.state.wait(minute).await?;
            let over = wait.as_ref().is_some_and(|wait| !wait.running);
            Ok(if over { Look::Found(wait) } else { Look::not_yet(wait) })
        })
        .await?;
        assert!(wait.as_ref().is_some_and(|it| it.status.as_str() == "SUCCEEDED"), "{wait:?}");
    }
    Ok(())
}

fn shows_five_attempts(delivery: &Delivery, last: u16) {
    assert_eq!(delivery.attempt_numbers(), [1, 2, 3, 4, 5]);
    assert_eq!(delivery.status_codes()[..4], [Some(500); 4]);
    assert_eq!(delivery.status_codes()[4], Some(last));
    assert_eq!(delivery.next_attempt_at, None);
}

#[tokio::test]
async fn the_default_schedule_is_walked_to_its_end() -> anyhow::Result<()> {
    let world = World::scaled().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    assert_eq!(webhook.retry_config.delays_seconds.as_deref(), Some(&DELAYS[..]));
    let dues = walk(&world, &webhook, 500).await?;
    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.reason.as_deref(), Some("attempts_exhausted"));
    shows_five_attempts(&delivery, 500);
    waits_end(&world, &dues).await
}

#[tokio::test]
async fn the_fifth_attempt_of_the_default_schedule_can_succeed() -> anyhow::Result<()> {
    let world = World::scaled().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let dues = walk(&world, &webhook, 200).await?;
    let delivery = world.settled(&webhook).await?;
    assert_eq!((delivery.status.as_str(), delivery.reason.as_deref()), ("success", None));
    shows_five_attempts(&delivery, 200);
    waits_end(&world, &dues).await
}
