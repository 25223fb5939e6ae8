//! The executions that this instance knows to be running.

use grapnel_domain::time::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Maximum number of names. Without memory for a name, a call to AWS is made.
const MOST_NAMES: usize = 10_000;

/// Names of executions, each until its minute.
#[derive(Debug, Default)]
pub(super) struct Started {
    until: Mutex<HashMap<String, Timestamp>>,
}

impl Started {
    /// Whether this execution is known to be still waiting.
    pub(super) fn knows(&self, name: &str, now: Timestamp) -> bool {
        self.names().get(name).is_some_and(|until| now < *until)
    }

    /// Remembers an execution until `until`.
    pub(super) fn remember(&self, name: String, until: Timestamp, now: Timestamp) {
        let mut names = self.names();
        if names.len() >= MOST_NAMES {
            names.retain(|_, until| now < *until);
        }
        if names.len() < MOST_NAMES && now < until {
            names.insert(name, until);
        }
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, Timestamp>> {
        // A panic elsewhere leaves the map valid: no operation here can stop half-way.
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_name_is_known_until_its_minute_strikes() {
        let started = Started::default();
        assert!(!started.knows("a", at(0)));
        started.remember("a".into(), at(60_000), at(0));
        assert!(started.knows("a", at(59_999)));
        assert!(!started.knows("a", at(60_000)));
    }

    #[test]
    fn what_is_past_is_not_remembered() {
        let started = Started::default();
        started.remember("a".into(), at(60_000), at(60_000));
        assert!(!started.knows("a", at(0)));
    }

    #[test]
    fn memory_is_bounded_and_makes_room_when_minutes_strike() {
        let started = Started::default();
        for number in 0..MOST_NAMES {
            started.remember(number.to_string(), at(60_000), at(0));
        }
        started.remember("late".into(), at(120_000), at(59_999));
        assert!(!started.knows("late", at(59_999)));
        started.remember("later".into(), at(120_000), at(60_000));
        assert!(started.knows("later", at(60_000)));
        assert_eq!(started.names().len(), 1);
    }
}
