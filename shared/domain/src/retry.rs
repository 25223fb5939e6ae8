//! When to try again: a webhook's retry configuration and the delay that it asks for.
//! What happens after an attempt is decided in [`next`].

pub mod next;

use grapnel_wire::limits::{ATTEMPTS_DEFAULT, DELAYS_DEFAULT, TIMEOUT_SECONDS_DEFAULT};
pub use grapnel_wire::retry_after as after;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Bounds of a retry schedule.
pub mod bounds {
    pub use grapnel_wire::limits::TIMEOUT_SECONDS;

    /// Days of the retention that a schedule must leave free.
    pub const RETENTION_MARGIN_DAYS: u32 = 7;
}

/// A webhook's `retryConfig`, already within [`bounds`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryConfig {
    /// Attempts in all, 1–20.
    pub max_attempts: u32,
    /// Seconds that the receiver has to answer, 1–30.
    pub timeout_seconds: u32,
    /// The delays between attempts.
    #[serde(flatten)]
    pub schedule: Schedule,
}

/// How the delays are given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Schedule {
    /// A list, in seconds; the last one repeats. Never empty.
    DelaysSeconds(Vec<u32>),
    /// Growing delays.
    Backoff(Backoff),
}

/// Exponential delays: `initialSeconds × multiplierⁿ`, at most `maxSeconds`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// The first delay, in seconds.
    pub initial_seconds: u32,
    /// The factor from one delay to the next, 1–10.
    pub multiplier: f64,
    /// The longest delay, in seconds.
    pub max_seconds: u32,
}

impl Default for RetryConfig {
    /// Five attempts: at once, then after 1 minute, 5 minutes, 30 minutes and 2 hours.
    fn default() -> Self {
        Self {
            max_attempts: ATTEMPTS_DEFAULT,
            timeout_seconds: TIMEOUT_SECONDS_DEFAULT,
            schedule: Schedule::DelaysSeconds(DELAYS_DEFAULT.to_vec()),
        }
    }
}

impl RetryConfig {
    /// The configured delay, in seconds, before the attempt at this place of the schedule (2 is the
    /// first that has one; for 0 and 1 it is zero). A replay restarts the schedule.
    #[must_use]
    pub fn delay_before(&self, place: u32) -> u32 {
        let Some(index) = place.checked_sub(2) else { return 0 };
        match &self.schedule {
            Schedule::DelaysSeconds(list) => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                list.get(index).or(list.last()).copied().unwrap_or(0)
            }
            Schedule::Backoff(backoff) => backoff.delay(index),
        }
    }

    /// The whole schedule at its longest: every delay, lengthened by the most jitter.
    #[must_use]
    pub fn longest_total(&self) -> Duration {
        let configured: u64 =
            (2..=self.max_attempts).map(|n| u64::from(self.delay_before(n))).sum();
        Duration::from_secs(configured + configured.div_ceil(10))
    }

    /// The receiver's time limit.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.timeout_seconds))
    }
}

impl Backoff {
    /// The delay number `index`, counted from 0, in seconds.
    fn delay(&self, index: u32) -> u32 {
        let exponent = i32::try_from(index).unwrap_or(i32::MAX);
        let grown = f64::from(self.initial_seconds) * self.multiplier.powi(exponent);
        // Rounded up: a fraction of a second must not make a delay shorter than configured. An
        // overflow to infinity is cut by the same `min`.
        let bounded = grown.ceil().min(f64::from(self.max_seconds));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and max_seconds, a u32"
        )]
        let seconds = bounded as u32;
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_published_schedule() {
        let config = RetryConfig::default();
        let delays: Vec<u32> = (1..=5).map(|n| config.delay_before(n)).collect();
        assert_eq!(delays, [0, 60, 300, 1800, 7200]);
    }

    #[test]
    fn the_last_delay_of_a_list_repeats() {
        let config = RetryConfig {
            max_attempts: 20,
            schedule: Schedule::DelaysSeconds(vec![3, 9]),
            ..RetryConfig::default()
        };
        assert_eq!((2..=6).map(|n| config.delay_before(n)).collect::<Vec<_>>(), [3, 9, 9, 9, 9]);
    }

    #[test]
    fn backoff_grows_to_its_maximum_and_stays() {
        let backoff = Backoff { initial_seconds: 30, multiplier: 2.0, max_seconds: 100 };
        let config = RetryConfig { schedule: Schedule::Backoff(backoff), ..Default::default() };
        assert_eq!(
            (2..=6).map(|n| config.delay_before(n)).collect::<Vec<_>>(),
            [30, 60, 100, 100, 100]
        );
        assert_eq!(config.delay_before(u32::MAX), 100);
    }

    #[test]
    fn its_json_is_the_published_one() {
        let json = serde_json::to_string(&RetryConfig::default()).expect("serialises");
        assert_eq!(
            json,
            r#"{"maxAttempts":5,"timeoutSeconds":10,"delaysSeconds":[60,300,1800,7200]}"#
        );
        let text = r#"{"maxAttempts":5,"timeoutSeconds":10,"backoff":{"initialSeconds":30,"multiplier":2.0,"maxSeconds":36000}}"#;
        let config: RetryConfig = serde_json::from_str(text).expect("parses");
        assert_eq!(serde_json::to_string(&config).expect("serialises"), text);
    }
}
