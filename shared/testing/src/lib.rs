//! Stub.
pub mod receiver;
