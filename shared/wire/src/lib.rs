//! The JSON of the API, for both of its ends: the function that answers and the programs that ask.
//!
//! A request is declared by [`request!`] and an answer by [`answer!`]: one line for each field, with its
//! name, its kind, its limits and what it means. From that line follow the Rust field, how it is written
//! and read, and its schema in the API's description. A limit that the text of a field does not show is
//! a constant of [`limits`].
//!
//! The features are for the API: `read` reads requests and finds every fault, `openapi` describes
//! requests and answers. Programs outside need neither.

#[macro_use]
mod answer;
#[macro_use]
mod open_enum;
#[macro_use]
mod request;

pub mod camel;
pub mod delivery;
pub mod echo;
pub mod event;
pub mod event_type;
pub mod explanation;
pub mod health;
pub mod key;
#[cfg(feature = "read")]
pub mod kind;
pub mod limits;
pub mod number;
pub mod page;
#[cfg(feature = "openapi")]
pub mod parts;
pub mod portal;
pub mod problem;
#[cfg(feature = "read")]
pub mod read;
pub mod replay;
pub mod retry_after;
#[cfg(feature = "openapi")]
pub mod schemas;
pub mod scope;
pub mod secret;
#[cfg(feature = "openapi")]
pub mod shape;
pub mod stats;
pub mod time;
pub mod webhook;
