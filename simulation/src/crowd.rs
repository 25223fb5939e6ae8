//! A minute for which many deliveries of one user wait, and one of another.
//!
//! All settings are the template's, and nothing goes wrong. The deliveries are there from the
//! beginning, and no function takes messages from the queue: what is measured is the way from the
//! index to the queue, by the shipped tend function.

use crate::{
    execution,
    intake::{Grouping, Intake, Mapping, Pool},
    plan::{Faults, Plan, Settings},
    random::Random,
    sim::Sim,
    trace::Trace,
    world,
};
use grapnel_domain::{
    delivery::Delivery,
    event::{Event, Retention},
    ids::{DeliveryId, EventId, UserId, WebhookId},
    message::QueueMessage,
    tending::SPREADS,
    time::{Minute, Timestamp},
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event},
    clock::{NEVER, START},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use uuid::Builder;

const KEPT: Retention = Retention { days: 30 };

/// The webhooks of the user with many deliveries.
const WEBHOOKS: u8 = 10;

/// How a minute with many deliveries went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowd {
    /// From the minute until the last delivery was on the queue.
    pub all_after: Duration,
    /// The same for the delivery of the other user.
    pub single_after: Duration,
    /// The most writes to one part of the index that any second had: deliveries that left it.
    pub most_writes: u64,
    /// How many messages were sent.
    pub messages: u64,
}

fn minute() -> Minute {
    Minute::at_or_after(START.plus(Duration::from_secs(60)))
}

/// Waits for a minute with so many deliveries of one user.
///
/// # Errors
/// The broken promise.
pub fn crowd(deliveries: u64) -> Result<Crowd, String> {
    let sim = Sim::of(plan(), Random::new(deliveries), None, Trace::off());
    let begin = |sim: &Sim| {
        for number in 0..deliveries {
            let webhook = u8::try_from(number % u64::from(WEBHOOKS)).unwrap_or_default();
            sim.memory().put_delivery(waiting("ada", webhook, number));
        }
        sim.memory().put_delivery(waiting("bob", WEBHOOKS, deliveries));
        // It is in memory, and cannot fail.
        drop(execution::ensure(sim, minute()));
    };
    let run = world::run_in(sim.clone(), deliveries, begin, |_| ());
    match run.broken {
        Some(broken) => Err(broken),
        None => measured(&sim, deliveries),
    }
}

fn plan() -> Plan {
    let nobody = Pool { at_first: 0, ..Pool::on_demand(0) };
    let mapping = Mapping { delivery: nobody, ..Mapping::of_template(Grouping::AsSent) };
    let settings = Settings { retention: KEPT, ..Settings::of_template(Grouping::AsSent) };
    Plan {
        smooth: false,
        // As the adapter's pages of the index: one megabyte.
        settings: Settings { waiting_page: 5_000, intake: Intake::Mapped(mapping), ..settings },
        faults: Faults::none(),
        webhooks: Vec::new(),
        events: Vec::new(),
        acts: Vec::new(),
        lethal: None,
        until: Some(minute().strikes_at().plus(Duration::from_secs(600))),
        most_steps: u64::MAX,
    }
}

fn waiting(user: &str, webhook: u8, number: u64) -> Delivery {
    let id = Builder::from_unix_timestamp_millis(u64::from(webhook) + 1, &[webhook; 10]);
    let webhook = a_webhook().id(WebhookId::from_uuid(id.into_uuid())).for_user(user).build();
    let user = UserId::parse(user).unwrap_or(webhook.user_id.clone());
    let event = Event {
        id: EventId::derive(&user, "shop", &number.to_string()),
        ..an_event().for_user(user.as_str()).build()
    };
    let id = DeliveryId::derive(&webhook.id, &event.id, event.stored_at);
    let kept = KEPT.delivery_expiry(minute().strikes_at(), event.stored_at);
    let delivery = a_delivery().of(&event).to(&webhook).waiting_for(minute()).expires_at(kept);
    Delivery { id, ..delivery.build() }
}

fn measured(sim: &Sim, deliveries: u64) -> Result<Crowd, String> {
    let queued = sim.memory().delivery_queue().messages();
    let mut seen = BTreeSet::new();
    let mut times: BTreeMap<bool, Timestamp> = BTreeMap::new();
    for message in &queued {
        let QueueMessage::MakeAttempt(attempt) = message.message() else {
            return Err("something else than an attempt was sent".into());
        };
        seen.insert(attempt.target.delivery_id);
        let last = times.entry(attempt.target.user_id.as_str() == "bob").or_insert(message.due);
        *last = message.due.max(*last);
    }
    if seen.len() as u64 != deliveries + 1 {
        return Err(format!("{} of {} were sent", seen.len(), deliveries + 1));
    }
    let after = |single| {
        let last = times.get(&single).copied().unwrap_or(NEVER);
        minute().strikes_at().until(last)
    };
    let most_writes = sim.with(|state| {
        let most = state.measured.left_index.values().max().copied().unwrap_or_default();
        (state.measured.left_index.len() >= usize::from(SPREADS)).then_some(most)
    });
    Ok(Crowd {
        all_after: after(false).max(after(true)),
        single_after: after(true),
        most_writes: most_writes.ok_or("not every part of the index was written")?,
        messages: queued.len() as u64,
    })
}
