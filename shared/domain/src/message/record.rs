//! A message as a queue hands it to a function, before anything is read from its text.

use std::collections::BTreeMap;

/// A message as a queue hands it to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The queue's name for it; an answer names the messages that must come again.
    pub message_id: String,
    /// Its text.
    pub body: String,
    /// How often the queue has handed it out, this time included.
    pub receives: u32,
    /// Its message group, if it was sent in one.
    pub group: Option<String>,
    /// Its attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// With this the queue removes it.
    pub receipt: String,
}

/// An attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type as the sender named it, such as `String` or `Number.int`.
    pub data_type: String,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Of the types `String` and `Number`.
    Text(String),
    /// Of the type `Binary`.
    Binary(Vec<u8>),
}

impl Record {
    /// A message that is handed out for the first time, with neither group nor attributes.
    #[must_use]
    pub fn new(message_id: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            message_id: message_id.into(),
            body: body.into(),
            receives: 1,
            group: None,
            attributes: BTreeMap::new(),
            receipt: String::new(),
        }
    }
}
