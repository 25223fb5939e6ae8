use super::PortError;
use crate::{
    event::inbound::{PublishedEvent, TestOrder},
    message::{Outgoing, Record},
};

/// Sends to the delivery queue.
pub trait EnqueueAttempts: Send + Sync {
    /// Sends every message, in as few calls as the service allows, and answers for each in order.
    /// A batch can be taken in part: one failure says nothing of its neighbours.
    fn enqueue(
        &self,
        messages: Vec<Outgoing>,
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;
}

/// Puts aside what cannot be processed.
pub trait DeadLetters: Send + Sync {
    /// Sends `body` as it came to the dead-letter queue, with `reason` as an attribute.
    fn dead_letter(
        &self,
        body: &str,
        reason: &str,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Moves messages from a function's queue to its isolation queue, which hands out one at a time.
pub trait IsolateMessages: Send + Sync {
    /// Sends each message to the isolation queue, with its body, group and attributes, and then
    /// removes the original. Answers for each in order: one that is `Ok` was sent, and one that is
    /// not stays on its queue.
    fn isolate(
        &self,
        messages: &[Record],
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;
}

/// Sends to the events queue.
pub trait EnqueueEvents: Send + Sync {
    /// Sends the order to fan-out, which treats it like any other event.
    fn order_test(&self, order: &TestOrder) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Sends every event to fan-out, in as few calls as the service allows, and answers for each in
    /// order. A batch can be taken in part: one failure says nothing of its neighbours.
    fn publish_events(
        &self,
        events: Vec<PublishedEvent>,
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;
}
