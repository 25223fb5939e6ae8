//! Shared waits: one execution of a state machine per minute.

mod started;

use crate::{clients::Clients, clock::SystemClock, error::from_sdk};
use aws_sdk_sfn::{operation::start_execution::StartExecutionError, types::ExecutionStatus};
use grapnel_domain::{
    ports::{Clock, PortError, StartWaits, WaitState},
    tending::Visit,
    time::Minute,
};
use started::Started;
use std::sync::Arc;

/// The state machine for waits.
///
/// An instance remembers the executions that it started until their minute: an execution cannot end
/// earlier, so a thousand failures with the same minute cost one call.
#[derive(Debug, Clone)]
pub struct SharedWaits {
    client: aws_sdk_sfn::Client,
    machine_arn: String,
    started: Arc<Started>,
}

impl SharedWaits {
    #[must_use]
    pub fn new(clients: &Clients, machine_arn: impl Into<String>) -> Self {
        Self {
            client: clients.sfn(),
            machine_arn: machine_arn.into(),
            started: Arc::new(Started::default()),
        }
    }

    async fn state_of(&self, name: &str) -> Result<WaitState, PortError> {
        let answer = self
            .client
            .describe_execution()
            .execution_arn(execution_arn(&self.machine_arn, name))
            .send()
            .await
            .map_err(|error| from_sdk("DescribeExecution", &error))?;
        Ok(match answer.status() {
            ExecutionStatus::Running | ExecutionStatus::PendingRedrive => WaitState::Running,
            _ => WaitState::Over,
        })
    }
}

impl StartWaits for SharedWaits {
    /// The name of an execution is its minute, and its input follows from that: Step Functions would
    /// refuse the same name with another input.
    async fn ensure_waiting(&self, minute: Minute) -> Result<WaitState, PortError> {
        let name = minute.to_string();
        if self.started.knows(&name, SystemClock.now()) {
            return Ok(WaitState::Running);
        }
        let input = serde_json::to_string(&Visit::first(minute))
            .map_err(|_| PortError::Unusable("StartExecution: no input can be written".into()))?;
        let start = self
            .client
            .start_execution()
            .state_machine_arn(&self.machine_arn)
            .name(&name)
            .input(input)
            .send()
            .await;
        let state = match start {
            Ok(_) => WaitState::Running,
            Err(error) => match error.as_service_error() {
                // On AWS, the execution has ended. On an emulator, it may still be running.
                Some(StartExecutionError::ExecutionAlreadyExists(_)) => {
                    self.state_of(&name).await?
                }
                _ => return Err(from_sdk("StartExecution", &error)),
            },
        };
        if state == WaitState::Running {
            self.started.remember(name, minute.strikes_at(), SystemClock.now());
        }
        Ok(state)
    }
}

fn execution_arn(machine_arn: &str, name: &str) -> String {
    format!("{}:{name}", machine_arn.replacen(":stateMachine:", ":execution:", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_named_after_its_machine() {
        assert_eq!(
            execution_arn("arn:aws:states:eu-west-1:000000000000:stateMachine:wait", "x"),
            "arn:aws:states:eu-west-1:000000000000:execution:wait:x"
        );
    }
}
