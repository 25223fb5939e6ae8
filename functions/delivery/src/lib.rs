//! Delivery: from a message on the delivery queue to a request to the receiver, a recorded attempt,
//! and the next step.
//!
//! Each message ends in a [`Done`] or a [`StepError`]. The order within a step keeps the promises:
//! record, then schedule, then acknowledge. Each can be repeated.
//!
//! - [`ready`]: an attempt is due: may it be made? [`limit`]: does it have a rate limit slot?
//!   [`attempt`]: send the request, record, schedule. [`recording`]: write the record, with
//!   retries.
//! - [`stale`]: the attempt is already recorded: make sure that the next one comes.
//! - [`check`]: was the attempt made? If not, send its message.
//! - [`circuit`]: the gate before an attempt; [`health`]: the health of endpoints;
//!   [`wake_up`]: an open circuit breaker wakes when it is due; [`release_parked`]: it is due or closed:
//!   release its deliveries.
//! - [`reopen`]: a replay resends a failed delivery: reopen it, then it is due.
//! - [`replay`]: one page of a replay: find deliveries, send their messages, record the page, send
//!   the next page's message.
//! - [`batch`]: ten messages, processed concurrently and independently. [`common`]: what they share.
//!   [`outbox`]: what they send to the queue, gathered into few calls.

mod attempt;
mod batch;
mod check;
mod circuit;
mod common;
mod health;
mod limit;
mod outbox;
mod parked_rows;
mod ports;
mod ready;
mod record;
mod recording;
mod release_parked;
mod reopen;
mod replay;
mod stale;
mod wake_up;

pub use batch::BatchReport;
pub use ports::{Deliver, Ports};

use grapnel_domain::{
    delay::QueueDelay,
    delivery::Reason,
    event::Retention,
    health::CircuitRules,
    message::{Outgoing, QueueMessage},
    ports::{EnqueueAttempts, PortError},
    time_budget::TimeBudget,
};
use std::time::Duration;

/// The settings of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How long rows are kept.
    pub retention: Retention,
    /// The longest wait by queue; longer waits are shared.
    pub longest_queue_delay: QueueDelay,
    /// Time limits of the steps.
    pub time_budget: TimeBudget,
    /// How long the queue hides a message that is being processed: at least the function's time
    /// limit.
    pub visibility_timeout: Duration,
    /// When circuit breakers open, and for how long.
    pub circuit: CircuitRules,
}

/// How a message was finished. It can be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The receiver accepted it; recorded.
    Delivered,
    /// The attempt failed; recorded, and the next attempt is scheduled.
    Rescheduled,
    /// The attempt failed; recorded, and there is no further attempt.
    FailedForGood,
    /// No attempt was made: the delivery ended for this reason.
    Ended(Reason),
    /// The name server did not answer; the same attempt is made later.
    Postponed,
    /// The attempt was already recorded, and the delivery has its next wake-up.
    Stale,
    /// The delivery is settled, or its row does not exist.
    NothingToDo,
    /// A check found its attempt missing and sent its message.
    Healed,
    /// A check that came too early was sent again.
    SentOn,
    /// The endpoint's circuit breaker is open: the delivery is parked.
    Parked,
    /// The delivery waits for its rate limit slot.
    RateLimited,
    /// A release sent the messages of this many deliveries, and the next release if there is one.
    Released(usize),
    /// A page of a replay resent this many deliveries.
    Replayed(usize),
}

/// Why a message could not be finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The message stays in the queue and is received again.
    #[error(transparent)]
    Later(PortError),
    /// The message can never be finished. It goes to the dead-letter queue with this reason.
    #[error("{0}")]
    Never(String),
}

impl From<PortError> for StepError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Unusable(reason) => Self::Never(reason),
            PortError::Throttled(_) | PortError::Unavailable(_) => Self::Later(error),
        }
    }
}

/// The result of one message.
pub type StepResult = Result<Done, StepError>;

/// Sends one message to the delivery queue at once, in its webhook's group.
async fn enqueue_one(
    queue: &impl EnqueueAttempts,
    message: QueueMessage,
    delay: QueueDelay,
) -> Result<(), PortError> {
    let results = queue.enqueue(vec![Outgoing::new(message, delay)]).await;
    results.into_iter().next().unwrap_or_else(|| Err(outbox::unanswered()))
}
