//! The tend function: only wiring.

use grapnel_aws::{
    Clients, DeadLetterQueue, DeliveryQueue, DeliveryStore, SystemClock,
    settings::{Settings, TendSettings},
};
use grapnel_domain::{ports::Clock, tending::Visit, time::Timestamp, time_budget::deadline};
use grapnel_tend::{Ports, Tend};
use lambda_runtime::{LambdaEvent, run, service_fn};

/// What the ports are in a deployment.
enum Aws {}

impl Ports for Aws {
    type Deliveries = DeliveryStore;
    type DeliveryQueue = DeliveryQueue;
    type DeadLetters = DeadLetterQueue;
    type Clock = SystemClock;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let settings = TendSettings::from_environment()?;
    grapnel_telemetry::init(settings.log_level);
    let clients = Clients::load().await;
    let tend = &Tend::<Aws> {
        deliveries: DeliveryStore::new(&clients, settings.deliveries_table),
        queue: DeliveryQueue::new(&clients, settings.delivery_queue_url),
        dead_letters: DeadLetterQueue::new(&clients, settings.dead_letter_queue_url),
        clock: SystemClock,
    };
    run(service_fn(async |event: LambdaEvent<Visit>| {
        let announced = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
        let announced = Timestamp::from_millis(announced);
        let deadline = deadline(announced, SystemClock.now(), settings.function_timeout);
        let report = tend.visit(event.payload, deadline).await;
        report.metrics().emit(&settings.stack_name, SystemClock.now().as_millis());
        Ok::<_, std::convert::Infallible>(report.answer)
    }))
    .await
    .map_err(anyhow::Error::from_boxed)
}
