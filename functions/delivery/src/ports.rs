//! The ports of the delivery function.

use crate::Rules;
use grapnel_domain::ports::{
    Clock, DeadLetters, Deliveries, EnqueueAttempts, ReadEvents, Replays, ReserveSlots,
    SendNotices, SendRequests, StartWaits, UpdateDeliveries, Webhooks,
};

/// The rights of the delivery function, grouped by table and service, like an IAM policy: nothing
/// here creates a webhook, an event or a delivery.
pub trait Ports {
    /// The webhooks table: webhooks, the health of their endpoints, and their rate limiters.
    type Webhooks: Webhooks + ReserveSlots;
    /// The events table: events to read, and replays.
    type Events: ReadEvents + Replays;
    /// The deliveries table.
    type Deliveries: Deliveries + UpdateDeliveries;
    /// The delivery queue.
    type DeliveryQueue: EnqueueAttempts;
    /// The delivery queue's dead letters.
    type DeadLetters: DeadLetters;
    /// Shared waits.
    type Waits: StartWaits;
    /// Requests to receivers.
    type Sender: SendRequests;
    /// The platform's event bus.
    type Notices: SendNotices;
    type Clock: Clock;
}

/// The delivery function over its ports.
pub struct Deliver<P: Ports> {
    /// Reads webhooks, writes the health of their endpoints, and reserves slots.
    pub webhooks: P::Webhooks,
    /// Reads events; reads and writes replays.
    pub events: P::Events,
    /// Reads, finds and updates deliveries.
    pub deliveries: P::Deliveries,
    /// Receives the next messages.
    pub queue: P::DeliveryQueue,
    /// Receives messages that cannot be processed.
    pub dead_letters: P::DeadLetters,
    /// Starts waits.
    pub waits: P::Waits,
    /// Sends requests.
    pub sender: P::Sender,
    /// Notifies the platform.
    pub notices: P::Notices,
    pub clock: P::Clock,
    /// The settings of the deployment.
    pub rules: Rules,
}
