//! Stub.
pub mod address;
pub mod outbound;
pub mod ports;
pub mod url_policy;
