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
    grapnel_port_suite::contract_of_webhooks!(crate::webhooks());
    grapnel_port_suite::contract_of_health!(crate::webhooks());
    grapnel_port_suite::contract_of_limits!(crate::webhooks());
    grapnel_port_suite::contract_of_event_types!(crate::event_types());
    grapnel_port_suite::contract_of_events!(crate::events());
    grapnel_port_suite::contract_of_event_list!(crate::events());
    grapnel_port_suite::contract_of_keys!(crate::keys());
    grapnel_port_suite::contract_of_portal!(crate::keys());
    grapnel_port_suite::contract_of_echoes!(crate::keys());
    grapnel_port_suite::contract_of_deliveries!(crate::deliveries());
    grapnel_port_suite::contract_of_records!(crate::deliveries());
    grapnel_port_suite::contract_of_endings!(crate::deliveries());
    grapnel_port_suite::contract_of_erasures!(crate::deliveries());
    grapnel_port_suite::contract_of_listing!(crate::deliveries());
    grapnel_port_suite::contract_of_parking!(crate::deliveries());
    grapnel_port_suite::contract_of_slots!(crate::deliveries());
    grapnel_port_suite::contract_of_reopening!(crate::deliveries());
    grapnel_port_suite::contract_of_settled!(crate::deliveries());
    grapnel_port_suite::contract_of_replays!(crate::events());
    grapnel_port_suite::contract_of_claims!(crate::events());
    grapnel_port_suite::contract_of_waiting!(crate::deliveries());
    grapnel_port_suite::contract_of_queues!(crate::queues::delivery_queue());
    grapnel_port_suite::contract_of_orders!(crate::queues::events_queue());
    grapnel_port_suite::contract_of_publishing!(crate::queues::events_queue());
    grapnel_port_suite::contract_of_dead_letters!(crate::queues::dead_letters());
    grapnel_port_suite::contract_of_isolation!(crate::isolation::isolation());
    grapnel_port_suite::contract_of_waits!(crate::waits::waits());
}
