//! One webhook gets more events than it can take, beside quiet neighbours.
//!
//! A partition of the deliveries table takes 1,000 writes a second, and a delivery needs two: one when
//! it is made, and one for its attempt. For twelve seconds the webhook gets 2,000 events a second. All
//! settings are the template's, and nothing else goes wrong. [`table`] shows the results.

mod table;

pub use table::CeilingReport;

use crate::{
    counts::Count,
    intake::{Grouping, Intake, Mapping, Pool},
    measured::Latencies,
    partition::WRITES_A_SECOND,
    plan::{Faults, Plan, PlannedWebhook, Settings, url, webhook_id},
    random::Random,
    receiver::Receiver,
    sim::Sim,
    trace::Trace,
    users,
    vocabulary::Queue,
    world,
};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    health::Behind,
    ids::WebhookId,
    time::Timestamp,
};
use grapnel_testing::{builders::a_webhook, clock::START};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

const BIG: &str = "ada";
const NEIGHBOURS: [&str; 5] = ["bob", "cyd", "dan", "eve", "fay"];

const EVENTS_PER_SECOND: u64 = 2_000;
const SECONDS: u64 = 12;

/// Events of the big webhook.
pub const BIG_EVENTS: u64 = EVENTS_PER_SECOND * SECONDS;

/// When its events begin.
const BEGINS: Timestamp = at_second(60);
/// When they end.
const ENDS: Timestamp = at_second(60 + SECONDS.cast_signed());

/// How long the neighbours' events and the samples go on.
const LAST: Timestamp = at_second(1_500);

/// The interval of a neighbour's events.
const NEIGHBOUR_EVERY: Duration = Duration::from_millis(990);

const SAMPLE_EVERY: Duration = Duration::from_secs(10);

const fn at_second(second: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + second * 1000)
}

/// How events are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intakes {
    /// Over HTTP: the events queue has a turn for each user.
    Http,
    /// Over EventBridge: it has none.
    Bus,
}

/// A look at the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Seconds since the big webhook's events began.
    pub second: i64,
    /// Messages on each queue: events, isolated events, deliveries.
    pub queued: [usize; 3],
    /// First requests that the big webhook has got.
    pub delivered: u64,
    /// What its health says.
    pub behind: Option<Behind>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// Requests that were sent again.
    pub repeated: u64,
    /// Writes that the partition refused.
    pub refused: u64,
    /// From a neighbour's event to its request, before the big webhook's events.
    pub calm: Latencies,
    /// The same from their beginning until the last of them was delivered.
    pub meanwhile: Latencies,
    /// The big webhook's latencies.
    pub big: Latencies,
    /// From the end of its events until the last of them was delivered.
    pub recovered_after: Duration,
    pub samples: Vec<Sample>,
}

impl Ceiling {
    /// The most deliveries a second of any ten seconds but the first, in which the partition has the
    /// capacity of a quiet one. Deliveries that were refused at first and come again need one write then.
    #[must_use]
    pub fn throughput(&self) -> u64 {
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1));
        let rates: Vec<u64> =
            pairs.map(|(a, b)| (b.delivered - a.delivered) / SAMPLE_EVERY.as_secs()).collect();
        rates.iter().skip(1).copied().max().unwrap_or_default()
    }

    /// The age that its health said at most.
    #[must_use]
    pub fn most_behind(&self) -> Option<u64> {
        self.samples.iter().filter_map(|it| it.behind).map(|it| it.age_seconds).max()
    }
}

/// Runs the scenario.
///
/// # Errors
/// The broken promise.
pub fn ceiling(intakes: Intakes, ingest: usize) -> Result<Ceiling, String> {
    let sim = Sim::of(plan(ingest), Random::new(1), None, Trace::off());
    let samples = Arc::new(Mutex::new(Vec::new()));
    let begin = |sim: &Sim| {
        users::begin(sim);
        sim.spawn(publish(sim.clone(), intakes));
        for user in NEIGHBOURS {
            sim.spawn(neighbour(sim.clone(), user, intakes));
        }
        sim.spawn(sample(sim.clone(), Arc::clone(&samples)));
    };
    let run = world::run_in(sim.clone(), 1, begin, check);
    if let Some(broken) = run.broken {
        return Err(format!("{intakes:?}: {broken}"));
    }
    let measured = sim.with(|state| std::mem::take(&mut state.measured));
    let big = [webhook_id(0)];
    let neighbours: Vec<WebhookId> = (1..=5).map(webhook_id).collect();
    let last = measured.last_arrival(&big).unwrap_or(ENDS);
    let samples = std::mem::take(&mut *samples.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Ceiling {
        repeated: run.counts.of(Count::Requests) - run.counts.of(Count::Deliveries),
        refused: run.counts.of(Count::WaveThrottles),
        calm: measured.between(&neighbours, START, BEGINS),
        meanwhile: measured.between(&neighbours, BEGINS, last),
        big: measured.between(&big, BEGINS, LAST),
        recovered_after: ENDS.until(last),
        samples,
    })
}

fn plan(ingest: usize) -> Plan {
    let planned = |(number, user): (u8, &str)| {
        let id = webhook_id(number);
        let webhook = a_webhook().id(id).for_user(user).url(&url(id, 0)).build();
        PlannedWebhook { webhook, receiver: Receiver::Answers(200), appears: START }
    };
    let template = Settings::of_template(Grouping::AsSent);
    let mapping =
        Mapping { events: Pool::on_demand(ingest), ..Mapping::of_template(Grouping::AsSent) };
    Plan {
        smooth: false,
        settings: Settings { intake: Intake::Mapped(mapping), ..template },
        faults: Faults { writes_per_partition: Some(WRITES_A_SECOND), ..Faults::none() },
        webhooks: (0..).zip([BIG].into_iter().chain(NEIGHBOURS)).map(planned).collect(),
        events: Vec::new(),
        acts: Vec::new(),
        lethal: None,
        until: None,
        most_steps: u64::MAX,
    }
}

fn put(sim: &Sim, user: &str, number: u64, intakes: Intakes) {
    let turn = match intakes {
        Intakes::Http => user,
        Intakes::Bus => "",
    };
    users::put_event_in_turn(sim, users::event_of(user, number), turn, Count::Events);
}

/// Publishes the big webhook's events at equal intervals.
async fn publish(sim: Sim, intakes: Intakes) {
    for number in 0..BIG_EVENTS {
        sim.sleep_until(BEGINS.plus(Duration::from_millis(number * 1000 / EVENTS_PER_SECOND)))
            .await;
        put(&sim, BIG, number, intakes);
    }
}

async fn neighbour(sim: Sim, user: &'static str, intakes: Intakes) {
    for number in 0.. {
        if sim.now() >= LAST {
            return;
        }
        put(&sim, user, number, intakes);
        sim.sleep(NEIGHBOUR_EVERY).await;
    }
}

async fn sample(sim: Sim, samples: Arc<Mutex<Vec<Sample>>>) {
    let big = webhook_id(0);
    sim.sleep_until(BEGINS).await;
    while sim.now() < LAST {
        let queues = [Queue::Events, Queue::EventsIsolation, Queue::Delivery];
        let user = sim.plan().webhooks[0].webhook.user_id.clone();
        let now = sim.now();
        let taken = Sample {
            second: (now.as_millis() - BEGINS.as_millis()) / 1000,
            queued: queues.map(|queue| sim.queue(queue).count(|_| true)),
            delivered: sim.with(|state| state.measured.arrivals_at(big)),
            behind: sim.memory().health_now(&user, big).behind_at(now),
        };
        samples.lock().unwrap_or_else(PoisonError::into_inner).push(taken);
        sim.sleep(SAMPLE_EVERY).await;
    }
}

/// Every delivery succeeded at its first attempt.
fn check(sim: &Sim) {
    let rows = sim.memory().deliveries();
    let right = |row: &&Delivery| row.status == DeliveryStatus::Success && row.attempts.len() == 1;
    let wrong = rows.len() - rows.iter().filter(right).count();
    if wrong > 0 {
        let what = format!("{wrong} deliveries did not succeed with their first attempt");
        sim.with(|state| state.ledger.broken(what));
    }
}
