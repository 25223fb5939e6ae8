//! A clock that stands still until a test moves it, and the times of a deployment.

use grapnel_domain::{ports::Clock, time::Timestamp, time_budget::TimeBudget};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// When rows of tests on a real table may be dropped: in 2100, so that no time-to-live gets in the way.
pub const NEVER: Timestamp = Timestamp::from_millis(4_102_444_800_000);

/// Where a [`ManualClock`] begins: 2026-11-24T06:24:00.000Z, a whole minute.
pub const START: Timestamp = Timestamp::from_millis(1_795_501_440_000);

/// How the delivery function divides its time, as the template sets it.
pub const TIME_BUDGET: TimeBudget = TimeBudget {
    function_timeout: Duration::from_secs(70),
    longest_request: Duration::from_secs(30),
    record_retries: Duration::from_secs(20),
};

/// How long the queues hide a message that was received, as the template sets it.
pub const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(420);

/// A clock under the test's control. Clones tell the same time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    millis: Arc<AtomicI64>,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self { millis: Arc::new(AtomicI64::new(START.as_millis())) }
    }
}

impl ManualClock {
    /// A clock at [`START`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }

    /// Sets it, also back.
    pub fn set(&self, now: Timestamp) {
        self.millis.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }

    /// Moves the clock on by the longest pause, so that a caller who waits for a time to pass sees
    /// it pass.
    async fn pause(&self, longest: Duration) {
        tokio::task::yield_now().await;
        self.advance(longest);
    }

    /// Lets other work have a turn for each millisecond, then moves the clock on by this time.
    async fn wait(&self, time: Duration) {
        for _ in 0..time.as_millis() {
            tokio::task::yield_now().await;
        }
        self.advance(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    /// The default of a parameter, in seconds.
    fn default_of(parameter: &str) -> Option<Duration> {
        let (_, parameters) = TEMPLATE.split_once("\nParameters:\n")?;
        let (_, rest) = parameters.split_once(&format!("\n  {parameter}:\n"))?;
        let (_, value) = rest.split_once("    Default: ")?;
        value.lines().next()?.parse().ok().map(Duration::from_secs)
    }

    #[test]
    fn the_times_are_those_of_the_template() {
        let TimeBudget { function_timeout, longest_request, record_retries } = TIME_BUDGET;
        assert_eq!(default_of("FunctionTimeoutSeconds"), Some(function_timeout));
        assert_eq!(default_of("LongestRequestSeconds"), Some(longest_request));
        assert_eq!(default_of("RecordRetrySeconds"), Some(record_retries));
        assert_eq!(default_of("VisibilityTimeoutSeconds"), Some(VISIBILITY_TIMEOUT));
        assert!(function_timeout >= TIME_BUDGET.shortest_function_timeout());
        assert!(VISIBILITY_TIMEOUT >= function_timeout * 6);
    }

    #[test]
    fn it_begins_where_it_says_and_moves_only_when_told() {
        let clock = ManualClock::new();
        assert_eq!(clock.now().to_string(), "2026-11-24T06:24:00.000Z");
        let other = clock.clone();
        other.advance(Duration::from_millis(1500));
        assert_eq!(clock.now().to_string(), "2026-11-24T06:24:01.500Z");
    }
}
