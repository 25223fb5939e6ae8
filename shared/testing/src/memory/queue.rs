//! A queue like SQS: delays, visibility, groups, and an end after too many receptions.

mod groups;
mod queued;
mod state;

pub use queued::{MAX_RECEIVES, MOST_IN_FLIGHT, Queued, Received};

use crate::clock::ManualClock;
use grapnel_domain::{
    message::{Attribute, Record},
    ports::Clock,
    time::Timestamp,
};
use state::State;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A queue in memory. Clones are the same queue.
#[derive(Debug, Clone)]
pub struct MemoryQueue {
    clock: ManualClock,
    /// What its names of messages begin with; their number follows.
    name: &'static str,
    state: Arc<Mutex<State>>,
}

impl MemoryQueue {
    /// A queue whose names of messages begin with `name`.
    pub(super) fn new(clock: ManualClock, name: &'static str) -> Self {
        Self { clock, name, state: Arc::default() }
    }

    /// Hides received messages for this long.
    pub fn set_visibility_timeout(&self, timeout: Duration) {
        self.state().visibility_timeout = timeout;
    }

    /// Puts a message aside after it was received this often.
    pub fn set_max_receives(&self, most: u32) {
        self.state().max_receives = most;
    }

    /// Puts a message on the queue, and answers what the queue calls it.
    pub fn send(
        &self,
        body: impl Into<String>,
        group: impl Into<String>,
        delay: Duration,
    ) -> String {
        self.send_with(body.into(), group.into(), BTreeMap::new(), delay)
    }

    /// Puts a message on the queue that came from another one, and answers what this one calls it.
    pub fn forward(&self, message: &Record) -> String {
        let Record { body, group, attributes, .. } = message.clone();
        self.send_with(body, group.unwrap_or_default(), attributes, Duration::ZERO)
    }

    fn send_with(
        &self,
        body: String,
        group: String,
        attributes: BTreeMap<String, Attribute>,
        delay: Duration,
    ) -> String {
        let now = self.clock.now();
        let due = now.plus(delay);
        let mut state = self.state();
        state.sent += 1;
        let number = state.sent;
        let id = format!("{}-{number}", self.name);
        let (id_of_it, sent_at) = (id.clone(), now);
        let message = Queued { id: id_of_it, body, group, due, attributes, sent_at, receptions: 0 };
        state.put(number, message, now);
        id
    }

    /// Everything on the queue, also what is not due or hidden, in the order of sending.
    #[must_use]
    pub fn messages(&self) -> Vec<Queued> {
        self.state().messages.values().cloned().collect()
    }

    /// Takes everything off the queue that is due, in the order of due times.
    #[must_use]
    pub fn take_due(&self) -> Vec<Queued> {
        let now = self.clock.now();
        let mut state = self.state();
        let due = state.due(now);
        let mut taken: Vec<Queued> =
            due.into_iter().filter_map(|number| state.remove(number, now)).collect();
        taken.sort_by_key(|message| message.due);
        taken
    }

    /// Receives up to `most` messages that are due and hides them for the visibility timeout. One
    /// that was received too often is put aside instead.
    #[must_use]
    pub fn receive(&self, most: usize) -> Vec<Received> {
        self.receive_where(most, |_| true)
    }

    /// The same, for messages that `take` chooses: a queue keeps no order. The others stay as they are.
    #[must_use]
    pub fn receive_where(
        &self,
        most: usize,
        mut take: impl FnMut(&Queued) -> bool,
    ) -> Vec<Received> {
        let now = self.clock.now();
        let mut state = self.state();
        let mut received = Vec::new();
        for number in state.due(now) {
            if received.len() == most {
                break;
            }
            if state.messages.get(&number).is_some_and(&mut take) {
                received.extend(state.receive(number, now));
            }
        }
        received
    }

    /// The same, in the order in which a fair queue hands messages out: see [`Groups::next`].
    #[must_use]
    pub fn receive_fairly(&self, most: usize) -> Vec<Received> {
        let now = self.clock.now();
        let mut state = self.state();
        state.catch_up(now);
        let mut received = Vec::new();
        while received.len() < most
            && state.groups.in_flight() < MOST_IN_FLIGHT
            && let Some(number) = state.groups.next(now)
        {
            received.extend(state.receive(number, now));
        }
        received
    }

    /// Whether anything can be received.
    #[must_use]
    pub fn has_due(&self) -> bool {
        let now = self.clock.now();
        let mut state = self.state();
        state.catch_up(now);
        state.groups.any_due()
    }

    /// Removes a received message for good.
    pub fn acknowledge(&self, id: &str) {
        if let Some(number) = self.number_of(id) {
            let now = self.clock.now();
            self.state().remove(number, now);
        }
    }

    /// Makes a received message visible at once.
    pub fn give_back(&self, id: &str) {
        let now = self.clock.now();
        let mut state = self.state();
        if let Some(number) = self.number_of(id)
            && let Some(message) = state.remove(number, now)
        {
            state.put(number, Queued { due: now, ..message }, now);
        }
    }

    /// Whether this message is on the queue, also if it is not due or hidden.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.number_of(id).is_some_and(|number| self.state().messages.contains_key(&number))
    }

    /// How many messages there are that `matches` chooses, also of those not due or hidden.
    #[must_use]
    pub fn count(&self, matches: impl Fn(&Queued) -> bool) -> usize {
        self.state().messages.values().filter(|message| matches(message)).count()
    }

    /// When the next message is due, if there is one.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.state().messages.values().map(|message| message.due).min()
    }

    /// What was received too often.
    #[must_use]
    pub fn exhausted(&self) -> Vec<Queued> {
        self.state().exhausted.clone()
    }

    /// Takes away what was received too often.
    #[must_use]
    pub fn take_exhausted(&self) -> Vec<Queued> {
        std::mem::take(&mut self.state().exhausted)
    }

    /// Puts back what was received too often, as a redrive does: due at once, and with no receipt
    /// counted. Answers how many.
    pub fn redrive(&self) -> usize {
        let now = self.clock.now();
        let mut state = self.state();
        let exhausted = std::mem::take(&mut state.exhausted);
        let count = exhausted.len();
        for message in exhausted {
            if let Some(number) = self.number_of(&message.id) {
                state.put(number, Queued { due: now, receptions: 0, ..message }, now);
            }
        }
        count
    }

    /// The number in a message's name; `None` if it is another queue's message.
    fn number_of(&self, id: &str) -> Option<u64> {
        id.strip_prefix(self.name)?.strip_prefix('-')?.parse().ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
