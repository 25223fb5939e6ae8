//! Receivers: who is at the other end of a webhook, and how they behave.

use crate::{random::Random, task::millis};
use grapnel_domain::{
    outbound::{Answer, SendOutcome},
    time::Timestamp,
};
use grapnel_testing::clock::START;
use std::time::Duration;

/// A date that some receivers ask to be left alone until,
const SEVEN: &str = "Tue, 24 Nov 2026 07:00:00 GMT";
/// and the same as a time.
const SEVEN_O_CLOCK: Timestamp = Timestamp::from_millis(START.as_millis() + 36 * 60_000);

/// How a receiver behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Receiver {
    /// Always answers this.
    Answers(u16),
    /// Answers 503 until then.
    FailsUntil(Timestamp),
    /// Answers 500 so many times in a thousand.
    Flaps(u32),
    /// Does not answer within the time-out, until then.
    HangsUntil(Timestamp),
    /// Takes so many milliseconds, which may be more than it has.
    Slow(u64),
    /// Refuses connections so many times in a thousand.
    Unreachable(u32),
    /// Its name server does not answer, until then.
    ResolverSilentUntil(Timestamp),
    /// Answers 503 and asks to be left alone, so many times in a thousand.
    Busy(u32),
    /// Now this, now that.
    Moody,
    /// What is sent to it kills its function before it is sent, until then. It is a fault of ours,
    /// as a template can be that takes longer than a function may.
    KillsUntil(Timestamp),
}

/// What becomes of one request.
#[derive(Debug)]
pub(crate) struct Reaction {
    pub(crate) after: Duration,
    pub(crate) outcome: SendOutcome,
}

impl Receiver {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let until =
            |random: &mut Random| START.plus(Duration::from_secs(random.spread(1..=20_000)));
        match random.within(0..=16) {
            0..=3 => Self::Answers(*random.pick(&[200, 201, 204])),
            4 => Self::Answers(*random.pick(&[302, 404, 410, 500])),
            5..=6 => Self::FailsUntil(until(random)),
            7..=8 => Self::Flaps(*random.pick(&[100, 500, 800])),
            9 => Self::HangsUntil(until(random)),
            10 => Self::Slow(random.spread(10..=40_000)),
            11 => Self::Unreachable(*random.pick(&[300, 1000])),
            12 => {
                // Every half minute a message: long silences are for a few runs only.
                // After an hour it counts.
                let seconds = match random.chance(100) {
                    true => random.within(3600..=8000),
                    false => random.spread(1..=400),
                };
                Self::ResolverSilentUntil(START.plus(Duration::from_secs(seconds)))
            }
            13 => Self::Busy(*random.pick(&[300, 1000])),
            14 if random.chance(500) => Self::KillsUntil(until(random)),
            _ => Self::Moody,
        }
    }

    /// Whether a request that is made now kills its function.
    pub(crate) fn kills(self, now: Timestamp) -> bool {
        matches!(self, Self::KillsUntil(until) if now < until)
    }

    /// What becomes of a request that is made now.
    pub(crate) fn react(self, random: &mut Random, now: Timestamp, timeout: Duration) -> Reaction {
        let quick = millis(random.within(1..=300));
        let reaction = |after, outcome| Reaction { after, outcome };
        let answers = |status| reaction(quick, answered(status, None));
        let hangs = || {
            let error = format!("the receiver did not answer within {} s", timeout.as_secs());
            reaction(timeout, SendOutcome::Failed { error })
        };
        match self {
            Self::Answers(status) => answers(status),
            Self::FailsUntil(until) => answers(if now < until { 503 } else { 200 }),
            Self::Flaps(permille) => answers(if random.chance(permille) { 500 } else { 200 }),
            Self::HangsUntil(until) => {
                if now < until {
                    hangs()
                } else {
                    answers(200)
                }
            }
            Self::Slow(takes) if millis(takes) < timeout => {
                reaction(millis(takes), answered(200, None))
            }
            Self::Slow(_) => hangs(),
            Self::Unreachable(permille) if random.chance(permille) => {
                let error = "connection refused".to_owned();
                reaction(quick, SendOutcome::Failed { error })
            }
            Self::ResolverSilentUntil(until) if now < until => {
                let error = "timed out".to_owned();
                reaction(quick, SendOutcome::ResolverUnavailable { error })
            }
            Self::Unreachable(_) | Self::ResolverSilentUntil(_) | Self::KillsUntil(_) => {
                answers(200)
            }
            Self::Busy(permille) if random.chance(permille) => {
                reaction(quick, answered(503, Some(retry_after(random))))
            }
            Self::Busy(_) => answers(200),
            Self::Moody => {
                // Never silent for long, or moody itself.
                let mood = [
                    Self::Answers(200),
                    Self::Answers(500),
                    Self::HangsUntil(now.plus(millis(1))),
                    Self::Slow(20_000),
                    Self::Unreachable(1000),
                    Self::ResolverSilentUntil(now.plus(millis(1))),
                    Self::Busy(1000),
                ];
                random.pick(&mood).react(random, now, timeout)
            }
        }
    }
}

fn answered(status: u16, retry_after: Option<String>) -> SendOutcome {
    SendOutcome::Answered(Answer {
        status,
        body: "so be it".into(),
        truncated: false,
        retry_after,
        webhook_delivery: None,
        location: None,
        remark: None,
    })
}

fn retry_after(random: &mut Random) -> String {
    match random.within(0..=5) {
        0 => "soon".into(),
        1 => "-5".into(),
        2 => SEVEN.into(),
        // Nobody waits for longer than a day.
        3 => "400000".into(),
        _ => random.spread(1..=20_000).to_string(),
    }
}

/// What a receiver asked for by `Retry-After`: to be left alone for so long, or until then.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish {
    pub(crate) delay: Duration,
    pub(crate) until: Option<Timestamp>,
}

impl Wish {
    /// The wish that an answer holds. What is no number and no date is none.
    pub(crate) fn of(outcome: &SendOutcome) -> Self {
        match outcome {
            SendOutcome::Answered(Answer { retry_after: Some(text), .. }) if text == SEVEN => {
                Self { until: Some(SEVEN_O_CLOCK), ..Self::default() }
            }
            SendOutcome::Answered(Answer { retry_after: Some(text), .. }) => Self {
                delay: text.parse().map(Duration::from_secs).unwrap_or_default(),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}
