//! The three languages that Grapnel's users write, over JSON text. This crate does not know webhooks.
//!
//! - [`filter`]: selects events by their data, in the language of EventBridge's event patterns.
//! - [`schema`]: describes the form of data, in a part of JSON Schema.
//! - [`transform`]: makes a text from data, in a small part of Jinja.
//!
//! A user's program runs in the same functions as other users' deliveries. So each language counts
//! steps and has a budget, and a program that could exceed its budget is refused when it is saved.
//!
//! [`json`] reads JSON without building values, [`decimal`] compares numbers exactly, and [`fault`]
//! describes errors in a user's input.

pub mod decimal;
pub mod fault;
pub mod filter;
pub mod json;
pub mod schema;
pub mod transform;

/// Maximum size of the data that a language is applied to, in bytes: that of an event's data.
pub const MAX_DATA_BYTES: usize = 256 * 1024;
