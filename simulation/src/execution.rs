//! An execution of the state machine for waits (`infra/wait.asl.json`), state by state.

use crate::{
    aws::{Fate, fate_of_read, fate_of_write, pause_between_tries, put, waiting_page},
    counts::Count,
    mutation::Mutation,
    plan::Part,
    sim::Sim,
    trace::short,
};
use grapnel_domain::{
    delay::QueueDelay,
    ids::{UserId, WebhookId},
    message::{Outgoing, QueueMessage, Release},
    time::Minute,
};
use std::time::Duration;

/// `MaxAttempts` of its `Retry`, plus the first try.
const TRIES: u32 = 13;

/// The longest of its pauses.
const LONGEST_PAUSE: Duration = Duration::from_secs(1800);

pub(crate) async fn run(sim: Sim, user_id: UserId, webhook_id: WebhookId, minute: Minute) {
    sim.sleep_until(minute.strikes_at()).await;
    let late = sim.plan().faults.late_execution;
    if sim.goes_wrong(late, Count::LateExecutions) {
        let lateness = sim.draw(|random| random.spread(1..=600));
        sim.sleep(Duration::from_secs(lateness)).await;
    }
    let looks = if sim.mutation() == Some(Mutation::LooksOnce) { 1 } else { 2 };
    let release = Release { webhook_id, user_id, minute, cursor: None };
    let release = Outgoing::new(QueueMessage::Release(release), QueueDelay::NONE);
    let mut pause = Duration::from_secs(60);
    let mut looks_without_anyone = 0;
    while looks_without_anyone < looks {
        if looks_without_anyone == 0 {
            send(&sim, &release).await;
        }
        // If a look fails for good, the next look follows after another pause.
        loop {
            sim.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            match look(&sim, webhook_id, minute).await {
                Some(true) => looks_without_anyone = 0,
                Some(false) => looks_without_anyone += 1,
                None => continue,
            }
            break;
        }
    }
    sim.trace(|| format!("the wait of {} for {minute} ends", short(webhook_id)));
    sim.memory().end_wait(webhook_id, minute);
}

pub(crate) async fn send(sim: &Sim, release: &Outgoing) {
    for number in 0..TRIES {
        sim.pause(1..=500).await;
        let fate = fate_of_write(sim, Part::Queues, "send release");
        match fate {
            Fate::Works | Fate::Slow => {
                put(sim, release);
                if sim.goes_wrong(sim.plan().faults.release_repeated, Count::ReleasesRepeated) {
                    sim.pause(1..=60_000).await;
                    put(sim, release);
                }
                return;
            }
            Fate::Repeated => {
                put(sim, release);
                return put(sim, release);
            }
            Fate::AnswerLost | Fate::LateEffect | Fate::KilledAfter => put(sim, release),
            Fate::Throttled | Fate::RequestLost | Fate::KilledBefore => {}
        }
        pause_between_tries(sim, number).await;
    }
}

/// Whether any delivery still waits; `None` without a response.
async fn look(sim: &Sim, webhook: WebhookId, minute: Minute) -> Option<bool> {
    for number in 0..TRIES {
        sim.pause(1..=500).await;
        let fate = fate_of_read(sim, Part::Tables, "look who waits");
        if matches!(fate, Fate::Works | Fate::Slow) {
            let waits = waiting_page(sim, webhook, minute, None).ok()?.items.len();
            sim.trace(|| format!("a look at {} for {minute}: {waits} wait", short(webhook)));
            return Some(waits > 0);
        }
        pause_between_tries(sim, number).await;
    }
    None
}
