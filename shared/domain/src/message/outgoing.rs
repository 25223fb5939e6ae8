//! A message for the delivery queue, and its message group.

use super::QueueMessage;
use crate::{delay::QueueDelay, ids::UserId, time::Timestamp, webhook::WebhookStatus};
use std::time::Duration;

/// Maximum number of webhooks of an event whose messages are in the webhooks' groups. The queue
/// recognizes a noisy group by its share: many small groups hide each other, and stay below a tenth
/// if there are ten of them.
pub const MOST_WEBHOOK_GROUPS: usize = 3;

/// An event that waited for less than this in its queue did not wait.
const WAITED: Duration = Duration::from_secs(1);

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

    /// Notes when the event reached its queue, if it waited there until it was stored.
    #[must_use]
    pub fn accepted_at(mut self, sent_at: Option<Timestamp>, stored_at: Timestamp) -> Self {
        let waited = sent_at.filter(|sent_at| sent_at.until(stored_at) >= WAITED);
        if let QueueMessage::MakeAttempt(attempt) = &mut self.message {
            attempt.accepted_at = waited;
        }
        self
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
