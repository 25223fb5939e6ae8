//! The delivery function: only wiring.

use grapnel_aws::{
    Clients, DeadLetterQueue, DeliveryQueue, DeliveryStore, EventStore, IsolationQueue, NoticeBus,
    SharedWaits, SystemClock, WebhookStore,
    batch::{self, SqsEvent},
    settings::{DeliverySettings, Settings},
};
use grapnel_delivery::{Deliver, Ports, Rules};
use grapnel_domain::{ports::Clock, time::Timestamp};
use grapnel_sender::{Sender, SenderConfig};
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
    type Waits = SharedWaits;
    type Sender = Sender;
    type Notices = NoticeBus;
    type Clock = SystemClock;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let settings = DeliverySettings::from_environment()?;
    grapnel_telemetry::init(settings.log_level);
    let clients = Clients::load().await;
    let isolation = &IsolationQueue::new(
        &clients,
        settings.delivery_queue_url.clone(),
        settings.isolation_queue_url,
    );
    let deliver = &Deliver::<Aws> {
        webhooks: WebhookStore::new(&clients, settings.webhooks_table),
        events: EventStore::new(&clients, settings.events_table),
        deliveries: DeliveryStore::new(&clients, settings.deliveries_table),
        queue: DeliveryQueue::new(&clients, settings.delivery_queue_url),
        dead_letters: DeadLetterQueue::new(&clients, settings.dead_letter_queue_url),
        waits: SharedWaits::new(&clients, settings.wait_state_machine_arn),
        notices: NoticeBus::new(&clients, settings.event_bus_name, &settings.stack_name),
        sender: Sender::new(SenderConfig {
            allow_http: settings.url_policy.allow_http,
            allow_private: settings.url_policy.allow_private,
        })?,
        clock: SystemClock,
        rules: Rules {
            retention: settings.retention,
            longest_queue_delay: settings.longest_queue_delay,
            time_budget: settings.time_budget,
            visibility_timeout: settings.visibility_timeout,
            circuit: settings.circuit,
        },
    };
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let announced = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
        let deadline = deliver
            .rules
            .time_budget
            .deadline(Timestamp::from_millis(announced), SystemClock.now());
        let batch = batch::without_suspects(event.payload, isolation).await;
        let mut report = deliver.handle(&batch.to_begin, deadline).await;
        report.failed.extend(batch.stayed);
        report.metrics().emit(&settings.stack_name, SystemClock.now().as_millis());
        Ok::<_, std::convert::Infallible>(batch::response(report.failed))
    }))
    .await
    .map_err(anyhow::Error::from_boxed)
}
