use super::PortError;
use crate::{
    ids::{UserId, WebhookId},
    time::{Minute, Timestamp},
};

/// Whether a shared wait is still running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitState {
    /// It is running, and will look for waiting deliveries.
    Running,
    /// It ended: it will release no delivery.
    Over,
}

/// Starts the executions for shared waits and open circuit breakers.
pub trait StartWaits: Send + Sync {
    /// Makes sure that the wait of this webhook for this minute is running, unless it has already
    /// ended.
    fn ensure_waiting(
        &self,
        user: &UserId,
        webhook: WebhookId,
        minute: Minute,
    ) -> impl Future<Output = Result<WaitState, PortError>> + Send;

    /// Makes sure that an execution releases the webhook's parked deliveries at `due` and watches
    /// them from then on, unless it has already ended.
    fn ensure_watched(
        &self,
        user: &UserId,
        webhook: WebhookId,
        due: Timestamp,
    ) -> impl Future<Output = Result<WaitState, PortError>> + Send;
}
