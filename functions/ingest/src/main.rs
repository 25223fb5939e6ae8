//! The ingest function: only wiring.

use grapnel_aws::{
    Clients, DeadLetterQueue, DeliveryQueue, DeliveryStore, EventStore, IsolationQueue, NoticeBus,
    SystemClock, WebhookStore,
    batch::{self, SqsEvent},
    settings::{IngestSettings, Settings},
};
use grapnel_domain::ports::Clock;
use grapnel_ingest::{Ingest, Ports, Rules, tell};
use lambda_runtime::{LambdaEvent, run, service_fn};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What the ports are in a deployment.
enum Aws {}

impl Ports for Aws {
    type Webhooks = WebhookStore;
    type Events = EventStore;
    type Deliveries = DeliveryStore;
    type DeliveryQueue = DeliveryQueue;
    type DeadLetters = DeadLetterQueue;
    type Clock = SystemClock;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let settings = IngestSettings::from_environment()?;
    grapnel_telemetry::init(settings.log_level);
    let clients = Clients::load().await;
    let isolation =
        &IsolationQueue::new(&clients, settings.events_queue_url, settings.isolation_queue_url);
    let notices = &NoticeBus::new(&clients, settings.event_bus_name, &settings.stack_name);
    let ingest = &Ingest::<Aws> {
        subscriptions: WebhookStore::new(&clients, settings.webhooks_table),
        events: EventStore::new(&clients, settings.events_table),
        deliveries: DeliveryStore::new(&clients, settings.deliveries_table),
        queue: DeliveryQueue::new(&clients, settings.delivery_queue_url),
        dead_letters: DeadLetterQueue::new(&clients, settings.dead_letter_queue_url),
        clock: SystemClock,
        rules: Rules { retention: settings.retention, delivery_timeout: settings.function_timeout },
    };
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let batch = batch::without_suspects(event.payload, isolation).await;
        let mut report = ingest.handle(&batch.to_begin).await;
        batch::move_refused(&batch.to_begin, &report.refused, &mut report.failed, isolation).await;
        report.failed.extend(batch.stayed);
        tell(notices, &report.conflicts).await;
        report.metrics().emit(&settings.stack_name, SystemClock.now().as_millis());
        Ok::<_, std::convert::Infallible>(batch::response(report.failed))
    }))
    .await
    .map_err(anyhow::Error::from_boxed)
}
