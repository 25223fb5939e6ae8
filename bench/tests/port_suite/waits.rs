//! Shared waits, with a way to end them early.

use crate::aws::{clients, standin};
use grapnel_aws::SharedWaits;
use grapnel_bench::{standin::StandIn, template::environment};
use grapnel_domain::{
    ports::{PortError, StartWaits, WaitState},
    time::Minute,
};
use grapnel_port_suite::EndWaits;

pub(crate) struct Waits {
    /// Made from the clients for each instance.
    clients: grapnel_aws::Clients,
    port: SharedWaits,
    aws: &'static StandIn,
}

fn of(clients: grapnel_aws::Clients, aws: &'static StandIn) -> Waits {
    let environment = environment("DeliveryFunction", &aws.url());
    let value = |wanted: &str| {
        let found = environment.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone()).expect("set in the template")
    };
    let port = SharedWaits::new(&clients, value("WAIT_STATE_MACHINE_ARN"));
    Waits { clients, port, aws }
}

impl StartWaits for Waits {
    async fn ensure_waiting(&self, minute: Minute) -> Result<WaitState, PortError> {
        self.port.ensure_waiting(minute).await
    }
}

impl EndWaits for Waits {
    async fn end_wait(&self, minute: Minute) {
        self.aws.end_execution(&minute.to_string());
    }

    fn another_instance(&self) -> Self {
        of(self.clients.clone(), self.aws)
    }
}

pub(crate) async fn waits() -> Waits {
    let aws = standin();
    of(clients(aws).await, aws)
}
