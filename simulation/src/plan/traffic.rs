//! The input of a run: webhooks and their receivers, events, and users' actions.

use crate::{random::Random, receiver::Receiver};
use grapnel_domain::{
    catalogue::BUILT_IN,
    ids::WebhookId,
    limit::RateLimit,
    replay::ReplayStatus,
    retry::{Backoff, RetryConfig, Schedule},
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_webhook, changed},
    clock::START,
};
use std::time::Duration;
use uuid::Builder;

/// The users. Most events are the first user's.
pub(super) const USERS: [&str; 2] = ["ada", "bob"];

/// Delays in seconds: short delays for the queue and long delays for shared waits, and the limits
/// between the two.
const DELAYS: [u32; 14] = [1, 2, 5, 20, 30, 60, 61, 300, 899, 900, 901, 1800, 7200, 86_400];

/// Requests per second, so few that some requests have to wait.
const LIMITS: [u32; 5] = [1, 1, 2, 10, 1000];

/// How many slots may be taken at once: up to an hour of the lowest limit.
const MOST_IN_A_CROWD: u64 = 3600;

/// What the filters of some webhooks let pass: some of the events, and none that has no id.
const FILTER: &str = r#"{"id": ["e1", {"suffix": "4"}], "userId": [{"anything-but": "eve"}]}"#;

/// A webhook and its receiver.
#[derive(Debug)]
pub(crate) struct PlannedWebhook {
    pub(crate) webhook: Webhook,
    pub(crate) receiver: Receiver,
    pub(crate) appears: Timestamp,
}

/// An event, put once or twice.
#[derive(Debug)]
pub(crate) struct PlannedEvent {
    pub(crate) body: String,
    pub(crate) puts: Vec<Timestamp>,
    pub(crate) malformed: bool,
}

/// An action of a user.
#[derive(Debug)]
pub(crate) struct Act {
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

/// Kinds of actions. A webhook is named by its index in [`super::Plan::webhooks`].
#[derive(Debug, Clone)]
pub(crate) enum What {
    Disable(usize),
    Enable(usize),
    Delete(usize),
    /// Changes the URL or the retry configuration.
    Edit(usize, Option<RetryConfig>),
    /// Retries a delivery manually; the number selects the delivery.
    Retry(u64),
    /// Sets or removes the rate limit.
    Limit(usize, Option<u32>),
    /// This many other deliveries, which are not simulated, take the next slots of a webhook's rate
    /// limit.
    Crowd(usize, u32),
    /// Cancels a delivery; the number selects it.
    Cancel(u64),
    /// Erases the data of an event; the number selects a delivery of it.
    Erase(u64),
    /// Erases the responses of a delivery; the number selects it.
    EraseResponses(u64),
    Test(usize),
    /// Publishes this many events over HTTP, by a request with this number as its key. The same
    /// number again is the same request.
    Publish {
        number: u64,
        events: u64,
    },
    /// Replays deliveries with this status, of one webhook or of all its owner's webhooks.
    Replay {
        webhook: usize,
        all: bool,
        status: ReplayStatus,
    },
}

impl PlannedWebhook {
    /// Makes its deliveries wait for one of few minutes.
    pub(crate) fn retry_in_half_a_minute(&mut self) {
        self.webhook = changed(&self.webhook, |it| {
            it.retry_config.schedule = Schedule::DelaysSeconds(vec![30])
        });
    }

    /// Sends at most one request per second, and retries after two minutes.
    fn retry_slowly(&mut self) {
        self.webhook = changed(&self.webhook, |it| {
            it.rate_limit = RateLimit::new(1);
            it.retry_config.max_attempts = 3;
            it.retry_config.schedule = Schedule::DelaysSeconds(vec![120]);
        });
    }
}

pub(crate) fn url(webhook: WebhookId, version: u32) -> String {
    format!("https://{}.example/{version}", webhook.uuid().simple())
}

pub(crate) fn webhooks(random: &mut Random, smooth: bool) -> Vec<PlannedWebhook> {
    let count = random.within(1..=4);
    (1..=count).map(|number| webhook(random, smooth, number)).collect()
}

fn webhook(random: &mut Random, smooth: bool, number: u64) -> PlannedWebhook {
    // Like a `UUID v7`, distinguished by its last digits.
    let tail = [u8::try_from(number).unwrap_or_default(); 10];
    let id = WebhookId::from_uuid(Builder::from_unix_timestamp_millis(number, &tail).into_uuid());
    let user = if random.chance(150) { USERS[1] } else { USERS[0] };
    let mut built = a_webhook().id(id).for_user(user).url(&url(id, 0)).retry(retry_config(random));
    if random.chance(200) {
        built = built.events([*random.pick::<&str>(&["lead.created", "lead.*", "task.failed"])]);
    }
    if random.chance(250) {
        built = built.limited_to(*random.pick(&LIMITS));
        // Some rate limiters have assigned slots for some time ahead, to deliveries that are not
        // simulated.
        if !smooth && random.chance(500) {
            built = built.next_slot(moment(random, 7200));
        }
    }
    built = match random.within(0..=9) {
        0 => built.disabled(),
        1 if !smooth => built.failing(),
        _ => built,
    };
    let appears = if !smooth && random.chance(100) { moment(random, 600) } else { START };
    built = built.created_at(appears);
    if random.aside().chance(150) {
        built = built.filter(FILTER);
    }
    let receiver = match Receiver::draw(random) {
        Receiver::KillsUntil(_) if smooth => Receiver::Answers(200),
        receiver => receiver,
    };
    PlannedWebhook { webhook: built.build(), receiver, appears }
}

fn retry_config(random: &mut Random) -> RetryConfig {
    let few = |random: &mut Random| u32::try_from(random.within(1..=5)).unwrap_or(1);
    let schedule = if random.chance(200) {
        Schedule::Backoff(Backoff {
            initial_seconds: *random.pick(&DELAYS[..8]),
            multiplier: *random.pick(&[1.0, 1.5, 2.0, 10.0]),
            max_seconds: *random.pick(&DELAYS[8..]),
        })
    } else {
        let delays = few(random).min(3);
        // A day is rare, because most schedules have minutes and hours.
        let choices = if random.chance(100) { &DELAYS[..] } else { &DELAYS[..13] };
        Schedule::DelaysSeconds((0..delays).map(|_| *random.pick(choices)).collect())
    };
    let timeout_seconds = *random.pick(&[1, 5, 10, 30]);
    RetryConfig { max_attempts: few(random), timeout_seconds, schedule }
}

pub(crate) fn events(random: &mut Random, smooth: bool) -> Vec<PlannedEvent> {
    let count = random.within(1..=5);
    let mut events: Vec<PlannedEvent> =
        (1..=count).map(|number| event(random, smooth, number)).collect();
    if !smooth && random.chance(50) {
        let body = (*random.pick(&["{}", "no JSON", r#"{"detail":[]}"#])).to_owned();
        events.push(PlannedEvent { body, puts: vec![moment(random, 300)], malformed: true });
    }
    events
}

fn event(random: &mut Random, smooth: bool, number: u64) -> PlannedEvent {
    let user = if random.chance(150) { USERS[1] } else { USERS[0] };
    let event_type = random.pick(BUILT_IN).name;
    let event_type = if random.chance(400) { "lead.created" } else { event_type };
    // An event over 4 KB is not part of its messages and has to be read.
    let size = if random.chance(200) { 5000 } else { 10 };
    let text = "x".repeat(size);
    let body = format!(
        r#"{{"id":"eb-{number}","detail-type":"{event_type}","source":"shop","time":"2026-11-24T06:24:00Z","detail":{{"userId":"{user}","id":"e{number}","text":"{text}"}}}}"#
    );
    let mut puts = vec![moment(random, 300)];
    if !smooth && random.chance(200) {
        puts.push(moment(random, 3600));
    }
    PlannedEvent { body, puts, malformed: false }
}

pub(crate) fn acts(random: &mut Random, webhooks: usize) -> Vec<Act> {
    let mut acts = Vec::new();
    let count = if random.chance(300) { 0 } else { random.within(1..=6) };
    for _ in 0..count {
        let mut at = moment(random, 20_000);
        let what = act(random, webhooks);
        if let What::Replay { webhook, .. } = what {
            // After a delivery has failed for good.
            at = at.plus(Duration::from_secs(random.spread(1..=80_000)));
            if random.chance(800) {
                let crowd = u32::try_from(random.within(1..=MOST_IN_A_CROWD)).unwrap_or(1);
                acts.push(Act { at, what: What::Crowd(webhook, crowd) });
                at = at.plus(Duration::from_secs(1));
            }
        }
        if random.chance(200) {
            // Again: a double click, or a user without a response.
            let again = at.plus(Duration::from_millis(random.spread(1..=60_000)));
            acts.push(Act { at: again, what: what.clone() });
        }
        if let What::Disable(webhook) = what
            && random.chance(600)
        {
            let later = at.plus(Duration::from_secs(random.spread(1..=7200)));
            acts.push(Act { at: later, what: What::Enable(webhook) });
        }
        acts.push(Act { at, what });
    }
    acts
}

/// Erasures, in some of the runs.
pub(crate) fn erasures(random: &mut Random) -> Vec<Act> {
    let mut acts = Vec::new();
    if !random.chance(500) {
        return acts;
    }
    for _ in 0..random.within(1..=2) {
        let (at, number) = (moment(random, 20_000), random.next());
        if random.chance(250) {
            acts.push(Act { at, what: What::EraseResponses(number) });
            continue;
        }
        acts.push(Act { at, what: What::Erase(number) });
        // Just before or after, a user resends it.
        let about = Timestamp::from_millis(at.as_millis() - 500);
        let about = about.plus(Duration::from_millis(random.within(0..=1000))).max(START);
        let what = match random.within(0..=2) {
            0 => What::Retry(number),
            1 => What::Replay { webhook: 0, all: true, status: ReplayStatus::Failed },
            // Or the user erases it again.
            _ => What::Erase(number),
        };
        acts.push(Act { at: about, what });
    }
    acts
}

/// In a few runs failed deliveries are replayed when their rows are old, and again after the end of
/// their first retention.
pub(crate) fn late_replays(random: &mut Random) -> Vec<Act> {
    const DAY_SECONDS: u64 = 86_400;
    if !random.chance(60) {
        return Vec::new();
    }
    let days = [random.within(6..=7), random.within(10..=13)];
    let replay = |days: u64| Act {
        at: START.plus(Duration::from_secs(days * DAY_SECONDS)),
        what: What::Replay { webhook: 0, all: true, status: ReplayStatus::Failed },
    };
    days.into_iter().map(replay).collect()
}

/// In a few runs other deliveries take the next slots of rate limits between an attempt and its
/// retry. The retry then waits for its slot longer than until its check.
pub(crate) fn crowds_before_retries(
    random: &mut Random,
    webhooks: &mut [PlannedWebhook],
) -> Vec<Act> {
    if !random.chance(60) {
        return Vec::new();
    }
    let mut acts = Vec::new();
    for (place, planned) in webhooks.iter_mut().enumerate() {
        planned.retry_slowly();
        let at = START.plus(Duration::from_secs(random.within(1..=400)));
        let crowd = u32::try_from(MOST_IN_A_CROWD).unwrap_or(1);
        acts.push(Act { at, what: What::Crowd(place, crowd) });
    }
    acts
}

/// Requests to publish over HTTP. Some are repeated, some are concurrent.
pub(crate) fn publications(random: &mut Random) -> Vec<Act> {
    let mut acts = Vec::new();
    let count = if random.chance(750) { 0 } else { random.within(1..=2) };
    for number in 0..count {
        let what = What::Publish { number, events: random.spread(1..=12) };
        let mut at = moment(random, 3600);
        for _ in 0..random.within(1..=3) {
            acts.push(Act { at, what: what.clone() });
            at = at.plus(Duration::from_millis(random.spread(1..=100_000) - 1));
        }
    }
    acts
}

fn act(random: &mut Random, webhooks: usize) -> What {
    let last = webhooks.saturating_sub(1) as u64;
    let webhook = usize::try_from(random.within(0..=last)).unwrap_or(0);
    match random.within(0..=15) {
        0 => What::Disable(webhook),
        1 => What::Enable(webhook),
        2 => What::Delete(webhook),
        3 => What::Edit(webhook, None),
        4 => What::Edit(webhook, Some(retry_config(random))),
        5 => What::Test(webhook),
        6 => What::Limit(webhook, *random.pick(&[None, Some(1), Some(1000)])),
        7..=9 => {
            let success = random.chance(250);
            let status = if success { ReplayStatus::Success } else { ReplayStatus::Failed };
            What::Replay { webhook, all: random.chance(400), status }
        }
        10 | 11 => What::Cancel(random.next()),
        _ => What::Retry(random.next()),
    }
}

/// A time within this many seconds.
fn moment(random: &mut Random, seconds: u64) -> Timestamp {
    START.plus(Duration::from_millis(random.spread(1..=seconds * 1000)))
}
