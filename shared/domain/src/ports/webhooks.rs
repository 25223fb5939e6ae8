use super::{Consistency, Page, PortError};
use crate::{
    health::Health,
    ids::{UserId, WebhookId},
    limit::{Reservation, SlotTime},
    time::Timestamp,
    webhook::{Subscription, Webhook},
};

/// Reads what fan-out needs.
pub trait ReadSubscriptions: Send + Sync {
    /// Every webhook of the user, whatever its status, by a consistent read.
    fn subscriptions(
        &self,
        user: &UserId,
    ) -> impl Future<Output = Result<Vec<Subscription>, PortError>> + Send;
}

/// Writes webhooks.
pub trait StoreWebhooks: Send + Sync {
    /// Stores a new webhook. Its id is fresh: writing it twice stores it once.
    fn create_webhook(
        &self,
        webhook: &Webhook,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Stores `webhook` over the one that was read, if that is unchanged: still there and with the
    /// `updated_at` given. Answers whether it did.
    fn replace_webhook(
        &self,
        webhook: &Webhook,
        read_at: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Removes the webhook with everything kept beside it. Answers whether there was one.
    fn delete_webhook(
        &self,
        user: &UserId,
        id: WebhookId,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Removes the webhook that was read, if it is unchanged: still there and with the `updated_at`
    /// given. Answers whether it did. What is kept beside it may be gone even if not.
    fn delete_unchanged_webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        read_at: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}

/// Has a webhook's limiter hand out slots.
pub trait ReserveSlots: Send + Sync {
    /// Reserves slots in one atomic step and answers the first of them. They follow upon all that
    /// were reserved before. One whose answer was lost has reserved some that nobody will use.
    fn reserve_slots(
        &self,
        user: &UserId,
        webhook: WebhookId,
        reservation: &Reservation,
    ) -> impl Future<Output = Result<SlotTime, PortError>> + Send;
}

/// Reads webhooks, and writes the health of their endpoints.
pub trait Webhooks: Send + Sync {
    /// The webhook, if this user has it.
    fn webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<Webhook>, PortError>> + Send;

    /// The user's webhooks in order of creation, at most `limit` (1–100), after `after`.
    fn list_webhooks(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<WebhookId>,
    ) -> impl Future<Output = Result<Page<Webhook, WebhookId>, PortError>> + Send;

    /// How many webhooks the user has, by a consistent read.
    fn count_webhooks(
        &self,
        user: &UserId,
    ) -> impl Future<Output = Result<usize, PortError>> + Send;

    /// Stores `health` if the one before it, by version, is there still. Answers whether it did. A
    /// write whose answer was lost may answer `false` when it is repeated, though it was done.
    fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}
