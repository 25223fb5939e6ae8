//! Runs the port contract on the adapters over AWS.
//!
//! The tables and the state machine belong to the deployed stack `main`; the cases create users,
//! webhooks and waits in them. Each case gets new queues: the deployed ones belong to the
//! functions, which would receive the messages.

mod beside;
mod isolation;
mod queues;
mod waits;

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use grapnel_aws::{
    Clients, DeliveryStore, EventStore, EventTypeStore, KeyStore, WebhookStore, sdk_defaults,
};
use grapnel_tests::stack::{Stack, StackKind};
use std::time::Duration;

/// The stack and its clients, created again for each test: an SDK client needs its runtime.
struct Deployed {
    stack: Stack,
    config: SdkConfig,
}

async fn deployed() -> Deployed {
    let stack = Stack::get(StackKind::Main).await.expect("a deployed stack");
    let config = sdk_defaults()
        .endpoint_url(&stack.endpoint_url)
        .region(Region::new(stack.region.clone()))
        .credentials_provider(Credentials::new("test", "test", None, None, "emulator"))
        .load()
        .await;
    Deployed { stack, config }
}

impl Deployed {
    fn clients(&self) -> Clients {
        Clients::new(&self.config)
    }
}

async fn webhooks() -> WebhookStore {
    let deployed = deployed().await;
    WebhookStore::new(&deployed.clients(), &deployed.stack.outputs.webhooks_table)
}

async fn event_types() -> EventTypeStore {
    let deployed = deployed().await;
    EventTypeStore::new(&deployed.clients(), &deployed.stack.outputs.webhooks_table)
}

async fn events() -> EventStore {
    let deployed = deployed().await;
    EventStore::new(&deployed.clients(), &deployed.stack.outputs.events_table)
}

async fn deliveries() -> DeliveryStore {
    let deployed = deployed().await;
    DeliveryStore::new(&deployed.clients(), &deployed.stack.outputs.deliveries_table)
}

async fn keys() -> KeyStore {
    let deployed = deployed().await;
    // A hundred concurrent cases keep an emulator busy for longer than a request would wait.
    KeyStore::new(&deployed.clients(), &deployed.stack.outputs.keys_table)
        .noting_within(Duration::from_secs(30))
}

mod contract {
    grapnel_port_suite::contract_of_all_ports! {
        webhooks: crate::webhooks(),
        event_types: crate::event_types(),
        events: crate::events(),
        keys: crate::keys(),
        deliveries: crate::deliveries(),
        delivery_queue: crate::queues::delivery_queue(),
        events_queue: crate::queues::events_queue(),
        dead_letters: crate::queues::dead_letters(),
        isolation: crate::isolation::isolation(),
        waits: crate::waits::waits(),
    }
}
