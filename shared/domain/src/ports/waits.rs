use super::PortError;
use crate::{
    ids::{UserId, WebhookId},
    time::{Minute, Timestamp},
};

/// Whether a shared wait still waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitState {
    /// It runs, and will look for whoever waits.
    Running,
    /// It ended: nobody will be released by it.
    Over,
}

/// Starts the executions that wait for shared minutes and open circuits.
pub trait StartWaits: Send + Sync {
    /// Makes sure that the wait of this webhook for this minute runs, unless it is over already.
    fn ensure_waiting(
        &self,
        user: &UserId,
        webhook: WebhookId,
        minute: Minute,
    ) -> impl Future<Output = Result<WaitState, PortError>> + Send;

    /// Makes sure that somebody wakes the webhook's parked deliveries at `due` and looks after them
    /// from then on, unless that is over already.
    fn ensure_watched(
        &self,
        user: &UserId,
        webhook: WebhookId,
        due: Timestamp,
    ) -> impl Future<Output = Result<WaitState, PortError>> + Send;
}
