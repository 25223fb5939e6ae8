//! Mistakes in how the delivery function divides its time.

use super::Mutation;
use crate::sim::Sim;
use grapnel_domain::{time::Timestamp, time_budget::TimeBudget};
use std::time::Duration;

/// What three tries of the SDK take, with their pauses.
const THREE_TRIES: Duration = Duration::from_millis(300);

/// What the delivery function is told of its times.
pub(crate) fn time_budget(sim: &Sim) -> TimeBudget {
    let budget = sim.plan().settings.time_budget;
    match sim.mutation() {
        Some(Mutation::RecordIsTriedThreeTimes) => {
            TimeBudget { record_retries: THREE_TRIES, ..budget }
        }
        _ => budget,
    }
}

/// When it is told that it will be stopped.
pub(crate) fn deadline(sim: &Sim, deadline: Timestamp) -> Timestamp {
    match sim.mutation() {
        Some(Mutation::BeginsRequestsTooLate) => deadline.plus(Duration::from_secs(3600)),
        // Requests are begun as late as by the right budget, and not later.
        Some(Mutation::RecordIsTriedThreeTimes) => {
            let saved = sim.plan().settings.time_budget.record_retries - THREE_TRIES;
            let saved = i64::try_from(saved.as_millis()).unwrap_or(i64::MAX);
            Timestamp::from_millis(deadline.as_millis() - saved)
        }
        _ => deadline,
    }
}
