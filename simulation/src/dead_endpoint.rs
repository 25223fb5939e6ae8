//! The costs of deliveries to one dead endpoint.
//!
//! All settings are the template's, only the endpoint fails, and the ledger judges as in every run.
//! The deliveries arrive within an hour. The endpoint stays dead until its webhook is disabled,
//! five days later, or it recovers after six hours. [`table`] shows the costs.

mod table;

pub use table::DeadEndpoint;

use crate::{
    counts::Count,
    intake::Grouping,
    plan::{Act, Faults, Plan, PlannedWebhook, Settings, What, url},
    random::Random,
    receiver::Receiver,
    sim::Sim,
    trace::Trace,
    users,
    world::{self, Run},
};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Reason},
    ids::WebhookId,
    time::Timestamp,
};
use grapnel_testing::{builders::a_webhook, clock::START, memory::Operation};
use std::time::Duration;
use uuid::Builder;

const USER: &str = "ada";

/// The deliveries arrive within this many milliseconds.
const ARRIVE_WITHIN_MILLIS: u64 = 3_600_000;

/// When an endpoint recovers, if it does.
const RECOVERS_AFTER: Duration = Duration::from_secs(6 * 3600);

/// Writes to the deliveries table and to the webhook's health.
const WRITES: [Operation; 8] = [
    Operation::CreateDelivery,
    Operation::RecordAttempt,
    Operation::EndDelivery,
    Operation::StoreHealth,
    Operation::Park,
    Operation::Unpark,
    Operation::StopWaiting,
    Operation::Note,
];

/// The course of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead {
    /// It always answers 503.
    ForGood,
    /// It answers 503 for six hours, and then succeeds.
    ForHours,
}

/// A difference from the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum But {
    /// No number of failures opens the circuit breaker.
    CircuitNeverOpens,
    /// Small pages of releases, so that few deliveries take as long as many.
    PagesOf(usize),
    /// The same, and the owner retries this many deliveries at once when the endpoint has recovered: each
    /// of them closes the circuit breaker.
    RetriedInPagesOf(usize, u64),
}

/// The costs of this many deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The course of the endpoint.
    pub dead: Dead,
    pub deliveries: u64,
    /// Failed requests to the endpoint.
    pub failed_requests: u64,
    /// Executions of the state machine for waits.
    pub executions: u64,
    pub messages: u64,
    /// Messages of parked deliveries that releases sent, those of probes included.
    pub released: u64,
    /// How often the circuit breaker closed.
    pub closed: u64,
    /// Writes of rows, including refused ones.
    pub writes: u64,
}

/// Sends this many deliveries to a dead endpoint.
///
/// # Errors
/// The broken promise.
pub fn dead_endpoint(deliveries: u64, dead: Dead) -> Result<Cost, String> {
    run(deliveries, dead, plan(dead))
}

/// Like [`dead_endpoint`], with one difference.
///
/// # Errors
/// The broken promise.
pub fn dead_endpoint_but(deliveries: u64, dead: Dead, but: But) -> Result<Cost, String> {
    let mut plan = plan(dead);
    match but {
        But::CircuitNeverOpens => plan.settings.circuit.failures = u32::MAX,
        But::PagesOf(rows) => plan.settings.waiting_page = rows,
        But::RetriedInPagesOf(rows, retries) => {
            plan.settings.waiting_page = rows;
            let at = START.plus(RECOVERS_AFTER + Duration::from_secs(1));
            let retry = |number| Act { at, what: What::Retry(number) };
            plan.acts = (0..retries).map(retry).collect();
        }
    }
    run(deliveries, dead, plan)
}

fn run(deliveries: u64, dead: Dead, plan: Plan) -> Result<Cost, String> {
    let sim = Sim::of(plan, Random::new(deliveries), None, Trace::off());
    let begin = |sim: &Sim| {
        users::begin(sim);
        sim.spawn(publish(sim.clone(), deliveries));
    };
    let run = world::run_in(sim.clone(), deliveries, begin, |sim| check(sim, deliveries, dead));
    match &run.broken {
        Some(broken) => Err(format!("{deliveries} deliveries, {dead:?}: {broken}")),
        None => Ok(cost(&sim, &run, deliveries, dead)),
    }
}

fn plan(dead: Dead) -> Plan {
    let id = WebhookId::from_uuid(Builder::from_unix_timestamp_millis(1, &[1; 10]).into_uuid());
    let until = match dead {
        Dead::ForGood => Timestamp::from_millis(i64::MAX),
        Dead::ForHours => START.plus(RECOVERS_AFTER),
    };
    let webhook = a_webhook().id(id).for_user(USER).url(&url(id, 0)).build();
    let receiver = Receiver::FailsUntil(until);
    Plan {
        smooth: false,
        settings: Settings::of_template(Grouping::AsSent),
        faults: Faults::none(),
        webhooks: vec![PlannedWebhook { webhook, receiver, appears: START }],
        events: Vec::new(),
        acts: Vec::new(),
        lethal: None,
        until: None,
        most_steps: u64::MAX,
    }
}

/// Publishes the events at equal intervals.
async fn publish(sim: Sim, count: u64) {
    for number in 0..count {
        let after = Duration::from_millis(number * ARRIVE_WITHIN_MILLIS / count);
        sim.sleep_until(START.plus(after)).await;
        users::put_event(&sim, users::event_of(USER, number), Count::Events);
    }
}

/// Each delivery reached the expected end.
fn check(sim: &Sim, deliveries: u64, dead: Dead) {
    let rows = sim.memory().deliveries();
    let as_it_should = |row: &&Delivery| match dead {
        Dead::ForGood => row.status == DeliveryStatus::Failed,
        // Probes use up the attempts of the few deliveries that have no others to alternate with.
        Dead::ForHours => {
            row.status == DeliveryStatus::Success || row.reason == Some(Reason::AttemptsExhausted)
        }
    };
    let right = rows.iter().filter(as_it_should).count() as u64;
    if right != deliveries {
        let what = format!("{right} of {deliveries} came to the end that they should have");
        sim.with(|state| state.ledger.broken(what));
    }
}

fn cost(sim: &Sim, run: &Run, deliveries: u64, dead: Dead) -> Cost {
    let of = |count| run.counts.of(count);
    let taken = |row: &&Delivery| row.status == DeliveryStatus::Success;
    let delivered = sim.memory().deliveries().iter().filter(taken).count() as u64;
    Cost {
        dead,
        deliveries,
        failed_requests: of(Count::Requests) - delivered,
        executions: of(Count::Waits),
        messages: of(Count::Messages),
        released: of(Count::Released),
        closed: of(Count::Closed),
        writes: WRITES.iter().map(|write| sim.memory().calls(*write) as u64).sum(),
    }
}
