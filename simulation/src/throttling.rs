//! How many requests are repeated when DynamoDB throttles writes for some seconds in the middle of
//! a burst.
//!
//! All settings are the template's, and the wave is the only fault. The burst is 500 events for
//! twenty webhooks, whose receivers all answer 200. [`table`] shows the results, for records that
//! are retried by time and for records with three tries.

mod table;

pub use table::ThrottlingReport;

use crate::{
    counts::Count,
    intake::Grouping,
    mutation::Mutation,
    plan::{Faults, Plan, PlannedWebhook, Reach, Settings, Wave, url},
    random::Random,
    receiver::Receiver,
    sim::Sim,
    trace::Trace,
    users, world,
};
use grapnel_domain::{delivery::DeliveryStatus, ids::WebhookId, time::Timestamp};
use grapnel_testing::{builders::a_webhook, clock::START};
use std::time::Duration;
use uuid::Builder;

const USER: &str = "ada";
const WEBHOOKS: u8 = 20;
const EVENTS: u64 = 500;

/// Deliveries of a run.
pub const DELIVERIES: u64 = EVENTS * WEBHOOKS as u64;

/// When the burst begins.
const BURST_AT: Timestamp = after_start(1);

/// When the wave begins: some deliveries are made by then, and most are not.
const WAVE_AT: Timestamp = after_start(6);

const fn after_start(seconds: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + seconds * 1000)
}

/// The throttled writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttled {
    /// One webhook: one partition of the deliveries table.
    OneWebhook,
    DeliveriesTable,
}

/// How often a record is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// As implemented.
    ByTime,
    /// About three times, within a third of a second, as the SDK does.
    Three,
}

/// A scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottlingWave {
    /// The throttled writes.
    pub throttled: Throttled,
    /// The duration.
    pub lasts: Duration,
    /// How often a record is tried.
    pub tries: Tries,
}

/// Returns how many of [`DELIVERIES`] requests were repeated.
///
/// # Errors
/// The broken promise.
pub fn throttling(wave: &ThrottlingWave) -> Result<u64, String> {
    let mutation = match wave.tries {
        Tries::ByTime => None,
        Tries::Three => Some(Mutation::RecordIsTriedThreeTimes),
    };
    let sim = Sim::of(plan(wave), Random::new(1), mutation, Trace::off());
    if wave.tries == Tries::Three {
        // The measurement is about records that are given up too early.
        sim.with(|state| state.ledger.expects_records_to_be_given_up());
    }
    let begin = |sim: &Sim| {
        users::begin(sim);
        let sim = sim.clone();
        sim.clone().spawn(async move {
            sim.sleep_until(BURST_AT).await;
            for number in 0..EVENTS {
                users::put_event(&sim, users::event_of(USER, number), Count::Events);
            }
        });
    };
    let run = world::run_in(sim.clone(), 1, begin, check);
    match run.broken {
        Some(broken) => Err(format!("{wave:?}: {broken}")),
        None => Ok(run.counts.of(Count::Requests) - DELIVERIES),
    }
}

/// Every delivery succeeded at its first attempt.
fn check(sim: &Sim) {
    let rows = sim.memory().deliveries();
    let right = rows
        .iter()
        .filter(|row| row.status == DeliveryStatus::Success && row.attempts.len() == 1)
        .count();
    if right as u64 != DELIVERIES {
        let what = format!("{right} of {DELIVERIES} succeeded with their first attempt");
        sim.with(|state| state.ledger.broken(what));
    }
}

fn plan(wave: &ThrottlingWave) -> Plan {
    let webhook_id = |number: u8| {
        let tail = [1, 1, 1, 1, 1, 1, 1, 1, 1, number];
        WebhookId::from_uuid(Builder::from_unix_timestamp_millis(1, &tail).into_uuid())
    };
    let planned = |number: u8| {
        let id = webhook_id(number);
        let webhook = a_webhook().id(id).for_user(USER).url(&url(id, 0)).build();
        PlannedWebhook { webhook, receiver: Receiver::Answers(200), appears: START }
    };
    let reach = match wave.throttled {
        Throttled::OneWebhook => Reach::Webhook(webhook_id(0)),
        Throttled::DeliveriesTable => Reach::Deliveries,
    };
    let wave = Wave { reach, from: WAVE_AT, until: WAVE_AT.plus(wave.lasts) };
    Plan {
        smooth: false,
        settings: Settings::of_template(Grouping::AsSent),
        faults: Faults { waves: vec![wave], ..Faults::none() },
        webhooks: (0..WEBHOOKS).map(planned).collect(),
        events: Vec::new(),
        acts: Vec::new(),
        lethal: None,
        until: None,
        most_steps: u64::MAX,
    }
}
