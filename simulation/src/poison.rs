//! The effect on others of messages that kill their functions, and of outages.
//!
//! A function dies with its whole batch; in an outage, every message is received again; and the
//! queue does not show which of the two happened. Functions are as scarce as [`crate::source`]
//! describes. In one scenario, nine healthy messages share a batch with one that kills every
//! function that processes it. In the other, events arrive every half minute while the tables do
//! not respond or no function can be invoked. Each healthy delivery must succeed, none of their
//! messages may become a dead letter, and none may be late by more than one visibility timeout. A
//! message that kills must become a dead letter, and a redrive must finish it after it stops
//! killing. [`table`] shows the results.

mod table;

pub use table::PoisonReport;

use crate::{
    counts::Count,
    intake::Grouping,
    mutation::Mutation,
    plan::{Faults, Lethal, Outage, Part, Plan, PlannedWebhook, Settings, url, webhook_id},
    random::Random,
    receiver::Receiver,
    sim::Sim,
    trace::Trace,
    users, world,
};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    ids::{EventId, UserId, WebhookId},
    message::{MakeAttempt, QueueMessage},
    time::Timestamp,
};
use grapnel_testing::{
    builders::a_webhook,
    clock::START,
    memory::{MAX_RECEIVES, Queued},
};
use std::{collections::BTreeMap, time::Duration};

/// The user of the healthy webhooks. One of them kills in some scenarios.
const USER: &str = "ada";

/// The user whose events kill the ingest function, in some scenarios.
const LETHAL_USER: &str = "mallory";

/// Webhooks of the user: an event makes a full batch of deliveries.
const WEBHOOKS: u8 = 10;

const BEGIN: Timestamp = at_second(60);

/// Events that are put at once just before the outage: not all their deliveries are made by then.
const BURST: u64 = 200;
const BURST_AT: Timestamp = at_second(58);

/// The interval between events during an outage.
const EVERY: Duration = Duration::from_secs(30);

/// The interval between messages that kill.
const NEXT_POISON: Duration = Duration::from_secs(5);

/// How much longer than the visibility timeout a delivery may take: its ordinary duration.
const ORDINARILY: Duration = Duration::from_secs(10);

const fn at_second(second: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + second * 1000)
}

/// The scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Of ten deliveries in a batch, one kills its function.
    Delivery,
    /// The same, this many times in a row.
    Deliveries(u64),
    /// Of ten events in a batch, one kills its function.
    Event,
    /// The tables do not respond for this many hours.
    TablesOut(u64),
    /// No function can be invoked for this many hours.
    NoFunctions(u64),
}

/// The effect on the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poison {
    /// Deliveries to healthy webhooks. All of them succeeded.
    pub healthy: usize,
    /// How late the last of them was, compared with a run without the trouble, or with the end of
    /// the trouble.
    pub late: Duration,
    /// Messages that were moved to an isolation queue.
    pub isolated: u64,
    /// How long after it was sent the last message that kills became a dead letter. `None` if no
    /// message kills.
    pub dead_after: Option<Duration>,
}

/// Runs the scenario.
///
/// # Errors
/// The broken promise.
pub fn poison(trouble: Trouble, mutation: Option<Mutation>) -> Result<Poison, String> {
    let troubled = observe(trouble, true, mutation)?;
    let undisturbed = match trouble.over() {
        Some(_) => BTreeMap::new(),
        None => observe(trouble, false, None)?.healthy,
    };
    let visibility = Settings::of_template(Grouping::AsSent).visibility_timeout;
    let mut late = Duration::ZERO;
    for (key, made) in &troubled.healthy {
        let expected = match trouble.over() {
            Some(over) => made.put.max(over),
            None => undisturbed.get(key).ok_or("a delivery that is not made without it")?.at,
        };
        late = late.max(expected.until(made.at));
    }
    if late > visibility + ORDINARILY {
        return Err(format!("{trouble:?}: a healthy delivery was {late:?} late"));
    }
    if let Some(letter) = troubled.dead_letters.iter().find(|letter| !letter.kills) {
        return Err(format!("{trouble:?}: a healthy message became a dead letter: {letter:?}"));
    }
    let dead_after = troubled.dead_letters.iter().map(|letter| letter.after).max();
    if dead_after.is_some() == trouble.over().is_some() {
        return Err(format!("{trouble:?}: dead letters: {dead_after:?}"));
    }
    let (healthy, isolated) = (troubled.healthy.len(), troubled.isolated);
    Ok(Poison { healthy, late, isolated, dead_after })
}

/// A healthy delivery: when its event was put, and when it was made.
#[derive(Debug)]
struct Made {
    put: Timestamp,
    at: Timestamp,
}

#[derive(Debug)]
struct Letter {
    /// Counted from when its event was put.
    after: Duration,
    kills: bool,
}

#[derive(Debug)]
struct Observed {
    healthy: BTreeMap<(WebhookId, EventId), Made>,
    dead_letters: Vec<Letter>,
    isolated: u64,
}

fn observe(
    trouble: Trouble,
    troubled: bool,
    mutation: Option<Mutation>,
) -> Result<Observed, String> {
    let sim = Sim::of(plan(trouble, troubled), Random::new(1), mutation, Trace::off());
    let begin = |sim: &Sim| {
        users::begin(sim);
        sim.spawn(publish(sim.clone(), trouble));
    };
    let run = world::run_in(sim.clone(), 1, begin, |_| ());
    if let Some(broken) = &run.broken {
        return Err(format!("{trouble:?}: {broken}"));
    }
    let rows = sim.memory().deliveries();
    if let Some(row) = rows.iter().find(|row| row.status != DeliveryStatus::Success) {
        return Err(format!("{trouble:?}: a delivery ended as {:?}: {:?}", row.status, row.reason));
    }
    let letters = sim.with(|state| std::mem::take(&mut state.measured.dead_letters));
    Ok(Observed {
        healthy: rows.iter().filter(|row| !trouble.kills(row)).map(|row| made(&sim, row)).collect(),
        dead_letters: letters.iter().map(|letter| dead_letter(&sim, trouble, letter)).collect(),
        isolated: run.counts.of(Count::Isolated),
    })
}

fn made(sim: &Sim, row: &Delivery) -> ((WebhookId, EventId), Made) {
    let put = sim.with(|state| state.ledger.put_at(row.event_id)).unwrap_or(START);
    let last = row.attempts.last();
    let at =
        last.map_or(START, |last| last.attempted_at.plus(Duration::from_millis(last.duration)));
    ((row.webhook_id, row.event_id), Made { put, at })
}

fn dead_letter(sim: &Sim, trouble: Trouble, letter: &Queued) -> Letter {
    let (event, kills) = match QueueMessage::parse(&letter.body) {
        Ok(QueueMessage::MakeAttempt(MakeAttempt { target, .. })) => {
            (Some(target.event_id), trouble.kills_at(target.webhook_id))
        }
        Ok(_) => (None, false),
        Err(_) => {
            let event = sim.with(|state| state.ledger.event_of(&letter.body));
            (event, letter.body.contains(LETHAL_USER))
        }
    };
    let put = event.and_then(|event| sim.with(|state| state.ledger.put_at(event)));
    Letter { after: put.unwrap_or(START).until(letter.due), kills }
}

impl Trouble {
    /// When everything works again; `None` if the trouble is a message that kills.
    fn over(self) -> Option<Timestamp> {
        match self {
            Self::Delivery | Self::Deliveries(_) | Self::Event => None,
            Self::TablesOut(hours) | Self::NoFunctions(hours) => {
                Some(BEGIN.plus(Duration::from_secs(hours * 3600)))
            }
        }
    }

    fn kills_at(self, webhook: WebhookId) -> bool {
        matches!(self, Self::Delivery | Self::Deliveries(_)) && webhook == webhook_id(0)
    }

    fn kills(self, row: &Delivery) -> bool {
        self.kills_at(row.webhook_id) || row.user_id.as_str() == LETHAL_USER
    }
}

fn plan(trouble: Trouble, troubled: bool) -> Plan {
    let settings = Settings::of_template(Grouping::AsSent);
    // Long after the last receive: then a redrive finishes the message.
    let mended = BEGIN.plus(settings.visibility_timeout * (2 * MAX_RECEIVES));
    let mut faults = Faults::none();
    let parts: Option<&'static [Part]> = match trouble {
        Trouble::TablesOut(_) => Some(&[Part::Tables]),
        Trouble::NoFunctions(_) => Some(&[Part::Functions]),
        Trouble::Delivery | Trouble::Deliveries(_) | Trouble::Event => None,
    };
    if let (Some(parts), Some(until)) = (parts, trouble.over()) {
        faults.outages.push(Outage { parts, from: BEGIN, until });
    }
    let receiver = |id| match trouble.kills_at(id) && troubled {
        true => Receiver::KillsUntil(mended),
        false => Receiver::Answers(200),
    };
    let planned = |user: &str, number| {
        let id = webhook_id(number);
        let webhook = a_webhook().id(id).for_user(user).url(&url(id, 0)).build();
        PlannedWebhook { webhook, receiver: receiver(id), appears: START }
    };
    let mut webhooks: Vec<_> = (0..WEBHOOKS).map(|number| planned(USER, number)).collect();
    webhooks.push(planned(LETHAL_USER, WEBHOOKS));
    let lethal = Lethal { user: LETHAL_USER, until: mended };
    Plan {
        smooth: false,
        settings,
        faults,
        webhooks,
        events: Vec::new(),
        acts: Vec::new(),
        lethal: (troubled && trouble == Trouble::Event).then_some(lethal),
        until: None,
        most_steps: u64::MAX,
    }
}

async fn publish(sim: Sim, trouble: Trouble) {
    let put = |user: &UserId, number| {
        users::put_event(&sim, users::event_of(user.as_str(), number), Count::Events);
    };
    let user = |name: &str| UserId::parse(name).expect("a user's id");
    let (healthy, lethal) = (user(USER), user(LETHAL_USER));
    if trouble.over().is_some() {
        sim.sleep_until(BURST_AT).await;
        (1..=BURST).for_each(|number| put(&healthy, number));
    }
    sim.sleep_until(BEGIN).await;
    match (trouble, trouble.over()) {
        (Trouble::Event, _) => {
            // At the same time, so that they share a batch.
            (1..10).for_each(|number| put(&healthy, number));
            put(&lethal, 0);
        }
        (Trouble::Deliveries(count), _) => {
            for number in 0..count {
                put(&healthy, number);
                sim.sleep(NEXT_POISON).await;
            }
        }
        (_, None) => put(&healthy, 0),
        (_, Some(over)) => {
            let mut number = BURST + 1;
            while sim.now() < over {
                put(&healthy, number);
                number += 1;
                sim.sleep(EVERY).await;
            }
        }
    }
}
