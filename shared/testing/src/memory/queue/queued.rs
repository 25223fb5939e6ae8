//! A message on a queue.

use grapnel_domain::{
    message::{Attribute, QueueMessage, Record},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// How often a message is received before it is put aside, as the template sets it.
pub const MAX_RECEIVES: u32 = 120;

/// How many messages of a queue can be in flight: while there are so many, SQS hands out no other.
pub const MOST_IN_FLIGHT: usize = 120_000;

/// A message on the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// What the queue calls it.
    pub id: String,
    /// Its text.
    pub body: String,
    /// Its group; empty if it was sent without one.
    pub group: String,
    /// From when on it can be received.
    pub due: Timestamp,
    /// Its attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How often it was received.
    pub receptions: u32,
}

impl Queued {
    /// Its text, read as a message of the delivery queue.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn message(&self) -> QueueMessage {
        QueueMessage::parse(&self.body).expect("a message of the delivery queue")
    }

    /// The message as a function gets it.
    #[must_use]
    pub fn record(&self) -> Record {
        Record {
            message_id: self.id.clone(),
            body: self.body.clone(),
            receives: self.receptions,
            group: (!self.group.is_empty()).then(|| self.group.clone()),
            attributes: self.attributes.clone(),
            sent_at: Some(self.sent_at),
            receipt: self.id.clone(),
        }
    }
}

/// A message that was received and is to be acknowledged.
pub type Received = Queued;
