//! Delivery: from a message on the delivery queue to a request on the wire, a line in the log, and
//! whatever has to come next.
//!
//! Each message ends in a [`Done`] or a [`StepError`]. The order within a step is the promise:
//! record, then schedule, then acknowledge, each repeatable.
//!
//! - [`ready`]: an attempt is due. Read, and see whether it may be made; [`limit`]: whether its turn
//!   has come. [`attempt`]: it is made. Send, record, schedule. [`recording`]: the record is written,
//!   however often that takes.
//! - [`stale`]: its attempt is on record already. See that the next one comes.
//! - [`check`]: look whether an attempt came, and send its message if it did not.
//! - [`release`]: a shared wait is over. Let go whoever waited.
//! - [`circuit`]: the gate before an attempt; [`health`]: what attempts say about their endpoints;
//!   [`release_parked`]: a circuit is due, or closed. Let go whoever it kept back.
//! - [`reopen`]: a replay asks for a delivery that failed. Take it up again, then it is due.
//! - [`replay`]: a page of a bulk replay. Find, send, record, and send the next page's message.
//! - [`batch`]: ten messages at once, each on its own.

mod attempt;
mod batch;
mod check;
mod circuit;
mod health;
mod limit;
mod ready;
mod record;
mod recording;
mod release;
mod release_parked;
mod reopen;
mod replay;
mod stale;

pub use batch::BatchReport;

use grapnel_domain::{
    delivery::Reason,
    event::Retention,
    health::CircuitRules,
    message::{Attempt, QueueDelay, QueueMessage},
    ports::{EnqueueAttempts, Outgoing, PortError},
    time_budget::TimeBudget,
};
use std::time::Duration;

/// What differs between deployments.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How long rows live.
    pub retention: Retention,
    /// The longest wait that goes by queue; longer ones are shared.
    pub longest_queue_delay: QueueDelay,
    /// How long each step may take.
    pub time_budget: TimeBudget,
    /// How long the queue hides a message that is being worked on: never less than a run may last.
    pub visibility_timeout: Duration,
    /// When circuits open, and for how long.
    pub circuit: CircuitRules,
}

/// The delivery function over its ports.
#[derive(Debug, Clone)]
pub struct Deliver<W, E, D, Q, L, X, S, N, C> {
    /// The webhooks table, with the health of their endpoints.
    pub webhooks: W,
    /// The events table.
    pub events: E,
    /// The deliveries table.
    pub deliveries: D,
    /// The delivery queue.
    pub queue: Q,
    /// The delivery queue's dead letters.
    pub dead_letters: L,
    /// Shared waits, and those who watch circuits.
    pub waits: X,
    /// The way to receivers.
    pub sender: S,
    /// The platform's bus.
    pub notices: N,
    /// The present.
    pub clock: C,
    /// What differs between deployments.
    pub rules: Rules,
}

/// How a message was finished: it can be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The receiver took it; on record.
    Delivered,
    /// The attempt failed; on record, and the next one is scheduled.
    Rescheduled,
    /// The attempt failed; on record, and none follows.
    FailedForGood,
    /// No attempt was made: the delivery ended for this reason.
    Ended(Reason),
    /// The resolver did not answer; the same attempt comes later.
    Postponed,
    /// Its attempt was on record already, and the delivery has its next wake-up.
    Stale,
    /// Nothing is left to do: the delivery is settled, or its row is gone.
    NothingToDo,
    /// A check found its attempt missing and sent its message.
    Healed,
    /// A check that came too early was sent on.
    SentOn,
    /// Its endpoint's circuit is open: it waits for that.
    Parked,
    /// Its webhook's rate limit gave it a slot: it waits for that.
    RateLimited,
    /// A release let this many go.
    Released(usize),
    /// A page of a replay sent this many again.
    Replayed(usize),
}

/// Why a message could not be finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The message stays on the queue and comes again.
    #[error(transparent)]
    Later(PortError),
    /// It can never be finished and goes to the dead-letter queue with this reason.
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

/// Sends one message to the delivery queue.
async fn enqueue(queue: &impl EnqueueAttempts, message: Outgoing) -> Result<(), PortError> {
    let results = queue.enqueue(vec![message]).await;
    // A port that does not answer for a message did not send it.
    let unanswered = || Err(PortError::Unavailable("the queue did not answer".into()));
    results.into_iter().next().unwrap_or_else(unanswered)
}

/// Sends one message to the delivery queue, in its webhook's group.
async fn enqueue_one(
    queue: &impl EnqueueAttempts,
    message: QueueMessage,
    delay: QueueDelay,
) -> Result<(), PortError> {
    enqueue(queue, Outgoing::new(message, delay)).await
}

/// Sends an attempt's message to the delivery queue.
async fn enqueue_attempt(
    queue: &impl EnqueueAttempts,
    attempt: Attempt,
    delay: QueueDelay,
) -> Result<(), PortError> {
    enqueue_one(queue, QueueMessage::Attempt(attempt), delay).await
}
