//! Mistakes in how the delivery function divides its time.

use super::Mutation;
use crate::sim::Sim;
use grapnel_domain::{time::Timestamp, time_budget::TimeBudget};
use std::time::Duration;

/// The time of three tries of the SDK, with their pauses.
const THREE_TRIES: Duration = Duration::from_millis(300);

/// The delivery function's time limits.
pub(crate) fn time_budget(sim: &Sim) -> TimeBudget {
    let budget = sim.plan().settings.time_budget;
    match sim.mutation() {
        Some(Mutation::RecordIsTriedThreeTimes) => {
            TimeBudget { record_retries: THREE_TRIES, ..budget }
        }
        _ => budget,
    }
}

/// The deadline that the function gets.
pub(crate) fn deadline(sim: &Sim, deadline: Timestamp) -> Timestamp {
    match sim.mutation() {
        Some(Mutation::BeginsRequestsTooLate) => deadline.plus(Duration::from_secs(3600)),
        // Requests are begun as late as with the right budget, and not later.
        Some(Mutation::RecordIsTriedThreeTimes) => {
            let saved = sim.plan().settings.time_budget.record_retries - THREE_TRIES;
            let saved = i64::try_from(saved.as_millis()).unwrap_or(i64::MAX);
            Timestamp::from_millis(deadline.as_millis() - saved)
        }
        _ => deadline,
    }
}
