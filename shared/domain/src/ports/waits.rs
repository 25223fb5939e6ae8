use super::PortError;
use crate::{
    ids::{UserId, WebhookId},
    time::{Minute, Timestamp},
};

/// Whether a shared wait is still running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitState {
    /// It is running, and will release the deliveries that wait for it.
    Running,
    /// It ended: it will release no delivery.
    Over,
}

/// Starts the executions for shared waits and open circuit breakers.
pub trait StartWaits: Send + Sync {
    /// Makes sure that the execution of this minute is running, unless it has already ended.
    fn ensure_waiting(
        &self,
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
