use super::{Memory, Operation, StartedWait, StartedWatch};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    ports::{PortError, StartWaits, WaitState},
    time::{Minute, Timestamp},
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

    /// Every execution that was started for a circuit, by webhook and due time.
    #[must_use]
    pub fn watches(&self) -> Vec<StartedWatch> {
        self.state().watches.values().cloned().collect()
    }

    /// An execution ends.
    pub fn end_watch(&self, webhook: WebhookId, due: Timestamp) {
        if let Some(watch) = self.state().watches.get_mut(&(webhook, due)) {
            watch.running = false;
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

    async fn ensure_watched(
        &self,
        user: &UserId,
        webhook: WebhookId,
        due: Timestamp,
    ) -> Result<WaitState, PortError> {
        self.run(Operation::EnsureWatched, |state| {
            let watch = state.watches.entry((webhook, due)).or_insert_with(|| StartedWatch {
                user_id: user.clone(),
                webhook_id: webhook,
                due,
                running: true,
            });
            Ok(if watch.running { WaitState::Running } else { WaitState::Over })
        })
        .await
    }
}
