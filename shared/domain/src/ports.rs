//! The ports: everything that handlers need from the outside. One trait has the operations on one
//! table or service that the same functions may carry out, so the traits that a function names read
//! like its IAM policy. No trait has an operation that one of its functions may not carry out.
//!
//! Each trait has an implementation over AWS, one in memory and one in the simulation. The port
//! contract runs on the first two.
//!
//! Every operation can be repeated. After an error its effect is unknown: it may have happened.

mod clock;
mod deliveries;
mod echoes;
mod event_types;
mod events;
mod issuer;
mod keys;
mod notices;
mod once;
mod portal;
mod queues;
mod replays;
mod send;
mod tending;
mod waits;
mod webhooks;

pub use clock::{Clock, GenerateIds};
pub use deliveries::{
    CreateDeliveries, Created, Deliveries, DeliveryLog, MOST_KEYS, Recorded, SettledPage,
    UpdateDeliveries,
};
pub use echoes::Echoes;
pub use event_types::EventTypes;
pub use events::{ClaimKeys, EventLog, ReadEvents, StoreEvents};
pub use issuer::FetchIssuerKeys;
pub use keys::Keys;
pub use notices::SendNotices;
pub use once::ReadOnce;
pub use portal::PortalLinks;
pub use queues::{DeadLetters, EnqueueAttempts, EnqueueEvents, IsolateMessages, MOST_MESSAGES};
pub use replays::{Replays, Stored};
pub use send::SendRequests;
pub use tending::TendDeliveries;
pub use waits::{StartWaits, WaitState};
pub use webhooks::{ROWS_FOR_EACH, ReadSubscriptions, ReserveSlots, StoreWebhooks, Webhooks};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// May lag by some seconds; half the price.
    Eventual,
    /// Sees every write that was answered before the read began.
    Strong,
}

/// Why an operation failed. After the first two, a later retry is right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    #[error("throttled: {0}")]
    Throttled(String),
    /// Not reached, timed out, or a failure of the other side.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The stored or the new value is invalid; a retry does not help.
    #[error("unusable: {0}")]
    Unusable(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Page<T, C> {
    /// In the list's order.
    pub items: Vec<T>,
    /// The next page begins after this. `None` on the last page.
    pub next: Option<C>,
}

/// The result of one read of several rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadTogether<T, K> {
    /// In no order.
    pub found: Vec<T>,
    /// Those that this read left out, or whose rows are unreadable: each is to be read alone. What
    /// is neither here nor found does not exist, as far as this read sees.
    pub unread: Vec<K>,
}
