use crate::clock::START;
use grapnel_domain::{
    event::Retention,
    ids::{ReplayId, UserId},
    replay::{Replay, ReplayFilter, ReplayOrder, ReplayStatus},
    time::Timestamp,
    webhook::Webhook,
};
use uuid::Uuid;

/// A replay of all failed deliveries of all the user's webhooks, requested at [`START`].
#[must_use]
pub fn a_replay() -> ReplayBuilder {
    let filter =
        ReplayFilter { status: ReplayStatus::Failed, event: None, since: None, until: START };
    ReplayBuilder {
        user: super::user(super::USER),
        order: ReplayOrder { webhook_id: None, filter, created_at: START },
    }
}

/// Builds a [`Replay`], see [`a_replay`].
#[derive(Debug, Clone)]
pub struct ReplayBuilder {
    user: UserId,
    order: ReplayOrder,
}

impl ReplayBuilder {
    #[must_use]
    pub fn for_user(mut self, id: &str) -> Self {
        self.user = super::user(id);
        self
    }

    /// Only for this webhook, and its owner.
    #[must_use]
    pub fn of(mut self, webhook: &Webhook) -> Self {
        self.user = webhook.user_id.clone();
        self.order.webhook_id = Some(webhook.id);
        self
    }

    /// Requested at this time, for events that were received before.
    #[must_use]
    pub fn asked_at(mut self, time: Timestamp) -> Self {
        self.order.created_at = time;
        self.order.filter.until = time;
        self
    }

    /// For deliveries with this status.
    #[must_use]
    pub fn status(mut self, status: ReplayStatus) -> Self {
        self.order.filter.status = status;
        self
    }

    /// For these event types.
    ///
    /// # Panics
    /// If the text is not a filter of types.
    #[must_use]
    pub fn event(mut self, types: &str) -> Self {
        self.order.filter.event = Some(types.parse().expect("a filter of event types"));
        self
    }

    /// For events that were received at this time or later.
    #[must_use]
    pub fn since(mut self, time: Timestamp) -> Self {
        self.order.filter.since = Some(time);
        self
    }

    /// The replay, with a new id.
    #[must_use]
    pub fn build(self) -> Replay {
        let id = ReplayId::from_uuid(Uuid::now_v7());
        Replay::new(id, self.user, self.order, Retention { days: 30 })
    }
}
