//! An execution of the state machine that watches a circuit breaker (`infra/circuit.asl.json`),
//! state by state.

use crate::{
    aws::{Fate, fate_of_read, fate_of_write, parked_page, pause_between_tries, put},
    counts::Count,
    plan::Part,
    sim::Sim,
    task::at_once,
    trace::short,
};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::ParkedRow,
    health::Circuit,
    ids::{UserId, WebhookId},
    message::{Outgoing, QueueMessage, ReleaseParked},
    ports::{PortError, StartWaits, WaitState},
    time::Timestamp,
};
use std::time::Duration;

/// `MaxAttempts` of its `Retry`, plus the first try.
const TRIES: u32 = 13;

/// Starts the execution of this due time, unless there was one before.
pub(crate) fn ensure(
    sim: &Sim,
    user: &UserId,
    webhook: WebhookId,
    due: Timestamp,
) -> Result<WaitState, PortError> {
    let mut state = at_once(sim.memory().ensure_watched(user, webhook, due))?;
    sim.trace(|| format!("the watch of {} at {due} is {state:?}", short(webhook)));
    if sim.with(|state| state.watches.insert((webhook, due))) {
        if sim.goes_wrong(sim.plan().faults.stopped, Count::Stopped) {
            sim.memory().end_watch(webhook, due);
            state = WaitState::Over;
        } else {
            sim.count(Count::Watches);
            sim.spawn(run(sim.clone(), user.clone(), webhook, due));
        }
    }
    Ok(state)
}

async fn run(sim: Sim, user: UserId, webhook: WebhookId, due: Timestamp) {
    sim.sleep_until(due.plus(Duration::from_secs(1))).await;
    if sim.goes_wrong(sim.plan().faults.late_execution, Count::LateExecutions) {
        let lateness = sim.draw(|random| random.spread(1..=600));
        sim.sleep(Duration::from_secs(lateness)).await;
    }
    let release = ReleaseParked { webhook_id: webhook, user_id: user.clone(), cursor: None };
    let release = Outgoing::new(QueueMessage::ReleaseParked(release), QueueDelay::NONE);
    send(&sim, &release).await;
    let mut pause = Duration::from_secs(60);
    let mut looks_without_anyone = 0;
    let mut first = None;
    while looks_without_anyone < 2 {
        sim.sleep(pause).await;
        // If a look fails for good, the next look follows after another pause.
        let (found, before) = match look(&sim, webhook).await {
            None => continue,
            Some(None) => {
                looks_without_anyone += 1;
                pause = Duration::from_secs(120);
                continue;
            }
            Some(found) => (found, std::mem::replace(&mut first, found)),
        };
        looks_without_anyone = 0;
        pause = Duration::from_secs(60);
        let Some(open_until) = read_circuit(&sim, &user, webhook).await else { continue };
        match open_until {
            Some(other) if other != due && hand_over(&sim, &user, webhook, other).await => break,
            // A release is processing them, page by page. A second release would send each of them
            // twice.
            None if found != before => {}
            _ => send(&sim, &release).await,
        }
    }
    sim.trace(|| format!("the watch of {} at {due} ends", short(webhook)));
    sim.memory().end_watch(webhook, due);
}

async fn send(sim: &Sim, release: &Outgoing) {
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

/// The delivery that has been parked longest, if there is one; `None` without a response.
async fn look(sim: &Sim, webhook: WebhookId) -> Option<Option<ParkedRow>> {
    read(sim, "look who is parked", || {
        parked_page(sim, webhook, None).ok().map(|page| page.items.first().copied())
    })
    .await
}

/// The due time of the circuit breaker, if it is open, by a consistent read; `None` without a
/// response.
async fn read_circuit(sim: &Sim, user: &UserId, webhook: WebhookId) -> Option<Option<Timestamp>> {
    read(sim, "read circuit", || match sim.memory().health_now(user, webhook).circuit {
        Circuit::Open { due } => Some(Some(due)),
        Circuit::Closed | Circuit::Disabled { .. } => Some(None),
    })
    .await
}

async fn read<T>(sim: &Sim, name: &'static str, effect: impl Fn() -> Option<T>) -> Option<T> {
    for number in 0..TRIES {
        sim.pause(1..=500).await;
        if matches!(fate_of_read(sim, Part::Tables, name), Fate::Works | Fate::Slow) {
            return effect();
        }
        pause_between_tries(sim, number).await;
    }
    None
}

/// Starts the execution of another due time. `false` if it is not running: it has ended, or its
/// state is unknown.
async fn hand_over(sim: &Sim, user: &UserId, webhook: WebhookId, due: Timestamp) -> bool {
    for number in 0..3 {
        sim.pause(1..=500).await;
        let fate = fate_of_write(sim, Part::Waits, "hand over");
        let state = match fate {
            Fate::Throttled | Fate::RequestLost => None,
            _ => ensure(sim, user, webhook, due).ok(),
        };
        if matches!(fate, Fate::Works | Fate::Slow | Fate::Repeated) {
            return state == Some(WaitState::Running);
        }
        pause_between_tries(sim, number).await;
    }
    // Then the execution is described, which may fail as well.
    sim.pause(1..=500).await;
    matches!(fate_of_read(sim, Part::Waits, "see whether it runs"), Fate::Works | Fate::Slow)
        && sim
            .memory()
            .watches()
            .iter()
            .any(|watch| watch.webhook_id == webhook && watch.due == due && watch.running)
}
