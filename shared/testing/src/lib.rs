//! Helpers of tests: the ports in memory and builders. Not for production.
//!
//! - [`memory`]: an AWS in memory behind every port, with faults on demand and access to its state;
//! - [`clock`], [`ids`], [`sender`]: the other ports, controlled by the test;
//! - [`builders`]: webhooks, events and deliveries with only the properties that a test is about;
//! - [`document`]: parts of a document that a program writes;
//! - [`issuer`]: an issuer that signs tokens.

pub mod builders;
pub mod clock;
pub mod document;
pub mod ids;
pub mod issuer;
pub mod memory;
pub mod sender;
