//! What the handlers need from the outside, one trait per capability: the type of a handler reads
//! like its IAM policy. Each has two implementations, one over AWS and one in memory, and one
//! contract suite runs against both.
//!
//! Every operation can be repeated. An error says that its effect is unknown: it may have happened.

mod clock;
mod deliveries;
mod echoes;
mod event_types;
mod events;
mod health;
mod issuer;
mod keys;
mod portal;
mod publish;
mod queues;
mod replays;
mod send;
mod webhooks;

pub use clock::{Clock, GenerateIds, Pause};
pub use deliveries::{
    AttemptRecord, AwaitSlots, CreateDeliveries, Created, EndDeliveries, Ending,
    EraseFromDeliveries, FindWaiting, ListDeliveries, PayloadErasure, ReadDeliveries,
    ReadDeliveriesTogether, RecordAttempts, Recorded, ResponseErasure, SlotWait, StopWaiting,
    WaitingPage, WaitingRow,
};
pub use echoes::StoreEchoes;
pub use event_types::{ListEventTypes, ReadEventTypes, StoreEventTypes};
pub use events::{ErasePayloads, ListEvents, ReadEvents, StoreEvents};
pub use health::{
    FindParked, ParkDeliveries, ParkedRow, Parking, SendNotices, StoreHealth, UnparkDeliveries,
    WatchCircuits,
};
pub use issuer::FetchIssuerKeys;
pub use keys::{
    ApiKey, CountRequests, KeyHash, ListKeys, NoteKeyUse, ReadKeys, RevokeKeys, StoreKeys,
};
pub use portal::{ExchangePortalLinks, PortalLink, StorePortalLinks};
pub use publish::{ClaimKeys, PublishEvents};
pub use queues::{
    DeadLetters, EnqueueAttempts, IsolateMessages, MOST_WEBHOOK_GROUPS, OrderTests, Outgoing,
    StartWaits, WaitState,
};
pub use replays::{
    FindSettled, ListReplays, ReadReplays, ReopenDeliveries, Reopening, SettledPage, Stored,
    WriteReplays,
};
pub use send::SendRequests;
pub use webhooks::{ListWebhooks, ReadSubscriptions, ReadWebhooks, ReserveSlots, StoreWebhooks};

/// How sure a read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// May lag by some seconds; half the price.
    Eventual,
    /// Sees every write that was answered before it began.
    Strong,
}

/// Why a port could not do what it was asked. Retrying later is right for the first two.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Asked too often.
    #[error("throttled: {0}")]
    Throttled(String),
    /// Not reached, timed out, or broken on the other side.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// What is stored, or what was to be written, is not possible; retrying does not help.
    #[error("unusable: {0}")]
    Unusable(String),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T, C> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins: after this. `None` on the last page.
    pub next: Option<C>,
}
