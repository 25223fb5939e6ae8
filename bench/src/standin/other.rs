//! Step Functions and EventBridge, as far as the functions use them.

use super::{
    refusal::{Answer, Refusal},
    request::Request,
};
use crate::{
    counts::{Count, Counts},
    template,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An execution of a state machine. It waits until it is ended: its states are not run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    pub machine: String,
    pub name: String,
    pub input: String,
    pub running: bool,
}

#[derive(Debug)]
pub(super) struct Machines {
    machines: Vec<String>,
    executions: BTreeMap<String, Execution>,
}

impl Machines {
    pub(super) fn new() -> Self {
        Self { machines: template::machines(), executions: BTreeMap::new() }
    }

    pub(super) fn executions(&mut self) -> impl Iterator<Item = &mut Execution> {
        self.executions.values_mut()
    }

    pub(super) fn carry_out(
        &mut self,
        operation: &str,
        body: &Value,
        counts: &mut Counts,
    ) -> Answer {
        match operation {
            "StartExecution" => self.start(body, counts),
            "DescribeExecution" => self.describe(body, counts),
            other => Err(Refusal::unknown(format!("the operation {other} of Step Functions"))),
        }
    }

    fn start(&mut self, body: &Value, counts: &mut Counts) -> Answer {
        let request = Request::new(body, &["stateMachineArn", "name", "input"])?;
        let machine = request.text("stateMachineArn")?;
        if !self.machines.iter().any(|known| known == machine) {
            return Err(Refusal::new("StateMachineDoesNotExist", machine));
        }
        let (name, input) = (request.text("name")?, request.text("input")?);
        if name.is_empty() || name.len() > 80 {
            return Err(Refusal::new("InvalidName", "a name has 1 to 80 characters"));
        }
        if serde_json::from_str::<Value>(input).is_err() {
            return Err(Refusal::new("InvalidExecutionInput", "the input is not JSON"));
        }
        let resource = machine.rsplit(':').next().unwrap_or_default();
        counts.add(&format!("StartExecution {resource}"), Count { calls: 1, ..Count::default() });
        let arn = format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1));
        // The same again is no error while it runs.
        match self.executions.get(&arn) {
            Some(known) if !known.running || known.input != input => {
                return Err(Refusal::new("ExecutionAlreadyExists", arn));
            }
            Some(_) => {}
            None => {
                let execution = Execution {
                    machine: resource.to_owned(),
                    name: name.to_owned(),
                    input: input.to_owned(),
                    running: true,
                };
                self.executions.insert(arn.clone(), execution);
            }
        }
        Ok(json!({ "executionArn": arn, "startDate": 0 }))
    }

    fn describe(&self, body: &Value, counts: &mut Counts) -> Answer {
        let request = Request::new(body, &["executionArn"])?;
        let arn = request.text("executionArn")?;
        let found = self.executions.get(arn);
        let execution = found.ok_or_else(|| Refusal::new("ExecutionDoesNotExist", arn))?;
        let line = format!("DescribeExecution {}", execution.machine);
        counts.add(&line, Count { calls: 1, ..Count::default() });
        let status = if execution.running { "RUNNING" } else { "SUCCEEDED" };
        let machine = self.machines.iter().find(|arn| arn.ends_with(&execution.machine));
        Ok(json!({
            "executionArn": arn, "stateMachineArn": machine, "status": status, "startDate": 0,
        }))
    }
}

/// Takes events.
pub(super) fn put_events(body: &Value, counts: &mut Counts) -> Answer {
    let request = Request::new(body, &["Entries"])?;
    let entries = request.list("Entries")?;
    if !(1..=10).contains(&entries.len()) {
        return Err(Refusal::invalid("PutEvents has 1 to 10 entries"));
    }
    for entry in entries {
        let entry = Request::new(entry, &["EventBusName", "Source", "DetailType", "Detail"])?;
        if serde_json::from_str::<Value>(entry.text("Detail")?).is_err() {
            return Err(Refusal::new("MalformedDetail", "Detail is not JSON"));
        }
    }
    let messages = u64::try_from(entries.len()).unwrap_or_default();
    counts.add("PutEvents", Count { calls: 1, messages, ..Count::default() });
    let answered: Vec<Value> = entries.iter().map(|_| json!({ "EventId": "0" })).collect();
    Ok(json!({ "FailedEntryCount": 0, "Entries": answered }))
}
