//! The three languages that Grapnel's users write, over JSON text. Nothing here knows a webhook.
//!
//! - [`filter`]: which data passes; EventBridge's event patterns.
//! - [`schema`]: whether data has a form; a part of JSON Schema.
//! - [`transform`]: a text made of data; a small part of Jinja.
//!
//! What a user writes runs where other users' deliveries run. So each language has a budget that is
//! counted in steps, and what could exceed it is refused when it is saved.
//!
//! [`json`] reads JSON without building it, [`decimal`] compares its numbers exactly, and [`fault`]
//! says what is wrong with a user's input.

pub mod decimal;
pub mod fault;
pub mod filter;
pub mod json;
pub mod schema;
pub mod transform;

/// Maximum size of the data that a language is applied to, in bytes: an event's.
pub const MAX_DATA_BYTES: usize = 256 * 1024;
