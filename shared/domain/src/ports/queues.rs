use super::PortError;
use crate::{
    event::inbound::TestOrder,
    ids::{UserId, WebhookId},
    message::{QueueDelay, QueueMessage, Record},
    time::Minute,
    webhook::WebhookStatus,
};

/// Webhooks that an event may go to and still be in their groups. A queue knows who keeps it busy by
/// the part that a group has in all: many small groups hide each other, and stay below a tenth if
/// there are ten of them.
pub const MOST_WEBHOOK_GROUPS: usize = 3;

/// A message on its way to the delivery queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The message.
    pub message: QueueMessage,
    /// Whose turn it takes: the queue shares itself fairly between groups.
    pub group: String,
    /// How long it stays invisible.
    pub delay: QueueDelay,
}

impl Outgoing {
    /// A message in its webhook's group, so that a slow endpoint delays nobody else's deliveries. A
    /// page of a replay may be about several webhooks and takes its user's turn.
    #[must_use]
    pub fn new(message: QueueMessage, delay: QueueDelay) -> Self {
        let group = match &message {
            QueueMessage::Attempt(attempt) => attempt.target.webhook_id.to_string(),
            QueueMessage::Check(check) => check.target.webhook_id.to_string(),
            QueueMessage::Release(release) => release.webhook_id.to_string(),
            QueueMessage::ReleaseParked(release) => release.webhook_id.to_string(),
            QueueMessage::Replay(page) => page.user_id.to_string(),
        };
        Self { message, group, delay }
    }

    /// The message in its user's group if its event goes to many webhooks: should all of them hang,
    /// they take one turn, not a hundred, from the first message on.
    #[must_use]
    pub fn for_audience(self, webhooks: usize, user: &UserId) -> Self {
        if webhooks > MOST_WEBHOOK_GROUPS { Self { group: user.to_string(), ..self } } else { self }
    }

    /// The message in its user's group while its webhook is `failing`: a user with a hundred dead
    /// endpoints takes one turn, not a hundred.
    #[must_use]
    pub fn for_status(self, status: WebhookStatus, user: &UserId) -> Self {
        match status {
            WebhookStatus::Failing => Self { group: user.to_string(), ..self },
            WebhookStatus::Active | WebhookStatus::Disabled => self,
        }
    }
}

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

/// Sends orders for test deliveries to the events queue.
pub trait OrderTests: Send + Sync {
    /// Sends the order to fan-out, which treats it like any other event.
    fn order_test(&self, order: &TestOrder) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Whether a shared wait still waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitState {
    /// It runs, and will look for whoever waits.
    Running,
    /// It ended: nobody will be released by it.
    Over,
}

/// Starts shared waits.
pub trait StartWaits: Send + Sync {
    /// Makes sure that the wait of this webhook for this minute runs, unless it is over already.
    fn ensure_waiting(
        &self,
        user: &UserId,
        webhook: WebhookId,
        minute: Minute,
    ) -> impl Future<Output = Result<WaitState, PortError>> + Send;
}
