//! The two ways to wait: how long a queue can delay a message, and how early a shared wait is recorded.

use std::time::Duration;

/// A shared wait must be recorded this long before its minute strikes.
pub const MINUTE_MARGIN: Duration = Duration::from_secs(30);

/// Maximum delay of a message in SQS, in seconds.
pub const SQS_MAX_DELAY_SECONDS: u16 = 900;

/// A delay that SQS accepts: 0–900 s. Emulators accept more, so this type enforces the limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueDelay(u16);

impl QueueDelay {
    pub const NONE: Self = Self(0);

    /// The delay nearest to `seconds` that SQS accepts, never longer than requested.
    #[must_use]
    pub fn at_most(seconds: u64) -> Self {
        Self(u16::try_from(seconds).unwrap_or(u16::MAX).min(SQS_MAX_DELAY_SECONDS))
    }

    #[must_use]
    pub const fn seconds(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_within_what_sqs_takes() {
        assert_eq!(QueueDelay::at_most(10).seconds(), 10);
        assert_eq!(QueueDelay::at_most(90_000).seconds(), 900);
    }
}
