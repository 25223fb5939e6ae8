//! How badly AWS behaves in a run.

use crate::random::Random;
use grapnel_domain::{
    ids::{UserId, WebhookId},
    time::Timestamp,
};
use grapnel_testing::clock::START;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// The longest lag of a read in any run. Normally an index follows within a second; AWS promises
/// nothing. An execution looks for the second time three minutes after its minute, and a row that
/// was recorded after that minute does not rely on it: with this lag, two looks find every
/// delivery, and one look does not.
const LONGEST_LAG_MILLIS: u64 = 170_000;

/// A part of AWS, which can fail as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Tables,
    Queues,
    Waits,
    /// Lambda: no function can be invoked, so received messages are not processed.
    Functions,
}

/// A period in which a part of AWS does not respond.
#[derive(Debug)]
pub(crate) struct Outage {
    pub(crate) parts: &'static [Part],
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// The target of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A delivery of this webhook: one partition of the deliveries table.
    Delivery(WebhookId),
    /// An event of the user with this hash: one partition of the events table.
    Event(u64),
    /// Another row in this part.
    Other(Part),
}

impl Target {
    pub(crate) fn event_of(user: &UserId) -> Self {
        let mut hasher = DefaultHasher::new();
        user.hash(&mut hasher);
        Self::Event(hasher.finish())
    }

    pub(crate) const fn part(self) -> Part {
        match self {
            Self::Delivery(_) | Self::Event(_) => Part::Tables,
            Self::Other(part) => part,
        }
    }
}

impl From<Part> for Target {
    fn from(part: Part) -> Self {
        Self::Other(part)
    }
}

/// A period in which writes are throttled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wave {
    pub(crate) reach: Reach,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// The throttled writes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reach {
    EveryTable,
    Deliveries,
    /// One partition of the deliveries table.
    Webhook(WebhookId),
}

impl Wave {
    /// Waves that begin soon after one of these times, when there is something to throttle.
    pub(super) fn draw_some(
        random: &mut Random,
        times: &[Timestamp],
        webhooks: &[WebhookId],
    ) -> Vec<Self> {
        if times.is_empty() || webhooks.is_empty() || !random.chance(250) {
            return Vec::new();
        }
        let count = random.within(1..=4);
        let draw = |_| {
            let reach = match random.within(0..=2) {
                0 => Reach::EveryTable,
                1 => Reach::Deliveries,
                _ => Reach::Webhook(*random.pick(webhooks)),
            };
            let from = random.pick(times).plus(Duration::from_millis(random.within(0..=5_000)));
            let until = from.plus(Duration::from_millis(random.spread(1_000..=60_000)));
            Self { reach, from, until }
        };
        (0..count).map(draw).collect()
    }

    fn reaches(&self, target: Target, now: Timestamp) -> bool {
        let within = match (self.reach, target) {
            (Reach::EveryTable, target) => target.part() == Part::Tables,
            (Reach::Deliveries, target) => matches!(target, Target::Delivery(_)),
            (Reach::Webhook(webhook), target) => target == Target::Delivery(webhook),
        };
        within && (self.from..self.until).contains(&now)
    }
}

/// How often, per thousand chances, each fault happens.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) throttled: u32,
    pub(crate) request_lost: u32,
    pub(crate) answer_lost: u32,
    pub(crate) late_effect: u32,
    pub(crate) repeated: u32,
    pub(crate) slow: u32,
    /// An entry of a batch fails alone.
    pub(crate) partial: u32,
    /// A function dies, at each of its waits.
    pub(crate) killed: u32,
    /// A function is paused for a while, at each of its waits.
    pub(crate) stalled: u32,
    pub(crate) duplicated: u32,
    pub(crate) reordered: u32,
    pub(crate) acknowledgement_lost: u32,
    pub(crate) lagging: u32,
    pub(crate) late_execution: u32,
    /// An execution is stopped early.
    pub(crate) stopped: u32,
    /// The longest lag of an eventually consistent read.
    pub(crate) longest_lag: Duration,
    /// The maximum number of faults; after that, everything works.
    pub(crate) budget: u32,
    pub(crate) outages: Vec<Outage>,
    pub(crate) waves: Vec<Wave>,
    /// How many writes a second a partition of the deliveries table takes; `None` for any number.
    pub(crate) writes_per_partition: Option<u32>,
}

impl Faults {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Each kind of fault is absent from half of the runs, because one fault may hide another's
    /// effect.
    pub(crate) fn draw(random: &mut Random) -> Self {
        const RATES: [u32; 8] = [0, 0, 0, 0, 5, 20, 60, 150];
        const RARER: [u32; 8] = [0, 0, 0, 3, 10, 20, 50, 100];
        let outages = if random.chance(250) { vec![Outage::draw(random)] } else { Vec::new() };
        let longest_lag = *random.pick(&[500, 3_000, 10_000, LONGEST_LAG_MILLIS]);
        Self {
            throttled: *random.pick(&RATES),
            request_lost: *random.pick(&RATES),
            answer_lost: *random.pick(&RATES),
            late_effect: *random.pick(&RATES),
            repeated: *random.pick(&RATES),
            slow: *random.pick(&RATES),
            partial: *random.pick(&RATES),
            killed: *random.pick(&RARER),
            stalled: *random.pick(&RARER),
            duplicated: *random.pick(&RATES),
            reordered: *random.pick(&[0, 0, 100, 300]),
            acknowledgement_lost: *random.pick(&RARER),
            lagging: *random.pick(&[0, 100, 500, 900]),
            late_execution: *random.pick(&[0, 100, 500]),
            stopped: *random.aside().pick(&[0, 0, 0, 100, 300]),
            longest_lag: Duration::from_millis(longest_lag),
            budget: u32::try_from(random.spread(2..=60)).unwrap_or(2),
            outages,
            waves: Vec::new(),
            writes_per_partition: None,
        }
    }

    /// Functions are paused often, mostly before they record.
    pub(crate) fn stall(&mut self) {
        self.stalled = 100;
        self.killed = 0;
    }

    /// Whether this part does not respond now.
    pub(crate) fn outage(&self, part: Part, now: Timestamp) -> bool {
        let reaches = |outage: &Outage| {
            outage.parts.contains(&part) && (outage.from..outage.until).contains(&now)
        };
        self.outages.iter().any(reaches)
    }

    /// Whether a write is throttled now.
    pub(crate) fn wave(&self, target: Target, now: Timestamp) -> bool {
        self.waves.iter().any(|wave| wave.reaches(target, now))
    }

    /// When the last outage and the last wave have ended.
    pub(crate) fn all_well_from(&self) -> Timestamp {
        let outages = self.outages.iter().map(|outage| outage.until);
        outages.chain(self.waves.iter().map(|wave| wave.until)).max().unwrap_or(START)
    }
}

impl Outage {
    fn draw(random: &mut Random) -> Self {
        let parts: [&'static [Part]; 6] = [
            &[Part::Functions],
            &[Part::Tables],
            &[Part::Queues],
            &[Part::Waits],
            &[Part::Tables, Part::Waits],
            &[Part::Tables, Part::Queues, Part::Waits],
        ];
        let from = START.plus(Duration::from_secs(random.spread(1..=7200)));
        let until = from.plus(Duration::from_secs(random.spread(10..=10_800)));
        Self { parts: *random.pick::<&'static [Part]>(&parts), from, until }
    }
}
