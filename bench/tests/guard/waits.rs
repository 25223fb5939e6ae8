//! Strikes waits: what the state machines of `infra/` do when one is over. This is the only place of
//! the guard that knows how waits work.

use grapnel_bench::standin::{Execution, StandIn};
use grapnel_domain::{
    tending::{Answer, Visit},
    time::Timestamp,
};
use serde_json::{Value, json};

/// State transitions of a visit: the execution waits, calls and decides.
const OF_A_VISIT: usize = 3;

/// The state in which an execution ends.
const END: usize = 1;

/// State transitions of an execution for a circuit breaker that finds nobody after its release: it
/// waits, releases, pauses, looks and decides, pauses, looks and decides again, and ends.
const OF_A_CIRCUIT: usize = 9;

/// An execution whose wait is over.
pub(crate) enum Struck {
    /// It calls the tend function.
    Visit(Visit),
    /// It released a webhook's parked deliveries, and is over.
    Circuit,
}

fn visit(execution: &Execution) -> Option<Visit> {
    serde_json::from_str(&execution.input).ok()
}

/// When the wait of an execution is over.
fn over_at(execution: &Execution) -> Timestamp {
    if let Some(visit) = visit(execution) {
        return visit.until;
    }
    let input: Value = serde_json::from_str(&execution.input).expect("JSON");
    input["releaseAt"].as_str().and_then(|at| at.parse().ok()).expect("a time")
}

/// When the next wait is over.
pub(crate) fn next_at(aws: &StandIn) -> Option<Timestamp> {
    aws.executions().iter().map(over_at).min()
}

/// All whose wait is over, with their names.
pub(crate) fn struck(aws: &StandIn, now: Timestamp) -> Vec<(String, Struck)> {
    let over = aws.executions().into_iter().filter(|execution| over_at(execution) <= now);
    over.map(|execution| {
        let struck = visit(&execution).map_or_else(|| circuit(aws, &execution), Struck::Visit);
        (execution.name, struck)
    })
    .collect()
}

fn circuit(aws: &StandIn, execution: &Execution) -> Struck {
    let input: Value = serde_json::from_str(&execution.input).expect("JSON");
    let message = json!({
        "kind": "releaseParked", "webhookId": input["webhookId"], "userId": input["userId"],
    });
    let group = input["webhookId"].as_str().map(str::to_owned);
    aws.put("DeliveryQueue", message.to_string(), group);
    aws.end_execution(&execution.name);
    Struck::Circuit
}

impl Struck {
    /// The state transitions so far; `answer` is the tend function's.
    pub(crate) fn transitions(&self, answer: Option<Answer>) -> usize {
        match (self, answer) {
            (Self::Circuit, _) => OF_A_CIRCUIT,
            (Self::Visit(_), Some(Answer { over: true, .. })) => OF_A_VISIT + END,
            (Self::Visit(_), _) => OF_A_VISIT,
        }
    }
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
