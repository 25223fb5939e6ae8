//! Helpers of tests: the ports in memory, builders, and a real receiver. Not for production.
//!
//! - [`memory`]: an AWS in memory behind every port, with faults on demand and access to its state;
//! - [`clock`], [`ids`], [`sender`]: the other ports, controlled by the test;
//! - [`builders`]: webhooks, events and deliveries with only the properties that a test is about;
//! - [`contract`]: what every implementation of the ports must do, run against [`memory`] and AWS;
//! - [`document`]: parts of a document that a program writes;
//! - [`receiver`]: a receiver of webhooks on a real socket;
//! - `issuer` (a separate feature): an issuer that signs tokens;
//! - `hostile` (a separate feature): misbehaving receivers, and the expected result for each.

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
