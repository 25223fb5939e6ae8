use super::{Memory, Operation, StartedWait};
use grapnel_domain::{
    ports::{PortError, StartWaits, WaitState},
    time::Minute,
};

impl Memory {
    /// Every wait that was started, by minute.
    #[must_use]
    pub fn waits(&self) -> Vec<StartedWait> {
        self.state().waits.values().cloned().collect()
    }

    /// Ends a wait, as the state machine does after its last visit.
    pub fn end_wait(&self, minute: Minute) {
        if let Some(wait) = self.state().waits.get_mut(&minute) {
            wait.running = false;
        }
    }
}

impl StartWaits for Memory {
    async fn ensure_waiting(&self, minute: Minute) -> Result<WaitState, PortError> {
        self.run(Operation::EnsureWaiting, |state| {
            let new = StartedWait { minute, running: true };
            let wait = state.waits.entry(minute).or_insert(new);
            Ok(if wait.running { WaitState::Running } else { WaitState::Over })
        })
        .await
    }
}
