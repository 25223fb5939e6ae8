//! Going through a dead-letter queue, to list its messages or to send them back.

use super::{letter::Letter, selection::Selection, source::Source};
use crate::failure::Failure;
use futures::future::join_all;
use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};

/// After so many pages without a new message the walk ends. Messages that were left show again after
/// their time hidden, so on a long queue such a page is not yet the end.
const PAGES_WITHOUT_NEWS: usize = 5;

/// The queues of a stack.
pub(crate) trait Queues {
    /// Some messages, which are hidden from then on for some time. None means that there are none.
    async fn receive(&self, queue: Source) -> Result<Vec<Letter>, Failure>;

    /// Sends a copy of a message to the queue where its messages come from.
    async fn send(&self, letter: &Letter) -> Result<(), Failure>;

    /// Deletes a message.
    async fn delete(&self, letter: &Letter) -> Result<(), Failure>;

    /// Shows messages again that were received, by their receipts. If this fails they show again by
    /// themselves.
    async fn give_back(&self, queue: Source, receipts: Vec<String>);
}

/// What is done with the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// They are looked at.
    List,
    /// They are sent back: those without a reason, and if it is asked for all.
    Redrive { with_reason: bool },
}

/// What was done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was sent back.
    SentBack,
    /// It stays.
    Left,
}

/// Receives the messages and the progress.
pub(crate) trait Observer {
    /// A message of the selection; whether to go on.
    fn see(&mut self, letter: &Letter, fate: Fate) -> Result<ControlFlow<()>, Failure>;

    /// So many messages of the queue were received so far.
    fn progress(&mut self, queue: Source, received: usize) -> Result<(), Failure>;
}

/// A walk through one queue.
pub(crate) struct Walk<'a, Q> {
    pub(crate) queues: &'a Q,
    pub(crate) queue: Source,
    pub(crate) selection: &'a Selection,
    pub(crate) task: Task,
    /// Whether somebody wants it to end.
    pub(crate) stop: &'a Cell<bool>,
}

/// What has been seen so far.
#[derive(Debug, Default)]
struct Seen {
    /// Messages by id. One that is left comes again when its time hidden is over.
    ids: HashSet<String>,
    /// Bodies with a reason that were sent back. The function may put them aside again at once.
    sent_with_reason: HashSet<String>,
    /// What has to be given back: the receipt by the message's id.
    held: HashMap<String, String>,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    SendBack,
    Leave,
    /// It is not wanted.
    PassOver,
}

impl Seen {
    /// Takes note of a message; whether it is new.
    fn note(&mut self, letter: &Letter) -> bool {
        self.held.insert(letter.message_id.clone(), letter.receipt.clone());
        self.ids.insert(letter.message_id.clone())
    }

    fn decide(&mut self, letter: &Letter, selection: &Selection, task: Task) -> Decision {
        if !selection.has(letter) {
            return Decision::PassOver;
        }
        let goes_back = match (task, &letter.reason) {
            (Task::List, _) => false,
            (Task::Redrive { .. }, None) => true,
            (Task::Redrive { with_reason }, Some(_)) => {
                (with_reason || selection.names_reasons())
                    && self.sent_with_reason.insert(letter.body.clone())
            }
        };
        if goes_back { Decision::SendBack } else { Decision::Leave }
    }
}

impl<Q: Queues> Walk<'_, Q> {
    /// Goes through the queue until it has nothing new, the observer has seen enough, or somebody wants
    /// it to end. Whatever ends it, what is left is given back.
    ///
    /// # Errors
    /// When AWS refuses, or the observer does.
    pub(crate) async fn run(&self, observer: &mut impl Observer) -> Result<(), Failure> {
        let mut seen = Seen::default();
        let result = self.pages(&mut seen, observer).await;
        self.queues.give_back(self.queue, seen.held.into_values().collect()).await;
        result
    }

    async fn pages(&self, seen: &mut Seen, observer: &mut impl Observer) -> Result<(), Failure> {
        let mut without_news = 0;
        while without_news < PAGES_WITHOUT_NEWS && !self.stop.get() {
            let page = self.queues.receive(self.queue).await?;
            if page.is_empty() {
                return Ok(());
            }
            let new: Vec<Letter> = page.into_iter().filter(|letter| seen.note(letter)).collect();
            without_news = if new.is_empty() { without_news + 1 } else { 0 };
            if self.page(seen, new, observer).await?.is_break() {
                return Ok(());
            }
            observer.progress(self.queue, seen.ids.len())?;
        }
        Ok(())
    }

    async fn page(
        &self,
        seen: &mut Seen,
        letters: Vec<Letter>,
        observer: &mut impl Observer,
    ) -> Result<ControlFlow<()>, Failure> {
        let mut to_send = Vec::new();
        for letter in letters {
            match seen.decide(&letter, self.selection, self.task) {
                Decision::PassOver => {}
                Decision::SendBack => to_send.push(letter),
                Decision::Leave => {
                    if observer.see(&letter, Fate::Left)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        let sent = join_all(to_send.iter().map(|letter| self.send_back(letter))).await;
        let mut failure = None;
        for (letter, result) in to_send.iter().zip(sent) {
            match result {
                Ok(()) => {
                    seen.held.remove(&letter.message_id);
                    // To the end: what was sent back has to be told.
                    let _ = observer.see(letter, Fate::SentBack)?;
                }
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(ControlFlow::Continue(())), Err)
    }

    /// Sends a copy of a message and then deletes the message, in this order.
    async fn send_back(&self, letter: &Letter) -> Result<(), Failure> {
        let id = &letter.message_id;
        self.queues.send(letter).await.map_err(|failure| {
            failure.within(format!("message {id} was not sent back, and stays a dead letter"))
        })?;
        self.queues.delete(letter).await.map_err(|failure| {
            failure.within(format!("message {id} was sent back, and its copy stays a dead letter"))
        })
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
