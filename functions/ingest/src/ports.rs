//! The ports of the ingest function.

use crate::Rules;
use grapnel_domain::{
    ids::UserId,
    ports::{
        Clock, CreateDeliveries, DeadLetters, EnqueueAttempts, ReadOnce, ReadSubscriptions,
        StoreEvents,
    },
    webhook::Subscription,
};

/// The webhooks of the users in a batch, read once for all events of a user.
pub(crate) type Subscriptions<'a> = ReadOnce<'a, UserId, Vec<Subscription>>;

/// The rights of the ingest function, grouped by table and service, like an IAM policy: nothing
/// here reads more of a webhook than fan-out needs, or reads or changes a delivery.
pub trait Ports {
    /// The webhooks table: the part of each webhook that decides which events it gets.
    type Webhooks: ReadSubscriptions;
    /// The events table, to put events into.
    type Events: StoreEvents;
    /// The deliveries table, to put deliveries into.
    type Deliveries: CreateDeliveries;
    /// The delivery queue.
    type DeliveryQueue: EnqueueAttempts;
    /// The events queue's dead letters.
    type DeadLetters: DeadLetters;
    type Clock: Clock;
}

/// The ingest function over its ports.
pub struct Ingest<P: Ports> {
    /// Reads which webhooks get an event.
    pub subscriptions: P::Webhooks,
    /// Stores events.
    pub events: P::Events,
    /// Stores deliveries.
    pub deliveries: P::Deliveries,
    /// Receives first attempts.
    pub queue: P::DeliveryQueue,
    /// Receives messages that cannot be processed.
    pub dead_letters: P::DeadLetters,
    pub clock: P::Clock,
    /// The settings of the deployment.
    pub rules: Rules,
}
