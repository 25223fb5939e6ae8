//! What tests stand on: the ports in memory, builders, and a real receiver. Not for production.
//!
//! - [`memory`]: one in-memory AWS behind every port, with faults on demand and a look inside;
//! - [`clock`], [`ids`], [`sender`]: the other ports, each under the test's control;
//! - [`builders`]: webhooks, events and deliveries that say only what a test is about;
//! - [`contract`]: what every implementation of the ports must do, run against [`memory`] and
//!   against AWS alike;
//! - [`document`]: parts of a document that a program writes;
//! - [`receiver`]: a receiver of webhooks on a real socket;
//! - `issuer` (a feature of its own): an issuer that signs tokens;
//! - `hostile` (a feature of its own): receivers that misbehave, and what must come of each.

pub mod builders;
pub mod clock;
pub mod contract;
pub mod document;
#[cfg(feature = "hostile")]
pub mod hostile;
pub mod ids;
#[cfg(feature = "issuer")]
pub mod issuer;
pub mod memory;
pub mod receiver;
pub mod sender;
