//! Receivers and their behaviour.

use crate::{random::Random, task::millis};
use grapnel_domain::{
    outbound::{Answer, SendOutcome},
    time::Timestamp,
};
use grapnel_testing::clock::START;
use std::time::Duration;

/// The date in the `Retry-After` of some receivers.
const SEVEN: &str = "Tue, 24 Nov 2026 07:00:00 GMT";
/// The same date as a time.
const SEVEN_O_CLOCK: Timestamp = Timestamp::from_millis(START.as_millis() + 36 * 60_000);

/// How a receiver behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Receiver {
    /// Always answers this.
    Answers(u16),
    /// Answers 503 until this time.
    FailsUntil(Timestamp),
    /// Answers 500 this many times in a thousand.
    Flaps(u32),
    /// Does not answer within the time limit, until this time.
    HangsUntil(Timestamp),
    /// Takes this many milliseconds, which may exceed its time limit.
    Slow(u64),
    /// Refuses connections this many times in a thousand.
    Unreachable(u32),
    /// Its name server does not answer, until this time.
    ResolverSilentUntil(Timestamp),
    /// Answers 503 with a `Retry-After`, this many times in a thousand.
    Busy(u32),
    /// Behaves differently each time.
    Moody,
    /// A request to it kills its function before it is sent, until this time. This simulates a
    /// fault of ours, such as a template that takes longer than the function's timeout.
    KillsUntil(Timestamp),
}

/// The outcome of one request.
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
            4 => Self::Answers(*random.pick(&[302, 404, 410, 422, 500])),
            5..=6 => Self::FailsUntil(until(random)),
            7..=8 => Self::Flaps(*random.pick(&[100, 500, 800])),
            9 => Self::HangsUntil(until(random)),
            10 => Self::Slow(random.spread(10..=40_000)),
            11 => Self::Unreachable(*random.pick(&[300, 1000])),
            12 => {
                // A message every half minute: long silences are only for a few runs. After an hour
                // it counts as a failed attempt.
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

    /// Whether a request at this time kills its function.
    pub(crate) fn kills(self, now: Timestamp) -> bool {
        matches!(self, Self::KillsUntil(until) if now < until)
    }

    /// The outcome of a request at this time.
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
                // Only an endpoint that answers now and then has connections to keep.
                let outcome = if permille < 1000 && random.chance(300) {
                    SendOutcome::ConnectionLost { error: "a kept connection broke".to_owned() }
                } else {
                    SendOutcome::Failed { error: "connection refused".to_owned() }
                };
                reaction(quick, outcome)
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
                // Not silent for long, and not moody itself.
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
        // No wait is longer than a day.
        3 => "400000".into(),
        _ => random.spread(1..=20_000).to_string(),
    }
}

/// A receiver's `Retry-After`: a duration or a time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish {
    pub(crate) delay: Duration,
    pub(crate) until: Option<Timestamp>,
}

impl Wish {
    /// The wish in an answer. A value that is neither a number nor a date is ignored.
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
