use super::{Consistency, Page, PortError, Recorded};
use crate::{
    delivery::DeliveryKey,
    ids::{DeliveryId, ReplayId, UserId, WebhookId},
    replay::{Reopened, Replay, ReplayFilter, SettledRow},
    time::Timestamp,
};

/// Reads single replays.
pub trait ReadReplays: Send + Sync {
    /// The replay, if this user has it.
    fn replay(
        &self,
        user: &UserId,
        id: ReplayId,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<Replay>, PortError>> + Send;
}

/// Lists replays.
pub trait ListReplays: Send + Sync {
    /// The user's replays, newest first, at most `limit` (1–100), after `after`.
    fn list_replays(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<ReplayId>,
    ) -> impl Future<Output = Result<Page<Replay, ReplayId>, PortError>> + Send;
}

/// What became of a conditional write to a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Yes,
    /// The condition did not hold. The replay as it stands; `None` if there is none.
    Refused(Option<Box<Replay>>),
}

/// Writes replays.
pub trait WriteReplays: Send + Sync {
    /// Stores a new replay, on condition that it is not there.
    fn store_replay(
        &self,
        replay: &Replay,
    ) -> impl Future<Output = Result<Stored, PortError>> + Send;

    /// Stores the progress of `replay`, whose last page is number `replay.page - 1`, on condition
    /// that exactly the pages before that one are on record. What was asked for stays.
    fn advance_replay(
        &self,
        replay: &Replay,
    ) -> impl Future<Output = Result<Stored, PortError>> + Send;
}

/// Some of a webhook's settled deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledPage {
    /// Those found, oldest first. Not every one need fit the filter.
    pub rows: Vec<SettledRow>,
    /// How many were looked at to find them.
    pub examined: u64,
    /// Where the next page begins: after this. `None` on the last page.
    pub next: Option<DeliveryId>,
}

/// Finds settled deliveries, by reads that may lag.
pub trait FindSettled: Send + Sync {
    /// A page of the webhook's deliveries of this status and time, oldest first, after `after`. It
    /// looks at 100 at most, and may find none of them and still not be the last. What else the
    /// filter says need not be looked at.
    fn settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> impl Future<Output = Result<SettledPage, PortError>> + Send;
}

/// A failed delivery on its way back into the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopening {
    /// The delivery.
    pub key: DeliveryKey,
    /// By which replay, and how many attempts it must have.
    pub reopened: Reopened,
    /// When its next attempt is due.
    pub due: Timestamp,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
}

/// Takes failed deliveries up again.
pub trait ReopenDeliveries: Send + Sync {
    /// Makes the delivery `retrying` and takes its reason away, on condition that it is `failed`,
    /// has exactly as many attempts as `reopening` says, may be reopened
    /// ([`may_be_reopened`](crate::delivery::Delivery::may_be_reopened)), and was not reopened before
    /// by this replay or a later one.
    fn reopen_delivery(
        &self,
        reopening: Reopening,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;
}
