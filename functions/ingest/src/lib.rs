//! Ingest: from an event on the events queue to one delivery for every matching webhook.
//!
//! The order of the steps keeps the promises. The event is stored together with its webhooks, which
//! are decided only once; then each delivery is recorded; then its first attempt is enqueued; only
//! then is the event's message acknowledged. Every step can be repeated, because every id is
//! derived: if the function dies at any step, the message is received again and finds what is
//! stored.
//!
//! [`fan_out`] does this for one event. [`Ingest::handle`] does it for a batch, and sends the
//! messages of all events together, ten in a call. An event with slow filters does not delay the
//! others: they are enqueued before it is begun again ([`audience`]).

mod audience;
mod batch;
mod conflicts;
mod fan_out;
mod ports;

pub use batch::BatchReport;
pub use conflicts::tell;
pub use ports::{Ingest, Ports};

use grapnel_domain::{delay::QueueDelay, event::Retention};
use std::time::Duration;

/// Seconds after the delivery function's timeout before a repeated message may run: a run of the
/// first message has ended by then.
const REPEAT_MARGIN: Duration = Duration::from_secs(5);

/// The settings of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How long rows are kept.
    pub retention: Retention,
    /// The time limit of the delivery function.
    pub delivery_timeout: Duration,
}

impl Rules {
    /// The delay of an attempt that may already be queued.
    fn repeat_delay(&self) -> QueueDelay {
        QueueDelay::at_most((self.delivery_timeout + REPEAT_MARGIN).as_secs())
    }
}
