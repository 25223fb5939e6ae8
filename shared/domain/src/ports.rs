//! What the handlers need from the outside, one trait per capability.
pub mod send;
pub use send::SendRequests;
