//! How badly AWS behaves in a run.

use crate::random::Random;
use grapnel_domain::time::Timestamp;
use grapnel_testing::clock::START;
use std::time::Duration;

/// The longest that a read lags in any run. In normal times an index follows within a second; AWS
/// promises nothing. An execution looks for the second time three minutes after the minute that it
/// waits for, and nobody relies on it whose row was recorded after that minute: so far behind, two
/// looks still see everybody, and one does not.
const LONGEST_LAG_MILLIS: u64 = 170_000;

/// A part of AWS, which fails as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Tables,
    Queues,
    Waits,
    /// Lambda, of which no function is to be had: whoever polls a queue receives in vain.
    Functions,
}

/// A time in which a part of AWS answers nobody.
#[derive(Debug)]
pub(crate) struct Outage {
    pub(crate) parts: &'static [Part],
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// How often, in a thousand chances, each thing goes wrong.
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
    /// A function dies, each time that it waited for something.
    pub(crate) killed: u32,
    /// A function stands still for a while, likewise.
    pub(crate) stalled: u32,
    pub(crate) duplicated: u32,
    pub(crate) reordered: u32,
    pub(crate) acknowledgement_lost: u32,
    pub(crate) lagging: u32,
    pub(crate) late_execution: u32,
    pub(crate) release_repeated: u32,
    /// How far an eventually consistent read may be behind.
    pub(crate) longest_lag: Duration,
    /// How many things go wrong; after that, everything works.
    pub(crate) budget: u32,
    pub(crate) outages: Vec<Outage>,
}

impl Faults {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Each kind of fault is left out of half of the runs: what hides behind one shows without it.
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
            release_repeated: *random.pick(&[0, 0, 100, 300]),
            longest_lag: Duration::from_millis(longest_lag),
            budget: u32::try_from(random.spread(2..=60)).unwrap_or(2),
            outages,
        }
    }

    /// Functions stand still again and again, above all before they record.
    pub(crate) fn stall(&mut self) {
        self.stalled = 100;
        self.killed = 0;
    }

    /// Whether this part answers nobody now.
    pub(crate) fn outage(&self, part: Part, now: Timestamp) -> bool {
        let reaches = |outage: &Outage| {
            outage.parts.contains(&part) && (outage.from..outage.until).contains(&now)
        };
        self.outages.iter().any(reaches)
    }

    /// When the last outage is over.
    pub(crate) fn all_well_from(&self) -> Timestamp {
        self.outages.iter().map(|outage| outage.until).max().unwrap_or(START)
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
