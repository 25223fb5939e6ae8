//! The messages that a batch sends to the delivery queue, gathered into few calls.
//!
//! A message for the queue waits for others of its batch for at most [`GATHERING`]. It does not
//! wait if no other can come, so a batch of one is never delayed. It never waits until an attempt
//! under way has ended. Each sender gets the result for its own message.

use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
    future::Fuse,
    select_biased,
    stream::FuturesUnordered,
};
use grapnel_domain::{
    delay::QueueDelay,
    message::{MakeAttempt, Outgoing, QueueMessage},
    ports::{Clock, EnqueueAttempts, MOST_MESSAGES, PortError},
};
use std::{panic::AssertUnwindSafe, pin::pin, time::Duration};

/// The longest time from the first gathered message to its call. With 512 MB it costs a third of the
/// call that one more message saves, and only if the invocation would have ended before.
const GATHERING: Duration = Duration::from_millis(20);

/// A message for the queue, and the sender that waits for its result.
struct Gathered {
    message: Outgoing,
    answer: oneshot::Sender<Result<(), PortError>>,
}

/// A step of one of the batch's messages.
enum Step {
    /// It sends a message, and waits for the result.
    Sends(Box<Gathered>),
    /// It is finished, and sends no more.
    Ends,
}

/// Where the messages of a batch send their next messages.
pub(crate) struct Outbox(mpsc::UnboundedSender<Step>);

/// The steps of a batch's messages.
pub(crate) struct Steps(mpsc::UnboundedReceiver<Step>);

pub(crate) fn open() -> (Outbox, Steps) {
    let (steps, taken) = mpsc::unbounded();
    (Outbox(steps), Steps(taken))
}

/// One of the batch's messages is being processed. Dropped when that ends, also by a panic.
pub(crate) struct AtWork<'o>(&'o Outbox);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        // If nobody gathers any more, nobody needs to know.
        drop(self.0.0.unbounded_send(Step::Ends));
    }
}

impl Outbox {
    pub(crate) const fn enter(&self) -> AtWork<'_> {
        AtWork(self)
    }

    /// Sends one message to the delivery queue. After `Ok` this very message was sent.
    pub(crate) async fn send(&self, message: Outgoing) -> Result<(), PortError> {
        let (answer, sent) = oneshot::channel();
        // If nobody gathers any more, there is no answer, and the next line fails.
        let step = Step::Sends(Box::new(Gathered { message, answer }));
        drop(self.0.unbounded_send(step));
        sent.await.map_err(|_| unanswered())?
    }

    /// Sends one message to the delivery queue, in its webhook's group.
    pub(crate) async fn send_one(
        &self,
        message: QueueMessage,
        delay: QueueDelay,
    ) -> Result<(), PortError> {
        self.send(Outgoing::new(message, delay)).await
    }

    /// Sends an attempt's message to the delivery queue.
    pub(crate) async fn send_attempt(
        &self,
        attempt: MakeAttempt,
        delay: QueueDelay,
    ) -> Result<(), PortError> {
        self.send_one(QueueMessage::MakeAttempt(attempt), delay).await
    }
}

/// A port that returns no result for a message did not send it.
pub(crate) fn unanswered() -> PortError {
    PortError::Unavailable("the queue did not answer".into())
}

/// Sends what a batch with this many messages puts into its outbox, until all of them are finished.
/// A panic is a bug; the messages without an answer fail.
pub(crate) async fn send_gathered(
    queue: &impl EnqueueAttempts,
    clock: &impl Clock,
    messages: usize,
    steps: Steps,
) {
    let gathering = gather(queue, clock, messages, steps.0);
    if AssertUnwindSafe(gathering).catch_unwind().await.is_err() {
        tracing::error!("sending the messages of a batch panicked");
    }
}

async fn gather(
    queue: &impl EnqueueAttempts,
    clock: &impl Clock,
    messages: usize,
    mut steps: mpsc::UnboundedReceiver<Step>,
) {
    let mut unfinished = messages;
    // Those that can still send a message: neither finished nor waiting for a result.
    let mut at_work = messages;
    let mut gathered: Vec<Gathered> = Vec::new();
    let mut calls = FuturesUnordered::new();
    let mut time = pin!(Fuse::terminated());
    while unfinished > 0 {
        let mut is_due = false;
        select_biased! {
            step = steps.select_next_some() => {
                at_work -= 1;
                match step {
                    Step::Sends(message) => {
                        if gathered.is_empty() {
                            time.set(clock.wait(GATHERING).fuse());
                        }
                        gathered.push(*message);
                    }
                    Step::Ends => unfinished -= 1,
                }
            }
            answered = calls.select_next_some() => at_work += answered,
            () = time => is_due = true,
        }
        let is_complete = at_work == 0 || gathered.len() == MOST_MESSAGES;
        if !gathered.is_empty() && (is_due || is_complete) {
            calls.push(send_together(queue, std::mem::take(&mut gathered)));
            time.set(Fuse::terminated());
        }
    }
}

/// Sends these messages in one call, and answers their senders. Returns their number.
async fn send_together(queue: &impl EnqueueAttempts, gathered: Vec<Gathered>) -> usize {
    let (messages, senders): (Vec<_>, Vec<_>) =
        gathered.into_iter().map(|Gathered { message, answer }| (message, answer)).unzip();
    let count = senders.len();
    let mut results = queue.enqueue(messages).await.into_iter();
    for sender in senders {
        let result = results.next().unwrap_or_else(|| Err(unanswered()));
        // The sender may have been dropped.
        drop(sender.send(result));
    }
    count
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
