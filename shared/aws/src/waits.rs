//! Shared waits: one execution of a state machine per minute. Also one execution of another state
//! machine per webhook and due time of its circuit breaker.

mod started;

use crate::{clients::Clients, clock::SystemClock, error::from_sdk};
use aws_sdk_sfn::{operation::start_execution::StartExecutionError, types::ExecutionStatus};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    ports::{Clock, PortError, StartWaits, WaitState},
    tending::Visit,
    time::{Minute, Timestamp},
};
use serde::Serialize;
use started::Started;
use std::sync::Arc;

/// The state machines for waits and for circuit breakers.
///
/// An instance remembers the executions that it started until their minute: an execution cannot end
/// earlier, so a thousand failures with the same minute cost one call.
#[derive(Debug, Clone)]
pub struct SharedWaits {
    client: aws_sdk_sfn::Client,
    machine_arn: String,
    circuit_machine_arn: String,
    started: Arc<Started>,
}

/// The input of an execution that watches a circuit breaker. The state machine writes the same when
/// one execution starts the next.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CircuitInput<'a> {
    webhook_id: WebhookId,
    user_id: &'a UserId,
    due: String,
    release_at: String,
}

impl SharedWaits {
    #[must_use]
    pub fn new(
        clients: &Clients,
        machine_arn: impl Into<String>,
        circuit_machine_arn: impl Into<String>,
    ) -> Self {
        Self {
            client: clients.sfn(),
            machine_arn: machine_arn.into(),
            circuit_machine_arn: circuit_machine_arn.into(),
            started: Arc::new(Started::default()),
        }
    }

    /// Makes sure that an execution with this name is running. It cannot end before `until`.
    async fn ensure(
        &self,
        machine_arn: &str,
        name: String,
        input: String,
        until: Timestamp,
    ) -> Result<WaitState, PortError> {
        if self.started.knows(&name, SystemClock.now()) {
            return Ok(WaitState::Running);
        }
        let start = self
            .client
            .start_execution()
            .state_machine_arn(machine_arn)
            .name(&name)
            .input(input)
            .send()
            .await;
        let state = match start {
            Ok(_) => WaitState::Running,
            Err(error) => match error.as_service_error() {
                // On AWS, the execution has ended. On an emulator, it may still be running.
                Some(StartExecutionError::ExecutionAlreadyExists(_)) => {
                    self.state_of(machine_arn, &name).await?
                }
                _ => return Err(from_sdk("StartExecution", &error)),
            },
        };
        if state == WaitState::Running {
            self.started.remember(name, until, SystemClock.now());
        }
        Ok(state)
    }

    async fn state_of(&self, machine_arn: &str, name: &str) -> Result<WaitState, PortError> {
        let answer = self
            .client
            .describe_execution()
            .execution_arn(execution_arn(machine_arn, name))
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
        let input = write(&Visit::first(minute))?;
        self.ensure(&self.machine_arn, minute.to_string(), input, minute.strikes_at()).await
    }

    async fn ensure_watched(
        &self,
        user: &UserId,
        webhook: WebhookId,
        due: Timestamp,
    ) -> Result<WaitState, PortError> {
        let name = format!("{webhook}-{}", due.as_millis());
        let input = circuit_input(user, webhook, due)?;
        self.ensure(&self.circuit_machine_arn, name, input, due).await
    }
}

fn execution_arn(machine_arn: &str, name: &str) -> String {
    format!("{}:{name}", machine_arn.replacen(":stateMachine:", ":execution:", 1))
}

/// The release is one second after the due time: by then it is due by every clock, and clocks may
/// differ by a second.
fn circuit_input(user: &UserId, webhook: WebhookId, due: Timestamp) -> Result<String, PortError> {
    let millis = due.as_millis();
    let second = Timestamp::from_millis((millis + 999).div_euclid(1000) * 1000 + 1000);
    let release_at = second.to_string();
    write(&CircuitInput { webhook_id: webhook, user_id: user, due: millis.to_string(), release_at })
}

fn write(input: &impl Serialize) -> Result<String, PortError> {
    serde_json::to_string(input)
        .map_err(|_| PortError::Unusable("StartExecution: the input cannot be written".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_watch_is_released_on_the_second_after_its_due_time() {
        let webhook = WebhookId::from_uuid(Uuid::from_u128(7));
        let user = UserId::parse("u-1").expect("valid");
        let due = Timestamp::from_millis(1_795_000_000_123);
        assert_eq!(
            circuit_input(&user, webhook, due).expect("written"),
            r#"{"webhookId":"wh_00000000-0000-0000-0000-000000000007","userId":"u-1","due":"1795000000123","releaseAt":"2026-11-18T11:06:42.000Z"}"#
        );
    }

    #[test]
    fn an_execution_is_named_after_its_machine() {
        assert_eq!(
            execution_arn("arn:aws:states:eu-west-1:000000000000:stateMachine:wait", "x"),
            "arn:aws:states:eu-west-1:000000000000:execution:wait:x"
        );
    }
}
