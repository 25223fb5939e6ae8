//! One user's hundred endpoints hang: how long do another's events take?

use crate::{
    counts::Count,
    measured::{Latencies, Measured},
    plan::{Faults, Plan, PlannedWebhook, Settings, url},
    random::Random,
    receiver::Receiver,
    sim::Sim,
    source::{Grouping, Intake, Mapping, Pool},
    trace::Trace,
    users, world,
};
use grapnel_domain::{
    event::Retention, health::CircuitRules, ids::WebhookId, message::QueueDelay,
    retry::RetryConfig, time::Timestamp,
};
use grapnel_testing::{builders::a_webhook, clock::START};
use std::time::Duration;
use uuid::Builder;

const NEIGHBOUR: &str = "ada";
const BYSTANDER: &str = "bob";

/// What differs between runs.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    pub grouping: Grouping,
    pub concurrency: usize,
    pub warm: usize,
    pub timeout: u32,
    pub burst: u64,
    pub hanging: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Isolation {
    pub calm: Latencies,
    pub before: Latencies,
    pub after: Latencies,
    pub opened_within: Duration,
    pub broken: Option<String>,
    pub counts: crate::counts::Counts,
}

const fn at_second(seconds: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + seconds * 1000)
}

const BURST: Timestamp = at_second(30);
const END: Timestamp = at_second(600);

fn webhook_id(number: u64) -> WebhookId {
    let tail = u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
    let id = Builder::from_unix_timestamp_millis(
        number + 1,
        &[1, 1, 1, 1, 1, 1, 1, 1, tail[0], tail[1]],
    );
    WebhookId::from_uuid(id.into_uuid())
}

fn plan(c: &Circumstances) -> Plan {
    let planned = |number: u64| {
        let id = webhook_id(number);
        let hangs = number < c.hanging;
        let user = if hangs { NEIGHBOUR } else { BYSTANDER };
        let receiver =
            if hangs { Receiver::HangsUntil(at_second(86_400)) } else { Receiver::Answers(200) };
        let retry = RetryConfig { timeout_seconds: c.timeout, ..RetryConfig::default() };
        let webhook = a_webhook().id(id).for_user(user).url(&url(id, 0)).retry(retry).build();
        PlannedWebhook { webhook, receiver, appears: START }
    };
    Plan {
        smooth: false,
        settings: Settings {
            retention: Retention { days: 30 },
            longest_queue_delay: QueueDelay::at_most(900),
            function_timeout: Duration::from_secs(60),
            visibility_timeout: Duration::from_secs(360),
            circuit: CircuitRules { failures: 10, first_interval: Duration::from_secs(60) },
            waiting_page: 100,
            settled_page: 100,
            intake: Intake::Mapped(Mapping {
                events: Pool { at_first: 5, most: 10 },
                delivery: Pool { at_first: c.warm, most: c.concurrency },
                grouping: c.grouping,
            }),
        },
        faults: Faults::none(),
        webhooks: (0..c.hanging + 3).map(planned).collect(),
        events: Vec::new(),
        acts: Vec::new(),
        until: Some(END),
        most_steps: u64::MAX,
    }
}

fn event(user: &str, number: u64) -> String {
    format!(
        r#"{{"id":"eb-{user}-{number}","detail-type":"lead.created","source":"shop","time":"2026-11-24T06:24:00Z","detail":{{"userId":"{user}","id":"{user}{number}"}}}}"#
    )
}

async fn publish(sim: Sim, user: &'static str, from: Timestamp, first: u64, every: Duration) {
    sim.sleep_until(from).await;
    for number in 0.. {
        users::put_event(&sim, event(user, number), Count::Events);
        if number + 1 >= first {
            sim.sleep(every).await;
        }
    }
}

#[must_use]
pub fn isolation(c: &Circumstances) -> Isolation {
    let sim = Sim::of(plan(c), Random::new(1), None, Trace::off());
    let burst = c.burst;
    let begin = |sim: &Sim| {
        users::begin(sim);
        sim.spawn(publish(sim.clone(), NEIGHBOUR, BURST, burst, Duration::from_secs(5)));
        sim.spawn(publish(sim.clone(), BYSTANDER, START, 0, Duration::from_millis(490)));
    };
    let run = world::run_in(sim.clone(), 1, begin, |_| ());
    let Measured { arrivals, opened } = sim.with(|state| std::mem::take(&mut state.measured));
    let last = opened.get(usize::try_from(c.hanging).unwrap_or(1) - 1).copied().unwrap_or(END);
    let hanging = c.hanging;
    let span = |from: Timestamp, until: Timestamp| {
        let of = arrivals.iter().filter(|(webhook, put, _)| {
            (from..until).contains(put) && (hanging..hanging + 3).any(|n| webhook_id(n) == *webhook)
        });
        Latencies::of(of.map(|(_, put, at)| put.until(*at)).collect())
    };
    Isolation {
        calm: span(START, BURST),
        before: span(BURST, last),
        after: span(last, END),
        opened_within: BURST.until(last),
        broken: run.broken,
        counts: run.counts,
    }
}
