use super::{Memory, Operation};
use grapnel_domain::{
    health::Health,
    ids::{UserId, WebhookId},
    notice::Notice,
    ports::{PortError, SendNotices},
};

impl Memory {
    /// Everything that was told, oldest first.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.state().notices.clone()
    }

    /// The health as it is now, without counting as a call.
    #[must_use]
    pub fn health_now(&self, user: &UserId, webhook: WebhookId) -> Health {
        let state = self.state();
        state.tables.health.get(&(user.clone(), webhook)).copied().unwrap_or_default()
    }
}

impl SendNotices for Memory {
    async fn notify(&self, notices: &[Notice]) -> Result<(), PortError> {
        self.run(Operation::Notify, |state| {
            state.notices.extend_from_slice(notices);
            Ok(())
        })
        .await
    }
}
