//! The number of an attempt.

use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU32};

/// The number of an attempt among all of its delivery, 1 for the first. There is no attempt 0.
///
/// It counts every attempt. Its place in a retry schedule is another number: a replay restarts the
/// schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptNumber(NonZeroU32);

impl AttemptNumber {
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The number of the attempt that follows this many attempts.
    #[must_use]
    pub fn after(attempts: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(attempts))
    }

    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self::after(self.get())
    }

    /// The number of attempts before it, which is also its position in the list of attempts.
    #[must_use]
    pub fn attempts_before(self) -> u32 {
        self.get() - 1
    }

    /// Whether it is one of the first `attempts` attempts.
    #[must_use]
    pub fn is_among(self, attempts: u32) -> bool {
        self.get() <= attempts
    }
}

impl fmt::Display for AttemptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_attempt_has_the_number_zero() {
        assert_eq!(AttemptNumber::new(0), None);
        assert!(serde_json::from_str::<AttemptNumber>("0").is_err());
        assert_eq!(AttemptNumber::after(0), AttemptNumber::FIRST);
    }

    #[test]
    fn its_json_is_a_plain_number() {
        assert_eq!(serde_json::to_string(&AttemptNumber::after(6)).expect("written"), "7");
        assert_eq!(serde_json::from_str::<AttemptNumber>("7").ok(), AttemptNumber::new(7));
    }

    #[test]
    fn numbers_count_up_and_stop_at_the_largest() {
        assert_eq!(AttemptNumber::FIRST.next().get(), 2);
        assert_eq!(AttemptNumber::FIRST.attempts_before(), 0);
        assert_eq!(AttemptNumber::after(u32::MAX).next().get(), u32::MAX);
        assert!(AttemptNumber::after(1).is_among(2) && !AttemptNumber::after(2).is_among(2));
    }
}
