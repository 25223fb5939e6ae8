//! Ends waits: what the state machines of `infra/` do when one is over. This is the only place of
//! the guard that knows how waits work.

use grapnel_bench::standin::{Execution, StandIn};
use grapnel_domain::time::Timestamp;
use serde_json::{Value, json};

/// State transitions of an execution that finds nobody after its release: it waits, releases, pauses,
/// looks and decides, pauses, looks and decides again, and ends.
const TRANSITIONS: usize = 9;

fn input(execution: &Execution) -> Value {
    serde_json::from_str(&execution.input).expect("JSON")
}

/// When the wait of an execution is over.
fn over_at(execution: &Execution) -> Timestamp {
    let input = input(execution);
    input["releaseAt"].as_str().and_then(|at| at.parse().ok()).expect("a time")
}

/// When the next wait is over.
pub(crate) fn next_at(aws: &StandIn) -> Option<Timestamp> {
    aws.executions().iter().map(over_at).min()
}

/// Ends all waits that are over. Returns how many there were, and their state transitions.
pub(crate) fn end(aws: &StandIn, now: Timestamp) -> (usize, usize) {
    let over = aws.executions().into_iter().filter(|execution| over_at(execution) <= now);
    let over: Vec<Execution> = over.collect();
    for execution in &over {
        let input = input(execution);
        let mut message = json!({
            "kind": "release", "webhookId": input["webhookId"], "userId": input["userId"],
        });
        match input.get("minute") {
            Some(minute) => message["minute"] = minute.clone(),
            None => message["kind"] = json!("releaseParked"),
        }
        let group = input["webhookId"].as_str().map(str::to_owned);
        aws.put("DeliveryQueue", message.to_string(), group);
        aws.end_execution(&execution.name);
    }
    (over.len(), over.len() * TRANSITIONS)
}
