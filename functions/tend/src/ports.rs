//! The ports of the tend function.

use grapnel_domain::ports::{Clock, DeadLetters, EnqueueAttempts, TendDeliveries};

/// The rights of the tend function, like an IAM policy: it reads no webhook, no event and no attempt.
pub trait Ports {
    /// The deliveries that wait.
    type Deliveries: TendDeliveries;
    /// The delivery queue.
    type DeliveryQueue: EnqueueAttempts;
    /// The delivery queue's dead letters.
    type DeadLetters: DeadLetters;
    type Clock: Clock;
}

/// The tend function over its ports.
pub struct Tend<P: Ports> {
    /// Finds deliveries that wait, and ends their waits.
    pub deliveries: P::Deliveries,
    /// Receives their messages.
    pub queue: P::DeliveryQueue,
    /// Receives what cannot be released.
    pub dead_letters: P::DeadLetters,
    pub clock: P::Clock,
}
