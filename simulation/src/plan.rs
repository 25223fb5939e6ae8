//! The content of a run, drawn from its seed before the run begins.

mod faults;
mod traffic;

pub(crate) use faults::{Faults, Outage, Part, Reach, Target, Wave};
pub(crate) use traffic::{Act, PlannedEvent, PlannedWebhook, What, url};

use crate::{
    intake::{Grouping, Intake, Mapping},
    random::Random,
    receiver::Receiver,
};
use grapnel_domain::{
    delay::QueueDelay, event::Retention, health::CircuitRules, ids::WebhookId, release::PAGE_ROWS,
    time::Timestamp, time_budget::TimeBudget,
};
use grapnel_testing::{
    clock::{START, TIME_BUDGET, VISIBILITY_TIMEOUT},
    memory::MAX_RECEIVES,
};
use std::time::Duration;
use uuid::Builder;

/// The id of a webhook of a scenario.
pub(crate) fn webhook_id(number: u8) -> WebhookId {
    let tail = [1, 1, 1, 1, 1, 1, 1, 1, 1, number];
    WebhookId::from_uuid(Builder::from_unix_timestamp_millis(1, &tail).into_uuid())
}

/// Maximum number of steps of a drawn run. The longest have a few thousand.
pub(crate) const MOST_STEPS: u64 = 100_000;

/// A run.
#[derive(Debug)]
pub(crate) struct Plan {
    /// There are no faults and no user actions outside the schedule: the results are known exactly.
    pub(crate) smooth: bool,
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) webhooks: Vec<PlannedWebhook>,
    pub(crate) events: Vec<PlannedEvent>,
    pub(crate) acts: Vec<Act>,
    /// A user whose events kill the function that fans them out.
    pub(crate) lethal: Option<Lethal>,
    /// When the run ends in any case; `None` if it ends when nothing is left to do.
    pub(crate) until: Option<Timestamp>,
    /// After this many steps a run should have ended.
    pub(crate) most_steps: u64,
}

/// A user whose events kill the ingest function, for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lethal {
    pub(crate) user: &'static str,
    pub(crate) until: Timestamp,
}

/// The settings of a deployment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) retention: Retention,
    pub(crate) longest_queue_delay: QueueDelay,
    /// Time limits of a function and of its steps.
    pub(crate) time_budget: TimeBudget,
    pub(crate) visibility_timeout: Duration,
    /// How often a queue delivers a message before it becomes a dead letter.
    pub(crate) max_receives: u32,
    /// When circuit breakers open.
    pub(crate) circuit: CircuitRules,
    /// Rows of a page of the `waiting` index.
    pub(crate) waiting_page: usize,
    /// Rows of a page of settled deliveries.
    pub(crate) settled_page: usize,
    /// How functions get their messages.
    pub(crate) intake: Intake,
}

impl Plan {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let smooth = random.chance(60);
        let mut settings = Settings::draw(random, smooth);
        let mut faults = if smooth { Faults::none() } else { Faults::draw(random) };
        let mut webhooks = traffic::webhooks(random, smooth);
        // A record after the minute for which it waits is rare. Some runs make it frequent.
        if !smooth && random.chance(80) {
            settings.time_budget.function_timeout = Duration::from_secs(300);
            settings.longest_queue_delay = QueueDelay::at_most(20);
            faults.stall();
            webhooks.iter_mut().for_each(PlannedWebhook::retry_in_half_a_minute);
        }
        let events = traffic::events(random, smooth);
        let mut acts = if smooth { Vec::new() } else { traffic::acts(random, webhooks.len()) };
        if !smooth {
            acts.extend(traffic::erasures(&mut random.aside()));
            acts.extend(traffic::late_replays(&mut random.aside().aside()));
            let beside = &mut random.aside().aside().aside();
            acts.extend(traffic::crowds_before_retries(beside, &mut webhooks));
            // Drawn from separate random numbers, so that the rest of the plan does not depend on
            // them.
            acts.extend(traffic::publications(&mut Random::new(!random.clone().next())));
        }
        if !smooth {
            let times: Vec<Timestamp> =
                events.iter().flat_map(|event| event.puts.iter().copied()).collect();
            let ids: Vec<WebhookId> = webhooks.iter().map(|planned| planned.webhook.id).collect();
            faults.waves = Wave::draw_some(&mut random.aside().aside(), &times, &ids);
        }
        Self {
            smooth,
            settings,
            faults,
            webhooks,
            events,
            acts,
            lethal: Lethal::draw(&mut random.aside()).filter(|_| !smooth),
            until: None,
            most_steps: MOST_STEPS,
        }
    }

    /// After this time there are no planned faults.
    pub(crate) fn all_well_from(&self) -> Timestamp {
        let receivers = self.webhooks.iter().filter_map(|planned| match planned.receiver {
            Receiver::KillsUntil(until) => Some(until),
            _ => None,
        });
        let lethal = self.lethal.map(|lethal| lethal.until);
        receivers.chain(lethal).fold(self.faults.all_well_from(), Timestamp::max)
    }
}

impl Lethal {
    fn draw(random: &mut Random) -> Option<Self> {
        let user = traffic::USERS[1];
        let until = START.plus(Duration::from_secs(random.spread(1..=20_000)));
        random.chance(50).then_some(Self { user, until })
    }
}

impl Settings {
    /// The template's settings, with these groups.
    pub(crate) fn of_template(grouping: Grouping) -> Self {
        Self {
            retention: Retention { days: 30 },
            longest_queue_delay: QueueDelay::at_most(900),
            time_budget: TIME_BUDGET,
            visibility_timeout: VISIBILITY_TIMEOUT,
            max_receives: MAX_RECEIVES,
            circuit: CircuitRules { failures: 10, first_interval: Duration::from_secs(60) },
            waiting_page: PAGE_ROWS.into(),
            settled_page: 100,
            intake: Intake::Mapped(Mapping::of_template(grouping)),
        }
    }

    fn draw(random: &mut Random, smooth: bool) -> Self {
        // If it is shorter than the functions' timeout, messages are received again while they are
        // being processed.
        let visibility: &[u64] = if smooth { &[120, 360] } else { &[30, 45, 90, 120, 360, 360] };
        Self {
            retention: Retention { days: *random.pick(&[8, 30]) },
            longest_queue_delay: QueueDelay::at_most(*random.pick(&[0, 20, 60, 300, 900, 900])),
            time_budget: TIME_BUDGET,
            visibility_timeout: Duration::from_secs(*random.pick(visibility)),
            // A small limit in some runs, so that they have dead letters.
            max_receives: *random.pick(&[10, MAX_RECEIVES]),
            circuit: CircuitRules {
                // Without faults, the number of messages is known exactly. Circuit breakers would
                // make it inexact, because a release and a probe may coincide.
                failures: if smooth { 1_000_000 } else { *random.pick(&[1, 2, 3, 10]) },
                first_interval: Duration::from_secs(*random.pick(&[5, 60, 60, 600])),
            },
            waiting_page: *random.pick(&[1, 2, 3, PAGE_ROWS.into()]),
            settled_page: *random.pick(&[1, 1, 2, 100]),
            intake: Intake::Erratic,
        }
    }
}
