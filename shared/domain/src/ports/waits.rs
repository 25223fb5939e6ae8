use super::PortError;
use crate::time::Minute;

/// Whether a shared wait is still running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitState {
    /// It is running, and will release what waits for it.
    Running,
    /// It ended: it will release nothing.
    Over,
}

/// Starts the executions for shared waits.
pub trait StartWaits: Send + Sync {
    /// Makes sure that the execution of this minute is running, unless it has already ended.
    fn ensure_waiting(
        &self,
        minute: Minute,
    ) -> impl Future<Output = Result<WaitState, PortError>> + Send;
}
