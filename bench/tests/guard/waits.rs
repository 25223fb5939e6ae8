//! Strikes waits: what the state machine of `infra/` does when one is over. This is the only place of
//! the guard that knows how waits work.

use grapnel_bench::standin::{Execution, StandIn};
use grapnel_domain::{
    tending::{Answer, Visit},
    time::Timestamp,
};

/// State transitions of a visit: the execution waits, calls and decides.
const OF_A_VISIT: usize = 3;

/// The state in which an execution ends.
const END: usize = 1;

/// The next visit of an execution.
fn visit(execution: &Execution) -> Visit {
    serde_json::from_str(&execution.input).expect("a visit")
}

/// When the next wait is over.
pub(crate) fn next_at(aws: &StandIn) -> Option<Timestamp> {
    aws.executions().iter().map(|execution| visit(execution).until).min()
}

/// The visits whose wait is over, with the names of their executions.
pub(crate) fn struck(aws: &StandIn, now: Timestamp) -> Vec<(String, Visit)> {
    let visits = aws.executions().into_iter().map(|execution| (visit(&execution), execution.name));
    visits.filter(|(visit, _)| visit.until <= now).map(|(visit, name)| (name, visit)).collect()
}

/// The state transitions of a visit; `answer` is the tend function's.
pub(crate) const fn transitions(answer: Answer) -> usize {
    if answer.over { OF_A_VISIT + END } else { OF_A_VISIT }
}

/// Goes on as the tend function answered. Returns whether the execution is over.
pub(crate) fn go_on(aws: &StandIn, name: &str, visit: Visit, answer: Answer) -> bool {
    if answer.over {
        aws.end_execution(name);
    } else {
        let next = Visit { until: answer.until, ..visit };
        aws.continue_execution(name, &serde_json::to_string(&next).expect("JSON"));
    }
    answer.over
}
