//! How the delivery function divides the time of one invocation, so that no request is sent without
//! time to record its outcome.
//!
//! One invocation has, in this order: the steps before a request ([`BEFORE_REQUEST`]), the request
//! (at most [`TimeBudget::longest_request`]), its record, which is retried for
//! [`TimeBudget::record_retries`], and all steps after the record ([`AFTER_RECORD`]).

use crate::time::Timestamp;
use std::time::Duration;

/// Time for the steps before a request. They take milliseconds unless AWS is slow. A request
/// without enough time is not begun, and its message is received again.
pub const BEFORE_REQUEST: Duration = Duration::from_secs(5);

/// Time limit of one try of a record. DynamoDB answers in milliseconds.
pub const RECORD_TRY: Duration = Duration::from_secs(2);

/// Time for the steps after a record: schedule the next attempt, write the endpoint's health,
/// answer Lambda.
pub const AFTER_RECORD: Duration = Duration::from_secs(8);

/// The time limits of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBudget {
    /// Lambda stops an invocation after this time.
    pub function_timeout: Duration,
    /// The longest time limit of a request.
    pub longest_request: Duration,
    /// How long a record is retried while DynamoDB throttles it or does not answer.
    pub record_retries: Duration,
}

/// When Lambda stops an invocation that begins `now`. `announced` is the runtime's value; a local
/// runtime may announce an impossible one.
#[must_use]
pub fn deadline(announced: Timestamp, now: Timestamp, function_timeout: Duration) -> Timestamp {
    let latest = now.plus(function_timeout);
    if (now..=latest).contains(&announced) { announced } else { latest }
}

impl TimeBudget {
    /// The shortest function timeout with time for all steps.
    #[must_use]
    pub fn shortest_function_timeout(&self) -> Duration {
        BEFORE_REQUEST + self.longest_request + self.after_request()
    }

    /// When Lambda stops the invocation that begins `now`. `announced` is the runtime's value. A
    /// local runtime may announce a time in 1970: a time that is past, or later than the function
    /// timeout allows, is ignored.
    #[must_use]
    pub fn deadline(&self, announced: Timestamp, now: Timestamp) -> Timestamp {
        deadline(announced, now, self.function_timeout)
    }

    /// Whether a request with this time limit can begin `now`: there must be time for its record,
    /// even while DynamoDB throttles.
    #[must_use]
    pub fn has_time_for(&self, limit: Duration, now: Timestamp, deadline: Timestamp) -> bool {
        now.plus(limit + self.after_request()) <= deadline
    }

    /// The last moment at which a record that is first tried `now` may be tried again.
    #[must_use]
    pub fn last_record_try(&self, now: Timestamp, deadline: Timestamp) -> Timestamp {
        let kept_free = RECORD_TRY + AFTER_RECORD;
        let latest = deadline.as_millis().saturating_sub(millis(kept_free));
        now.plus(self.record_retries).min(Timestamp::from_millis(latest))
    }

    /// The time that must be left when the time limit of a request has passed.
    fn after_request(&self) -> Duration {
        self.record_retries + RECORD_TRY + AFTER_RECORD
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    const BUDGET: TimeBudget = TimeBudget {
        function_timeout: Duration::from_secs(75),
        longest_request: Duration::from_secs(30),
        record_retries: Duration::from_secs(20),
    };

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn the_shortest_timeout_leaves_thirty_seconds_after_the_longest_request() {
        assert_eq!(BUDGET.shortest_function_timeout(), Duration::from_secs(5 + 30 + 30));
    }

    #[test]
    fn an_announced_deadline_counts_if_it_is_possible() {
        assert_eq!(BUDGET.deadline(after(40), NOW), after(40));
        assert_eq!(BUDGET.deadline(after(75), NOW), after(75));
        for impossible in [0, i64::MIN, i64::MAX, NOW.as_millis() - 1, after(76).as_millis()] {
            let announced = Timestamp::from_millis(impossible);
            assert_eq!(BUDGET.deadline(announced, NOW), after(75), "{impossible}");
        }
    }

    #[test]
    fn a_request_is_begun_while_its_limit_and_thirty_seconds_are_left() {
        let limit = Duration::from_secs(10);
        assert!(BUDGET.has_time_for(limit, NOW, after(40)));
        let a_little_later = NOW.plus(Duration::from_millis(1));
        assert!(!BUDGET.has_time_for(limit, a_little_later, after(40)));
        assert!(!BUDGET.has_time_for(limit, after(50), after(40)));
    }

    #[test]
    fn a_record_is_tried_again_for_its_time_and_never_into_the_last_ten_seconds() {
        assert_eq!(BUDGET.last_record_try(NOW, after(60)), after(20));
        assert_eq!(BUDGET.last_record_try(NOW, after(30)), after(20));
        assert_eq!(BUDGET.last_record_try(NOW, after(25)), after(15));
        assert!(BUDGET.last_record_try(NOW, after(5)) < NOW);
    }
}
