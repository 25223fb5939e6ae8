//! How long one user's events take while another user's hundred endpoints hang.
//!
//! The neighbour has a hundred webhooks whose endpoints do not answer within the longest time
//! limit, publishes a burst of events, and continues to publish. The bystander has three healthy
//! webhooks and publishes two events per second. Functions are scarce, as [`crate::source`]
//! describes; calls of AWS and receivers take the same time as in every run. The result is the time
//! from an event on its queue to the request at the receiver. [`table`] shows the results.

mod table;

pub use table::IsolationReport;

use crate::{
    counts::Count,
    intake::{DELIVERY_CONCURRENCY, Grouping, Intake, MAXIMUM_POLLERS, Pool},
    measured::Latencies,
    plan::{Faults, Plan, PlannedWebhook, Settings, url},
    random::Random,
    receiver::Receiver,
    sim::Sim,
    trace::Trace,
    users, world,
};
use grapnel_domain::{ids::WebhookId, retry::RetryConfig, time::Timestamp};
use grapnel_testing::{builders::a_webhook, clock::START};
use std::time::Duration;
use uuid::Builder;

const NEIGHBOUR: &str = "ada";
const BYSTANDER: &str = "bob";

/// Webhooks of the neighbour. The bystander's come after them.
const HANGING: u16 = 100;
const HEALTHY: u16 = 3;

/// The time limit of the neighbour's webhooks: the longest that can be configured.
const TIME_LIMIT_SECONDS: u32 = 30;

/// Events of the burst. With more, events would wait until circuit breakers open, and then be
/// parked.
const BURST: u64 = 40;
const BURST_AT: Timestamp = at_second(30);

/// The interval of the neighbour's events after the burst.
const THEN_EVERY: Duration = Duration::from_secs(10);

/// The interval of the bystander's events.
const EVERY: Duration = Duration::from_millis(490);

/// By then every circuit breaker has opened and was due twice.
const END: Timestamp = at_second(290);

const fn at_second(second: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + second * 1000)
}

/// What differs between runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// The groups of the fair queue.
    pub turns: Grouping,
    /// The pollers of the delivery queue.
    pub pool: Pool,
}

impl Circumstances {
    /// As in the template, after a quiet time.
    pub const SHIPPED: Self =
        Self { turns: Grouping::AsSent, pool: Pool::on_demand(DELIVERY_CONCURRENCY) };

    /// In provisioned mode, with this minimum number of pollers.
    #[must_use]
    pub const fn provisioned(least: usize) -> Self {
        Self { pool: Pool::provisioned(least, MAXIMUM_POLLERS), ..Self::SHIPPED }
    }
}

/// The latencies of the bystander's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isolation {
    /// Before the burst.
    pub calm: Latencies,
    /// From the burst until the last of the neighbour's circuit breakers opened.
    pub before: Latencies,
    /// After that.
    pub after: Latencies,
}

/// Runs the scenario.
///
/// # Errors
/// The broken promise.
pub fn isolation(circumstances: &Circumstances) -> Result<Isolation, String> {
    let sim = Sim::of(plan(circumstances), Random::new(1), None, Trace::off());
    let begin = |sim: &Sim| {
        users::begin(sim);
        sim.spawn(publish(sim.clone(), NEIGHBOUR, BURST_AT, BURST, THEN_EVERY));
        sim.spawn(publish(sim.clone(), BYSTANDER, START, 1, EVERY));
    };
    let run = world::run_in(sim.clone(), 1, begin, |_| ());
    if let Some(broken) = run.broken {
        return Err(format!("{circumstances:?}: {broken}"));
    }
    let measured = sim.with(|state| std::mem::take(&mut state.measured));
    let last_opened = measured.opened.get(usize::from(HANGING) - 1);
    let opened = *last_opened.ok_or_else(|| format!("{circumstances:?}: a circuit is closed"))?;
    let bystanders: Vec<WebhookId> = (HANGING..HANGING + HEALTHY).map(webhook_id).collect();
    let between = |from, until| measured.between(&bystanders, from, until);
    Ok(Isolation {
        calm: between(START, BURST_AT),
        before: between(BURST_AT, opened),
        after: between(opened, END),
    })
}

fn webhook_id(number: u16) -> WebhookId {
    let [high, low] = number.to_be_bytes();
    let tail = [1, 1, 1, 1, 1, 1, 1, 1, high, low];
    WebhookId::from_uuid(Builder::from_unix_timestamp_millis(1, &tail).into_uuid())
}

fn plan(circumstances: &Circumstances) -> Plan {
    let mut settings = Settings::of_template(circumstances.turns);
    if let Intake::Mapped(mapping) = &mut settings.intake {
        mapping.delivery = circumstances.pool;
    }
    Plan {
        smooth: false,
        settings,
        faults: Faults::none(),
        webhooks: (0..HANGING + HEALTHY).map(planned).collect(),
        events: Vec::new(),
        acts: Vec::new(),
        lethal: None,
        until: Some(END),
        most_steps: u64::MAX,
    }
}

fn planned(number: u16) -> PlannedWebhook {
    let id = webhook_id(number);
    let (user, receiver) = if number < HANGING {
        (NEIGHBOUR, Receiver::HangsUntil(Timestamp::from_millis(i64::MAX)))
    } else {
        (BYSTANDER, Receiver::Answers(200))
    };
    let retry = RetryConfig { timeout_seconds: TIME_LIMIT_SECONDS, ..RetryConfig::default() };
    let webhook = a_webhook().id(id).for_user(user).url(&url(id, 0)).retry(retry).build();
    PlannedWebhook { webhook, receiver, appears: START }
}

/// Publishes the first events at once, and then one after the other.
async fn publish(sim: Sim, user: &'static str, from: Timestamp, at_once: u64, every: Duration) {
    sim.sleep_until(from).await;
    for number in 0.. {
        users::put_event(&sim, users::event_of(user, number), Count::Events);
        if number + 1 >= at_once {
            sim.sleep(every).await;
        }
    }
}
