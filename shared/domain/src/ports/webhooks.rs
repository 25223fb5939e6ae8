use super::{Consistency, Page, PortError, ReadTogether};
use crate::{
    health::{Health, Note},
    ids::{UserId, WebhookId},
    limit::{Reservation, SlotTime},
    time::Timestamp,
    webhook::{Subscription, Webhook},
};

/// How many rows [`Webhooks::webhooks_together`] reads at most for each webhook that it is to read. A
/// webhook has up to three rows; the others may be of webhooks that lie in between. Eight rows of
/// ordinary size take 4 KB, and a read of one webhook alone is charged as 4 KB: so ordinary rows in
/// between cost no more than the single reads would. Large ones can cost more, up to a page of 1 MB.
pub const ROWS_FOR_EACH: usize = 8;

/// Reads the parts of webhooks that fan-out needs.
pub trait ReadSubscriptions: Send + Sync {
    /// Every webhook of the user, with any status, by a consistent read.
    fn subscriptions(
        &self,
        user: &UserId,
    ) -> impl Future<Output = Result<Vec<Subscription>, PortError>> + Send;
}

pub trait StoreWebhooks: Send + Sync {
    /// Stores a new webhook. Its id is new: writing it twice stores it once.
    fn create_webhook(
        &self,
        webhook: &Webhook,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Stores `webhook` over the version that was read, if it is unchanged: it exists and has the
    /// given `updated_at`. Returns whether it did.
    fn replace_webhook(
        &self,
        webhook: &Webhook,
        read_at: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Deletes the webhook with its health and rate limiter. Returns whether it existed.
    fn delete_webhook(
        &self,
        user: &UserId,
        id: WebhookId,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Deletes the webhook that was read, if it is unchanged: it exists and has the given
    /// `updated_at`. Returns whether it did. Its health and rate limiter may be deleted even if
    /// not.
    fn delete_unchanged_webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        read_at: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}

/// Reserves rate limit slots.
pub trait ReserveSlots: Send + Sync {
    /// Reserves slots in one atomic step and returns the first of them. They follow all slots that
    /// were reserved before. After a lost response, the reserved slots stay unused.
    fn reserve_slots(
        &self,
        user: &UserId,
        webhook: WebhookId,
        reservation: &Reservation,
    ) -> impl Future<Output = Result<SlotTime, PortError>> + Send;
}

/// Reads webhooks, and writes the health of their endpoints.
pub trait Webhooks: Send + Sync {
    /// The webhook, if it is this user's.
    fn webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<Webhook>, PortError>> + Send;

    /// The user's webhooks with these ids, by one read that may lag. It reads the rows from the first
    /// to the last of them, at most [`ROWS_FOR_EACH`] for each id. A webhook some of whose rows may
    /// lie behind the last row that was read is left out.
    fn webhooks_together(
        &self,
        user: &UserId,
        ids: &[WebhookId],
    ) -> impl Future<Output = Result<ReadTogether<Webhook, WebhookId>, PortError>> + Send;

    /// The user's webhooks in order of creation, at most `limit` (1–100), after `after`.
    fn list_webhooks(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<WebhookId>,
    ) -> impl Future<Output = Result<Page<Webhook, WebhookId>, PortError>> + Send;

    /// The number of the user's webhooks, by a consistent read.
    fn count_webhooks(
        &self,
        user: &UserId,
    ) -> impl Future<Output = Result<usize, PortError>> + Send;

    /// Stores `health`, without its notes, if the stored version is the one before it. Returns whether
    /// it did. A write whose response was lost may return `false` when it is repeated, although it was
    /// successful.
    fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Writes a note into the stored health, unless it has that or a later one. Changes nothing else, and
    /// does not create a health. Returns whether it did. A write whose response was lost may return `false`
    /// when it is repeated, although it was successful.
    fn note(
        &self,
        user: &UserId,
        webhook: WebhookId,
        note: Note,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}
