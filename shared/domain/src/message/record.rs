//! A received message of a queue, before its text is parsed.

use crate::time::Timestamp;
use std::collections::BTreeMap;

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The queue's id of the message; a function's response names failed messages by it.
    pub message_id: String,
    pub body: String,
    /// How often the queue has delivered it, including this time.
    pub receives: u32,
    /// Its message group, if it has one.
    pub group: Option<String>,
    /// Its attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// When it was sent to the queue.
    pub sent_at: Option<Timestamp>,
    /// The queue needs this to remove it.
    pub receipt: String,
}

/// An attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type as the sender named it, such as `String` or `Number.int`.
    pub data_type: String,
    pub value: AttributeValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Of the types `String` and `Number`.
    Text(String),
    /// Of the type `Binary`.
    Binary(Vec<u8>),
}

impl Record {
    /// A message that is received for the first time, without group and attributes.
    #[must_use]
    pub fn new(message_id: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            message_id: message_id.into(),
            body: body.into(),
            receives: 1,
            group: None,
            attributes: BTreeMap::new(),
            sent_at: None,
            receipt: String::new(),
        }
    }
}
