//! What the facts mean: pure functions from what AWS said to the checks that are printed.

mod functions;
mod queues;

use super::{
    check::{Check, Verdict},
    facts::{ALARM, Alarm, Facts},
};
use crate::aws::{
    answer::Asked,
    stack::{Resource, Stack},
};

/// The isolation queues: one for events, one for deliveries.
const ISOLATION_QUEUES: u32 = 2;

/// Functions that look at the waits of a minute: one, or two if they take longer than a minute.
const TEND_FUNCTIONS: u32 = 2;

/// Requests a minute that keep one function of the API busy: a wait for an attempt counts as one for
/// each second.
const REQUESTS_OF_A_FUNCTION: u32 = 60;

/// The functions that one poller starts in provisioned mode, at most.
const FUNCTIONS_OF_A_POLLER: u32 = 10;

/// Every check that looks at what AWS said.
pub(crate) fn all(facts: &Facts) -> Vec<Check> {
    let mut checks =
        vec![stack(&facts.stack).of("stack"), alarms(&facts.resources, &facts.alarms).of("alarms")];
    checks.extend(queues::all(facts));
    checks.push(concurrency(&facts.stack, &facts.concurrency).of("concurrency"));
    checks.extend(functions::all(facts));
    checks
}

fn stack(stack: &Asked<Stack>) -> Verdict {
    let stack = match stack {
        Ok(stack) => stack,
        Err(why) => return Verdict::unchecked(why),
    };
    let status = stack.status.as_str();
    if !stack.outputs.contains_key("ApiUrl") {
        return Verdict::failed(
            format!("it is {status} and has no output ApiUrl"),
            "Name the stack that was deployed from Grapnel's template.",
        );
    }
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => {
            Verdict::passed(format!("it is {status}"))
        }
        _ if status.ends_with("_IN_PROGRESS") => Verdict::failed(
            format!("it is {status}"),
            "Wait until the deployment has ended, and run the doctor again.",
        ),
        _ => Verdict::failed(
            format!("it is {status}: the last deployment failed"),
            "The events of the stack in CloudFormation say which resource failed first, and why. Mend \
             that and deploy again.",
        ),
    }
}

fn alarms(resources: &Asked<Vec<Resource>>, alarms: &Asked<Vec<Alarm>>) -> Verdict {
    let (resources, alarms) = match (resources, alarms) {
        (Ok(resources), Ok(alarms)) => (resources, alarms),
        (Err(why), _) | (_, Err(why)) => return Verdict::unchecked(why),
    };
    let expected = || resources.iter().filter(|it| it.kind == ALARM);
    let logical = |alarm: &Alarm| {
        expected()
            .find(|it| it.physical_id == alarm.name)
            .map_or_else(|| alarm.name.clone(), |it| it.logical_id.clone())
    };
    let is_there = |it: &Resource| alarms.iter().any(|alarm| alarm.name == it.physical_id);
    let missing: Vec<&str> =
        expected().filter(|it| !is_there(it)).map(|it| it.logical_id.as_str()).collect();
    if alarms.is_empty() || !missing.is_empty() {
        let missing = if missing.is_empty() { "all".to_owned() } else { missing.join(", ") };
        return Verdict::failed(
            format!("alarms of the stack are missing: {missing}"),
            "Somebody deleted them. CloudFormation makes them again only after they were taken out of \
             the template and put back, or in a new stack.",
        );
    }
    let ringing: Vec<String> = alarms
        .iter()
        .filter(|alarm| alarm.is_ringing)
        .map(|alarm| format!("{} ({})", logical(alarm), alarm.reason))
        .collect();
    if !ringing.is_empty() {
        return Verdict::failed(
            format!("in ALARM: {}", ringing.join("; ")),
            "docs/operate.md, \"Alarms\", says of each what to do.",
        );
    }
    let silent = alarms.iter().any(|alarm| !alarm.tells_somebody);
    let notified = if silent { "; no topic is notified (AlarmTopicArn)" } else { "" };
    Verdict::passed(format!("{} exist and none is in ALARM{notified}", alarms.len()))
}

/// How many functions may run at once by the stack's parameters: ingest, delivery, both while they
/// work on their isolation queues, the API for one user who spends the whole quota on waits, and `tend`.
fn wanted_concurrency(stack: &Stack) -> Option<u32> {
    let ingest = stack.number("IngestMaximumConcurrency")?;
    let delivery = match stack.number("DeliveryMinimumPollers") {
        None | Some(0) => stack.number("DeliveryMaximumConcurrency")?,
        Some(_) => stack.number("DeliveryMaximumPollers")? * FUNCTIONS_OF_A_POLLER,
    };
    let isolation = ISOLATION_QUEUES * stack.number("IsolationMaximumConcurrency")?;
    let api = match stack.number("ApiReservedConcurrency") {
        None | Some(0) => {
            stack.number("RequestsPerUserPerMinute")?.div_ceil(REQUESTS_OF_A_FUNCTION).max(1)
        }
        Some(reserved) => reserved,
    };
    Some(ingest + delivery + isolation + api + TEND_FUNCTIONS)
}

fn concurrency(stack: &Asked<Stack>, limit: &Asked<u32>) -> Verdict {
    let limit = match limit {
        Ok(limit) => *limit,
        Err(why) => return Verdict::unchecked(why),
    };
    let Some(wanted) = stack.as_ref().ok().and_then(wanted_concurrency) else {
        let known = format!(
            "could not be checked: the account may run {limit} functions at once, and the \
             stack does not say how many it needs"
        );
        return Verdict::skipped(known);
    };
    if limit < wanted {
        return Verdict::failed(
            format!("the account may run {limit} functions at once; the stack needs {wanted}"),
            "Raise the quota \"Concurrent executions\" of Lambda in Service Quotas, or lower \
             IngestMaximumConcurrency, DeliveryMaximumConcurrency and IsolationMaximumConcurrency: \
             docs/operate.md, \"Concurrency\".",
        );
    }
    Verdict::passed(format!("the account may run {limit} functions at once; {wanted} are needed"))
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
