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
    grapnel_port_suite::contract_of_all_ports! {
        webhooks: crate::webhooks(),
        event_types: crate::event_types(),
        events: crate::events(),
        keys: crate::keys(),
        deliveries: crate::deliveries(),
        delivery_queue: crate::queues::delivery_queue(),
        events_queue: crate::queues::events_queue(),
        dead_letters: crate::queues::dead_letters(),
        isolation: crate::queues::isolation(),
        waits: crate::waits::waits(),
    }
}
