//! Shared waits of the deployed state machine, with a way to end them early.

use crate::{Deployed, deployed};
use grapnel_aws::SharedWaits;
use grapnel_domain::{
    ports::{PortError, StartWaits, WaitState},
    time::Minute,
};
use grapnel_port_suite::EndWaits;
use std::sync::Arc;

pub(crate) struct Waits {
    port: SharedWaits,
    deployed: Arc<Deployed>,
}

impl Waits {
    fn of(deployed: Arc<Deployed>) -> Self {
        let machine = &deployed.stack.outputs.wait_state_machine_arn;
        let port = SharedWaits::new(&deployed.clients(), machine);
        Self { port, deployed }
    }
}

impl StartWaits for Waits {
    async fn ensure_waiting(&self, minute: Minute) -> Result<WaitState, PortError> {
        self.port.ensure_waiting(minute).await
    }
}

impl EndWaits for Waits {
    async fn end_wait(&self, minute: Minute) {
        let machine = &self.deployed.stack.outputs.wait_state_machine_arn;
        let executions = machine.replace(":stateMachine:", ":execution:");
        aws_sdk_sfn::Client::new(&self.deployed.config)
            .stop_execution()
            .execution_arn(format!("{executions}:{minute}"))
            .send()
            .await
            .expect("stopped");
    }

    fn another_instance(&self) -> Self {
        Self::of(Arc::clone(&self.deployed))
    }
}

pub(crate) async fn waits() -> Waits {
    Waits::of(Arc::new(deployed().await))
}
