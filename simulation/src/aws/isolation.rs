//! Moves messages from a function's queue to its isolation queue.

use super::{
    Aws,
    fate::{self, Entry},
    queues::count_copies,
};
use crate::{counts::Count, mutation::Mutation, plan::Part, sim::Sim, vocabulary::Queue};
use grapnel_domain::{
    message::{QueueMessage, Record},
    ports::{IsolateMessages, PortError},
};

/// From one queue to its isolation queue.
pub(crate) struct Isolation {
    aws: Aws,
    from: Queue,
}

impl Isolation {
    pub(crate) const fn new(aws: Aws, from: Queue) -> Self {
        Self { aws, from }
    }
}

impl IsolateMessages for Isolation {
    async fn isolate(&self, messages: &[Record]) -> Vec<Result<(), PortError>> {
        if self.aws.sim().mutation() == Some(Mutation::RemovesBeforeIsolating) {
            self.remove(messages).await;
        }
        let answers = self.send(messages).await;
        let sent = messages.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        let sent: Vec<Record> = sent.map(|(message, _)| message.clone()).collect();
        self.remove(&sent).await;
        answers
    }
}

impl Isolation {
    async fn send(&self, messages: &[Record]) -> Vec<Result<(), PortError>> {
        let entries: Vec<Entry> = messages.iter().map(|_| fate::of_entry(self.aws.sim())).collect();
        let arrives = |(message, entry): (&Record, &Entry)| {
            (!matches!(entry, Entry::Failed)).then(|| message.clone())
        };
        let arriving: Vec<Record> = messages.iter().zip(&entries).filter_map(arrives).collect();
        let to = self.from.isolation();
        let effect = move |sim: &Sim| {
            arriving.iter().for_each(|message| put(sim, to, message));
            Ok(())
        };
        match self.aws.write(Part::Queues, "isolate messages", effect).await {
            Err(error) => vec![Err(error); messages.len()],
            Ok(()) => entries.into_iter().map(Entry::answer).collect(),
        }
    }

    /// The result does not matter: Lambda removes them too.
    async fn remove(&self, messages: &[Record]) {
        if messages.is_empty() {
            return;
        }
        let receipts: Vec<String> =
            messages.iter().map(|message| message.receipt.clone()).collect();
        let from = self.from;
        let effect = move |sim: &Sim| {
            receipts.iter().for_each(|receipt| sim.queue(from).acknowledge(receipt));
            Ok(())
        };
        drop(self.aws.write(Part::Queues, "remove originals", effect).await);
    }
}

/// A message reaches an isolation queue.
fn put(sim: &Sim, to: Queue, message: &Record) {
    let id = sim.queue(to).forward(message);
    sim.poll_at(to, sim.now());
    sim.count(Count::Isolated);
    sim.trace(|| format!("{} is isolated as {id}", message.message_id));
    let target = match QueueMessage::parse(&message.body) {
        Ok(QueueMessage::MakeAttempt(attempt)) => attempt.target,
        Ok(QueueMessage::Check(check)) => check.target,
        _ => return,
    };
    count_copies(sim, target.delivery_id, id);
}
