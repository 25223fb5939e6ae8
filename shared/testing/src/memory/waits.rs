use super::{Memory, Operation};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    ports::{PortError, StartWaits, WaitState},
    time::Minute,
};

/// A shared wait that was started at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedWait {
    /// The webhook's owner.
    pub user_id: UserId,
    /// The webhook.
    pub webhook_id: WebhookId,
    /// The minute that is waited for.
    pub minute: Minute,
    /// Whether it still runs.
    pub running: bool,
}

impl Memory {
    /// Every wait that was started, by webhook and minute.
    #[must_use]
    pub fn waits(&self) -> Vec<StartedWait> {
        self.state().waits.values().cloned().collect()
    }

    /// Ends a wait, as the state machine does when it has found nobody twice.
    pub fn end_wait(&self, webhook: WebhookId, minute: Minute) {
        if let Some(wait) = self.state().waits.get_mut(&(webhook, minute)) {
            wait.running = false;
        }
    }
}

impl StartWaits for Memory {
    async fn ensure_waiting(
        &self,
        user: &UserId,
        webhook: WebhookId,
        minute: Minute,
    ) -> Result<WaitState, PortError> {
        self.run(Operation::EnsureWaiting, |state| {
            let wait = state.waits.entry((webhook, minute)).or_insert_with(|| StartedWait {
                user_id: user.clone(),
                webhook_id: webhook,
                minute,
                running: true,
            });
            Ok(if wait.running { WaitState::Running } else { WaitState::Over })
        })
        .await
    }
}
