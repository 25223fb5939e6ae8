//! A message on its way to the delivery queue, and whose turn it takes there.

use super::QueueMessage;
use crate::{delay::QueueDelay, ids::UserId, webhook::WebhookStatus};

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
            QueueMessage::MakeAttempt(attempt) => attempt.target.webhook_id.to_string(),
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
