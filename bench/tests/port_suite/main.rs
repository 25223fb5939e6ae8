//! Runs the port suite on the stand-in, with the ports of the functions: it does what memory, the
//! local AWS and the second emulator do.
//!
//! Each case has a stand-in of its own, so no case sees the rows of another.

mod aws;
mod queues;
mod waits;

use aws::{clients, standin};
use grapnel_aws::{DeliveryStore, EventStore, EventTypeStore, KeyStore, WebhookStore};

async fn webhooks() -> WebhookStore {
    WebhookStore::new(&clients(standin()).await, "WebhooksTable")
}

async fn event_types() -> EventTypeStore {
    EventTypeStore::new(&clients(standin()).await, "WebhooksTable")
}

async fn events() -> EventStore {
    EventStore::new(&clients(standin()).await, "EventsTable")
}

async fn deliveries() -> DeliveryStore {
    DeliveryStore::new(&clients(standin()).await, "DeliveriesTable")
}

async fn keys() -> KeyStore {
    KeyStore::new(&clients(standin()).await, "KeysTable")
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
    grapnel_port_suite::contract_of_isolation!(crate::queues::isolation());
    grapnel_port_suite::contract_of_waits!(crate::waits::waits());
}
