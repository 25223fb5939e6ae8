//! A clock that stands still until a test moves it.

use grapnel_domain::{ports::Clock, time::Timestamp};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// Where a [`ManualClock`] begins: 2026-11-24T06:24:00.000Z, a whole minute.
pub const START: Timestamp = Timestamp::from_millis(1_795_501_440_000);

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_where_it_says_and_moves_only_when_told() {
        let clock = ManualClock::new();
        assert_eq!(clock.now().to_string(), "2026-11-24T06:24:00.000Z");
        let other = clock.clone();
        other.advance(Duration::from_millis(1500));
        assert_eq!(clock.now().to_string(), "2026-11-24T06:24:01.500Z");
    }
}
