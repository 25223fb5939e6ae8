//! What the ingest function may touch.

use crate::Rules;
use grapnel_domain::ports::{
    Clock, CreateDeliveries, DeadLetters, EnqueueAttempts, ReadSubscriptions, StoreEvents,
};

/// The capabilities of the ingest function, grouped by where they lead. Read it as an IAM policy:
/// nothing here reads more of a webhook than fan-out needs, or reads or changes a delivery.
pub trait Ports {
    /// The webhooks table: the part of each webhook that decides what it receives.
    type Webhooks: ReadSubscriptions;
    /// The events table, to put events into.
    type Events: StoreEvents;
    /// The deliveries table, to put deliveries into.
    type Deliveries: CreateDeliveries;
    /// The delivery queue.
    type DeliveryQueue: EnqueueAttempts;
    /// The events queue's dead letters.
    type DeadLetters: DeadLetters;
    /// The time of day.
    type Clock: Clock;
}

/// The ingest function over its ports.
pub struct Ingest<P: Ports> {
    /// Reads which webhook wants what.
    pub subscriptions: P::Webhooks,
    /// Stores events.
    pub events: P::Events,
    /// Stores deliveries.
    pub deliveries: P::Deliveries,
    /// Takes first attempts.
    pub queue: P::DeliveryQueue,
    /// Takes what cannot be processed.
    pub dead_letters: P::DeadLetters,
    /// The time of day.
    pub clock: P::Clock,
    /// What differs between deployments.
    pub rules: Rules,
}
