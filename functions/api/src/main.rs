//! The API function: wiring, and nothing else.

use grapnel_api::{
    Accent, AdminKeys, Api, ConsoleSettings, Offers, Ports, Quotas, Tokens, readable, router,
};
use grapnel_aws::{
    Clients, DeliveryQueue, DeliveryStore, EventStore, EventTypeStore, EventsQueue, KeyStore,
    RandomIds, SystemClock, WebhookStore,
    settings::{ApiSettings, ConsoleParameters, Settings},
};
use grapnel_domain::webhook::draft::Rules;
use grapnel_sender::{IssuerKeys, Sender, SenderConfig};
use lambda_http::{Adapter, lambda_runtime, tower::ServiceExt};
use mimalloc::MiMalloc;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The ports over AWS.
struct Aws;

impl Ports for Aws {
    type Keys = KeyStore;
    type Webhooks = WebhookStore;
    type EventTypes = EventTypeStore;
    type Deliveries = DeliveryStore;
    type Events = EventStore;
    type DeliveryQueue = DeliveryQueue;
    type EventsQueue = EventsQueue;
    type Issuer = IssuerKeys;
    type Clock = SystemClock;
    type Ids = RandomIds;
}

fn console(read: ConsoleParameters) -> ConsoleSettings {
    let hides = |name: &str| read.hides.iter().any(|hidden| hidden == name);
    ConsoleSettings {
        url: read.url,
        frame_origins: read.frame_origins,
        product: read.product,
        accent: read.accent.as_deref().and_then(Accent::parse),
        theme: read.theme,
        offers: Offers {
            filters: !hides("filters"),
            transforms: !hides("transforms"),
            secrets: !hides("secrets"),
        },
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let settings = ApiSettings::from_environment()?;
    grapnel_telemetry::init(settings.log_level);
    let clients = Clients::load().await;
    let sender = SenderConfig {
        allow_http: settings.url_policy.allow_http,
        allow_private: settings.url_policy.allow_private,
    };
    let tokens = settings.tokens.map(|rules| {
        let issuer = IssuerKeys::new(Sender::new(sender)?, &rules.issuer);
        anyhow::Ok(Tokens::new(rules, issuer))
    });
    let api = Api::<Aws> {
        keys: KeyStore::new(&clients, settings.keys_table),
        event_types: EventTypeStore::new(&clients, &settings.webhooks_table),
        webhooks: WebhookStore::new(&clients, settings.webhooks_table),
        deliveries: DeliveryStore::new(&clients, settings.deliveries_table),
        events: EventStore::new(&clients, settings.events_table),
        delivery_queue: DeliveryQueue::new(&clients, settings.delivery_queue_url),
        events_queue: EventsQueue::new(&clients, settings.events_queue_url),
        clock: SystemClock,
        ids: RandomIds,
        admin_keys: AdminKeys::new(&settings.admin_key_hashes),
        tokens: tokens.transpose()?,
        quotas: Quotas::new(settings.quota),
        rules: Rules {
            urls: settings.url_policy,
            retention: settings.retention,
            longest_request_seconds: settings.longest_request_seconds,
            max_webhooks: settings.max_webhooks,
        },
        console: Arc::new(console(settings.console)),
        has_event_index: settings.has_event_index,
        event_validation: settings.event_validation,
    };
    // `lambda_http::run`, with a step before it.
    let function = Adapter::from(router(api)).map_request(readable);
    lambda_runtime::run(function).await.map_err(anyhow::Error::from_boxed)
}
