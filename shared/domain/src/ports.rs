//! What the handlers need from the outside. Operations on one table or service that the same
//! functions may carry out are one trait: the traits that a function names read like its IAM policy.
//! No trait has an operation that one of the functions that use it may not carry out.
//!
//! Each trait has an implementation over AWS, one in memory and one in the simulation; the suite of
//! the ports runs against the first two.
//!
//! Every operation can be repeated. An error says that its effect is unknown: it may have happened.

mod clock;
mod deliveries;
mod echoes;
mod event_types;
mod events;
mod issuer;
mod keys;
mod notices;
mod portal;
mod queues;
mod replays;
mod send;
mod waits;
mod webhooks;

pub use clock::{Clock, GenerateIds};
pub use deliveries::{
    CreateDeliveries, Created, Deliveries, DeliveryLog, FindDeliveries, Recorded, SettledPage,
    UpdateDeliveries, WaitingPage, WaitingRow,
};
pub use echoes::Echoes;
pub use event_types::EventTypes;
pub use events::{ClaimKeys, EventLog, ReadEvents, StoreEvents};
pub use issuer::FetchIssuerKeys;
pub use keys::Keys;
pub use notices::SendNotices;
pub use portal::PortalLinks;
pub use queues::{DeadLetters, EnqueueAttempts, EnqueueEvents, IsolateMessages};
pub use replays::{Replays, Stored};
pub use send::SendRequests;
pub use waits::{StartWaits, WaitState};
pub use webhooks::{ReadSubscriptions, ReserveSlots, StoreWebhooks, Webhooks};

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
