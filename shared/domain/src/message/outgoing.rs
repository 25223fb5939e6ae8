//! A message for the delivery queue, and its message group.

use super::QueueMessage;
use crate::{delay::QueueDelay, ids::UserId, webhook::WebhookStatus};

/// Maximum number of webhooks of an event whose messages are in the webhooks' groups. The queue
/// recognizes a noisy group by its share: many small groups hide each other, and stay below a tenth
/// if there are ten of them.
pub const MOST_WEBHOOK_GROUPS: usize = 3;

/// A message for the delivery queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub message: QueueMessage,
    /// The queue is fair between groups.
    pub group: String,
    pub delay: QueueDelay,
}

impl Outgoing {
    /// A message in its webhook's group, so that a slow endpoint does not delay other webhooks'
    /// deliveries. A page of a replay may be about several webhooks, and is in its user's group.
    #[must_use]
    pub fn new(message: QueueMessage, delay: QueueDelay) -> Self {
        let group = match &message {
            QueueMessage::MakeAttempt(attempt) => attempt.target.webhook_id.to_string(),
            QueueMessage::Check(check) => check.target.webhook_id.to_string(),
            QueueMessage::ReleaseParked(release) => release.webhook_id.to_string(),
            QueueMessage::Replay(page) => page.user_id.to_string(),
        };
        Self { message, group, delay }
    }

    /// Puts the message into its user's group if its event goes to many webhooks: if all of them
    /// hang, they count as one group and not as a hundred, from the first message on.
    #[must_use]
    pub fn for_audience(self, webhooks: usize, user: &UserId) -> Self {
        if webhooks > MOST_WEBHOOK_GROUPS { Self { group: user.to_string(), ..self } } else { self }
    }

    /// Puts the message into its user's group while its webhook is `failing`: a user with a hundred
    /// dead endpoints counts as one group and not as a hundred.
    #[must_use]
    pub fn for_status(self, status: WebhookStatus, user: &UserId) -> Self {
        match status {
            WebhookStatus::Failing => Self { group: user.to_string(), ..self },
            WebhookStatus::Active | WebhookStatus::Disabled => self,
        }
    }
}
