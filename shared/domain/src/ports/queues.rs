use super::PortError;
use crate::{
    event::inbound::{PublishedEvent, TestOrder},
    message::{Outgoing, Record},
};

/// Maximum number of messages in one call of SQS.
pub const MOST_MESSAGES: usize = 10;

pub trait EnqueueAttempts: Send + Sync {
    /// Sends every message, with as few calls as the service allows, and returns the results in the
    /// order of the messages. A batch can be accepted in part: one failure does not affect the
    /// other messages.
    fn enqueue(
        &self,
        messages: Vec<Outgoing>,
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;
}

/// Moves messages that cannot be processed to the dead letters.
pub trait DeadLetters: Send + Sync {
    /// Sends the unchanged `body` to the dead-letter queue, with `reason` as an attribute.
    fn dead_letter(
        &self,
        body: &str,
        reason: &str,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Moves messages from a function's queue to its isolation queue, which delivers one at a time.
pub trait IsolateMessages: Send + Sync {
    /// Sends each message to the isolation queue, with its body, group and attributes, and then
    /// deletes the original. Returns the results in the order of the messages: after `Ok` the
    /// message was sent, after an error it stays on its queue.
    fn isolate(
        &self,
        messages: &[Record],
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;
}

pub trait EnqueueEvents: Send + Sync {
    /// Sends the order to fan-out, which treats it like any other event.
    fn order_test(&self, order: &TestOrder) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Sends every event to fan-out, with as few calls as the service allows, and returns the
    /// results in the order of the events. A batch can be accepted in part: one failure does not
    /// affect the other events.
    fn publish_events(
        &self,
        events: Vec<PublishedEvent>,
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;
}
