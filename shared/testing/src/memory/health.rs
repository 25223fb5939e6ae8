use super::{Memory, Operation, deliveries::update, whole_second};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey},
    health::Health,
    ids::{UserId, WebhookId},
    notice::Notice,
    ports::{
        Consistency, FindParked, Page, ParkDeliveries, ParkedRow, Parking, PortError, Recorded,
        SendNotices, StoreHealth, UnparkDeliveries, WaitState, WatchCircuits,
    },
    time::Timestamp,
};

/// An execution that looks after an open circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedWatch {
    /// The webhook's owner.
    pub user_id: UserId,
    /// The webhook.
    pub webhook_id: WebhookId,
    /// When it acts first.
    pub due: Timestamp,
    /// Whether it has not ended.
    pub running: bool,
}

impl Memory {
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

impl StoreHealth for Memory {
    async fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> Result<bool, PortError> {
        self.run(Operation::StoreHealth, |state| {
            let key = (user.clone(), webhook);
            let stored = state.tables.health.get(&key).map_or(0, |health| health.version);
            let fits = stored + 1 == health.version;
            if fits {
                state.tables.health.insert(key, *health);
            }
            Ok(fits)
        })
        .await
    }
}

impl ParkDeliveries for Memory {
    async fn park(&self, parking: Parking) -> Result<Recorded, PortError> {
        self.run(Operation::Park, |state| {
            let fits = |delivery: &Delivery| {
                delivery.attempt_count() == parking.attempts && !delivery.status.is_settled()
            };
            Ok(update(state, parking.key, fits, |delivery| {
                delivery.waits_for = None;
                delivery.parked_until = Some(parking.due);
                delivery.slot = None;
                delivery.expires_at = whole_second(parking.expires_at);
            }))
        })
        .await
    }
}

impl FindParked for Memory {
    async fn parked(
        &self,
        webhook: WebhookId,
        after: Option<ParkedRow>,
    ) -> Result<Page<ParkedRow, ParkedRow>, PortError> {
        self.run(Operation::Parked, |state| {
            let mut rest = state.seen(Consistency::Eventual).deliveries.parked(webhook, after);
            let rows: Vec<ParkedRow> = rest.by_ref().take(state.waiting_page).collect();
            let more = rest.next().is_some();
            let next = rows.last().copied().filter(|_| more);
            Ok(Page { items: rows, next })
        })
        .await
    }
}

impl UnparkDeliveries for Memory {
    async fn unpark(
        &self,
        key: DeliveryKey,
        due: Timestamp,
        attempts: u32,
    ) -> Result<(), PortError> {
        self.run(Operation::Unpark, |state| {
            let fits = |delivery: &Delivery| {
                delivery.parked_until == Some(due) && delivery.attempt_count() == attempts
            };
            update(state, key, fits, |delivery| delivery.parked_until = None);
            Ok(())
        })
        .await
    }
}

impl WatchCircuits for Memory {
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

impl SendNotices for Memory {
    async fn notify(&self, notices: &[Notice]) -> Result<(), PortError> {
        self.run(Operation::Notify, |state| {
            state.notices.extend_from_slice(notices);
            Ok(())
        })
        .await
    }
}
