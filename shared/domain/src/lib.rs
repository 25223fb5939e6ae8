//! Grapnel's core: what a webhook service decides, without anything that it decides about.
//!
//! No AWS type, no I/O and no clock live here. A handler reads through [`ports`], asks a pure
//! function what to do, and carries it out through [`ports`] again:
//!
//! - [`event`]: what happened; [`event::inbound`] reads it from the events queue.
//! - [`webhook`]: where it goes; [`webhook::draft`] checks what a user asks for, [`url_policy`] and
//!   [`address`] say which targets are allowed, [`filter`] which events it gets by their data.
//! - [`delivery`]: one event on its way to one webhook; [`request`] builds what is sent,
//!   [`transform`] makes a body by a template, [`signature`] signs it, [`outbound`] is the request and its outcome.
//! - [`retry`]: what follows an attempt. [`health`]: whether an endpoint is left alone for a while,
//!   [`lateness`]: how old what is sent is. [`notice`]: events about webhooks for the platform. [`limit`]: how many requests it takes a second.
//!   [`message`] is what the delivery queue carries.
//! - [`tending`]: which deliveries a shared wait releases, and in which order. [`release`]: how an open
//!   circuit breaker wakes, and when its parked deliveries are sent.
//! - [`explain`]: why a delivery stands where it stands, and why a webhook did not get an event.
//! - [`figures`]: how many deliveries succeeded and failed, by hour, and how fast receivers answer.
//! - [`suspect`]: messages of a batch that come again, and are not begun beside others.
//! - [`replay`]: many deliveries sent again, a page at a time.
//! - [`time_budget`]: how long the delivery function may take for each step.
//! - [`quota`]: how many requests of the API a user may make.
//! - [`token`]: the user that a token of an OpenID Connect issuer stands for.
//! - [`echo`]: a receiver inside the API, by which a deployment is checked.
//! - [`schema`]: what an event type's data must be like.
//! - [`ids`], [`time`], [`number`], [`scope`], [`fault`], [`catalogue`]: the words that all of them use.

pub mod address;
pub mod catalogue;
pub mod delay;
pub mod delivery;
pub mod echo;
pub mod event;
pub mod explain;
pub mod fan_out;
pub mod figures;
pub mod health;
pub mod ids;
pub mod key;
pub mod lateness;
pub mod limit;
pub mod message;
pub mod notice;
pub mod outbound;
pub mod patience;
pub mod ports;
pub mod quota;
pub mod release;
pub mod replay;
pub mod request;
pub mod retry;
#[cfg(test)]
mod samples;
pub mod signature;
pub mod suspect;
pub mod target_url;
pub mod tending;
pub mod time_budget;
pub mod token;
pub mod url_policy;
pub mod webhook;

pub use grapnel_languages::{fault, filter, schema, transform};
pub use grapnel_wire::{number, scope, time};
