//! What is on a queue, and what is due.

use super::{
    groups::Groups,
    queued::{MAX_RECEIVES, Queued, Received},
};
use crate::clock::VISIBILITY_TIMEOUT;
use grapnel_domain::time::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The messages of a queue, by number, and its settings.
#[derive(Debug)]
pub(super) struct State {
    pub(super) visibility_timeout: Duration,
    pub(super) max_receives: u32,
    pub(super) sent: u64,
    /// By number, which is the order of sending.
    pub(super) messages: BTreeMap<u64, Queued>,
    /// Those that are not due yet, or hidden.
    later: BTreeSet<(Timestamp, u64)>,
    /// Those that were due when the queue was last looked at.
    pub(super) groups: Groups,
    pub(super) exhausted: Vec<Queued>,
}

impl Default for State {
    /// Nothing on the queue, and the template's settings.
    fn default() -> Self {
        Self {
            visibility_timeout: VISIBILITY_TIMEOUT,
            max_receives: MAX_RECEIVES,
            sent: 0,
            messages: BTreeMap::new(),
            later: BTreeSet::new(),
            groups: Groups::default(),
            exhausted: Vec::new(),
        }
    }
}

impl State {
    pub(super) fn put(&mut self, number: u64, message: Queued, now: Timestamp) {
        if message.due <= now {
            self.groups.due(&message.group, number);
        } else {
            self.later.insert((message.due, number));
        }
        self.messages.insert(number, message);
    }

    pub(super) fn remove(&mut self, number: u64, now: Timestamp) -> Option<Queued> {
        let message = self.messages.remove(&number)?;
        self.later.remove(&(message.due, number));
        self.groups.gone(&message.group, number, now);
        Some(message)
    }

    /// Receives one message that is due; `None` if that was once too often.
    pub(super) fn receive(&mut self, number: u64, now: Timestamp) -> Option<Received> {
        let mut message = self.messages.remove(&number)?;
        self.groups.gone(&message.group, number, now);
        if message.receptions >= self.max_receives {
            self.exhausted.push(message);
            return None;
        }
        message.receptions += 1;
        message.due = now.plus(self.visibility_timeout);
        self.groups.received(&message.group, number, now);
        self.put(number, message.clone(), now);
        Some(message)
    }

    /// The numbers of what is due, in the order of sending.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<u64> {
        self.catch_up(now);
        // A clock may have been set back.
        let is_due = |number: &u64| self.messages.get(number).is_some_and(|m| m.due <= now);
        self.groups.all_due().filter(is_due).collect()
    }

    /// Shows what has become due.
    pub(super) fn catch_up(&mut self, now: Timestamp) {
        while let Some((due, number)) = self.later.first().copied()
            && due <= now
        {
            self.later.pop_first();
            if let Some(message) = self.messages.get(&number) {
                self.groups.gone(&message.group, number, now);
                self.groups.due(&message.group, number);
            }
        }
    }
}
