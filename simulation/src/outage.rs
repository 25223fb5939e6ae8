//! An outage of the largest receiver, while the deployment gets a thousand events a second.
//!
//! The largest webhook gets 250 events a second. Ten others of other users share the rest. Events and
//! functions are scaled down, and so are the rows of a page of a release, and the writes that a
//! partition takes: what takes time takes the same time. [`table`] shows the results, scaled up again.

mod table;

pub use table::OutageReport;

use crate::{
    counts::Count,
    intake::{DELIVERY_CONCURRENCY, Grouping, Intake, Mapping, Pool},
    measured::Latencies,
    partition::WRITES_A_SECOND,
    plan::{Faults, Plan, PlannedWebhook, Settings, url, webhook_id},
    random::Random,
    receiver::Receiver,
    sim::Sim,
    trace::Trace,
    users,
    vocabulary::{Function, Queue},
    world,
};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Reason},
    ids::WebhookId,
    time::Timestamp,
};
use grapnel_testing::{builders::a_webhook, clock::START, memory::Operation};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// One of so many events and functions is simulated.
/// A page of a release has 200 rows, so this is exact for releases.
pub const SCALE: u32 = 200;

const BIG: &str = "ada";
const BIG_A_SECOND: u64 = 250;
const OTHERS: [&str; 10] = ["bob", "cyd", "dan", "eve", "fay", "gus", "hal", "ida", "joe", "kim"];
const OTHER_A_SECOND: u64 = 75;

/// Writes of deliveries and of health.
const WRITES: [Operation; 6] = [
    Operation::CreateDelivery,
    Operation::RecordAttempt,
    Operation::StoreHealth,
    Operation::Park,
    Operation::Unpark,
    Operation::StopWaiting,
];

fn at_minute(minute: u64) -> Timestamp {
    START.plus(Duration::from_secs(60 * minute))
}

/// What there is at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Minutes since the outage began.
    pub minute: u64,
    /// Messages on the delivery queue, delayed ones included.
    pub queued: u64,
    /// Deliveries that are parked.
    pub parked: u64,
    /// Executions that run for shared waits.
    pub waits: u64,
    /// Delivery functions at work: the sum of a minute's seconds.
    pub functions: u64,
    /// First requests to the other webhooks whose events were put since the look before.
    pub others: Latencies,
}

/// What the outage was like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    pub looks: Vec<Look>,
    /// Deliveries of the webhook in the outage. Not scaled.
    pub deliveries: u64,
    /// From the end of the outage until no delivery of the webhook waits.
    pub recovered_after: Duration,
    /// Requests that were sent again.
    pub repeated: u64,
    /// Failed requests to the receiver.
    pub failed: u64,
    /// Executions, each for a minute in which deliveries wait.
    pub executions: u64,
    /// How often deliveries were parked.
    pub parked: u64,
    /// Messages for the webhook's circuit breaker: wake-ups, looks, and pages of releases. Not scaled.
    pub releases: u64,
    /// Other messages and row writes, beyond those of healthy deliveries.
    pub extra_messages: u64,
    pub extra_writes: u64,
}

/// Runs the scenario for an outage of so many minutes, with looks after so many minutes. Events end when the
/// webhook has caught up: two and a half times as late.
///
/// # Errors
/// The broken promise.
pub fn outage(length: u64, minutes: &[u64]) -> Result<Outage, String> {
    let (recovers, last) = (at_minute(length), at_minute(length * 5 / 2));
    let sim = Sim::of(plan(recovers), Random::new(1), None, Trace::off());
    let looks = Arc::new(Mutex::new(Vec::new()));
    let begin = |sim: &Sim| {
        users::begin(sim);
        sim.spawn(publish(sim.clone(), BIG, BIG_A_SECOND, last));
        for user in OTHERS {
            sim.spawn(publish(sim.clone(), user, OTHER_A_SECOND, last));
        }
        sim.spawn(look(sim.clone(), minutes.to_vec(), Arc::clone(&looks)));
    };
    let run = world::run_in(sim.clone(), 1, begin, check);
    if let Some(broken) = run.broken {
        return Err(broken);
    }
    let of = |count| run.counts.of(count);
    let made = of(Count::Deliveries);
    let rows = sim.memory().deliveries();
    let attempts: u64 = rows.iter().map(|row| u64::from(row.attempt_count())).sum();
    let succeeded = rows.iter().filter(|row| row.status == DeliveryStatus::Success).count() as u64;
    let writes: u64 = WRITES.iter().map(|write| sim.memory().calls(*write) as u64).sum();
    let arrived =
        sim.with(|state| state.measured.last_arrival_of_events_until(webhook_id(0), recovers));
    Ok(Outage {
        looks: std::mem::take(&mut *looks.lock().unwrap_or_else(PoisonError::into_inner)),
        deliveries: length * 60 * BIG_A_SECOND,
        recovered_after: recovers.until(arrived.unwrap_or(last)),
        repeated: of(Count::Requests).saturating_sub(attempts),
        failed: attempts - succeeded,
        executions: of(Count::Waits),
        parked: of(Count::Parked),
        releases: of(Count::Releases),
        extra_messages: of(Count::Messages) - of(Count::Releases) - made,
        extra_writes: writes - 2 * made,
    })
}

fn plan(recovers: Timestamp) -> Plan {
    let planned = |(number, user): (u8, &str)| {
        let id = webhook_id(number);
        let webhook = a_webhook().id(id).for_user(user).url(&url(id, 0)).build();
        let receiver =
            if number == 0 { Receiver::FailsUntil(recovers) } else { Receiver::Answers(200) };
        PlannedWebhook { webhook, receiver, appears: START }
    };
    let scale = SCALE as usize;
    let delivery = DELIVERY_CONCURRENCY / scale;
    let mapping = Mapping {
        delivery: Pool { at_first: delivery, ..Pool::on_demand(delivery) },
        ..Mapping::of_template(Grouping::AsSent)
    };
    let template = Settings::of_template(Grouping::AsSent);
    let page = (template.waiting_page / scale).max(1);
    Plan {
        smooth: false,
        settings: Settings { intake: Intake::Mapped(mapping), waiting_page: page, ..template },
        faults: Faults { writes_per_partition: Some(WRITES_A_SECOND / SCALE), ..Faults::none() },
        webhooks: (0..).zip([BIG].into_iter().chain(OTHERS)).map(planned).collect(),
        events: Vec::new(),
        acts: Vec::new(),
        lethal: None,
        until: None,
        most_steps: u64::MAX,
    }
}

/// Publishes a user's events at equal intervals, over HTTP.
async fn publish(sim: Sim, user: &'static str, a_second: u64, last: Timestamp) {
    for number in 0.. {
        let at = START.plus(Duration::from_millis(number * 1000 * u64::from(SCALE) / a_second));
        if at >= last {
            return;
        }
        sim.sleep_until(at).await;
        users::put_event_in_turn(&sim, users::event_of(user, number), user, Count::Events);
    }
}

/// Looks at the system after so many minutes.
async fn look(sim: Sim, minutes: Vec<u64>, looks: Arc<Mutex<Vec<Look>>>) {
    let others: Vec<WebhookId> = (1..).zip(OTHERS).map(|(number, _)| webhook_id(number)).collect();
    let mut before = START;
    for minute in minutes {
        let at = at_minute(minute);
        sim.sleep_until(at.minus(Duration::from_secs(60))).await;
        let mut at_work = 0;
        for second in 0..60 {
            sim.sleep_until(at.minus(Duration::from_secs(60 - second))).await;
            at_work += sim.with(|state| {
                let delivers = |function| function == Function::Delivery;
                state.invocations.values().filter(|it| delivers(it.function)).count()
            });
        }
        sim.sleep_until(at).await;
        let rows = sim.memory().deliveries();
        let taken = Look {
            minute,
            queued: sim.queue(Queue::Delivery).count(|_| true) as u64,
            parked: rows.iter().filter(|row| row.parked_until.is_some()).count() as u64,
            waits: sim.memory().waits().iter().filter(|wait| wait.running).count() as u64,
            functions: at_work as u64,
            others: sim.with(|state| state.measured.between(&others, before, at)),
        };
        looks.lock().unwrap_or_else(PoisonError::into_inner).push(taken);
        before = at;
    }
}

/// Every delivery succeeded in the end, but for those whose probes used up their attempts.
fn check(sim: &Sim) {
    let rows = sim.memory().deliveries();
    let wrong = |row: &&Delivery| {
        row.status != DeliveryStatus::Success && row.reason != Some(Reason::AttemptsExhausted)
    };
    let wrong = rows.iter().filter(wrong).count();
    if wrong > 0 {
        let what = format!("{wrong} deliveries came to another end than they should have");
        sim.with(|state| state.ledger.broken(what));
    }
}
