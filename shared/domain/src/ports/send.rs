//! The port to receivers.

use crate::outbound::{OutboundRequest, Sent};

/// Sends one HTTP request to a receiver.
pub trait SendRequests: Send + Sync {
    /// Carries out `request` within its time limit. Never panics and never fails: everything that
    /// the receiver or the network does is an outcome.
    fn send(&self, request: OutboundRequest) -> impl Future<Output = Sent> + Send;
}
