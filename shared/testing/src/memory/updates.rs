use super::{Memory, Operation, State, whole_second};
use grapnel_domain::{
    delivery::{
        AttemptRecord, Delivery, DeliveryKey, DeliveryStatus, Parking, Reopening, SlotWait,
    },
    ids::{DeliveryId, WebhookId},
    ports::{Consistency, PortError, Recorded, SettledPage, UpdateDeliveries},
    replay::{ReplayFilter, ReplayStatus, SettledRow},
    time::Timestamp,
};

/// A write on a condition: `change` if the delivery is there and `condition` holds.
pub(super) fn update(
    state: &mut State,
    key: DeliveryKey,
    condition: impl FnOnce(&Delivery) -> bool,
    change: impl FnOnce(&mut Delivery),
) -> Recorded {
    let key = (key.webhook_id, key.id);
    match state.tables.deliveries.get(key) {
        Some(delivery) if condition(delivery) => {
            state.tables.deliveries.change(key, change);
            Recorded::Yes
        }
        found => Recorded::Refused(found.map(|delivery| Box::new(delivery.clone()))),
    }
}

impl UpdateDeliveries for Memory {
    async fn record_attempt(&self, record: &AttemptRecord) -> Result<Recorded, PortError> {
        self.run(Operation::RecordAttempt, |state| {
            let number = record.attempt.attempt_number;
            let retries = record.status == Some(DeliveryStatus::Retrying);
            let fits = |delivery: &Delivery| {
                delivery.next_attempt_number() == number
                    && !(retries && delivery.status.is_settled())
            };
            Ok(update(state, record.key, fits, |delivery| apply(record, delivery)))
        })
        .await
    }

    async fn reopen_delivery(&self, reopening: Reopening) -> Result<Recorded, PortError> {
        self.run(Operation::ReopenDelivery, |state| {
            let has_failed = |delivery: &Delivery| {
                delivery.attempt_count() == reopening.reopened.attempts
                    && delivery.may_be_reopened()
                    && delivery.reopened.is_none_or(|last| last.by < reopening.reopened.by)
            };
            Ok(update(state, reopening.key, has_failed, |delivery| {
                delivery.status = DeliveryStatus::Retrying;
                delivery.reason = None;
                delivery.next_attempt_at = Some(reopening.due);
                delivery.reopened = Some(reopening.reopened);
                delivery.expires_at = whole_second(reopening.expires_at);
            }))
        })
        .await
    }

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

    async fn await_slot(&self, wait: SlotWait) -> Result<Recorded, PortError> {
        self.run(Operation::AwaitSlot, |state| {
            let fits = |delivery: &Delivery| {
                delivery.attempt_count() == wait.attempts && !delivery.status.is_settled()
            };
            Ok(update(state, wait.key, fits, |delivery| {
                delivery.waits_for = Some(wait.minute);
                delivery.parked_until = None;
                delivery.slot = Some(wait.slot);
                delivery.expires_at = whole_second(wait.expires_at);
            }))
        })
        .await
    }

    async fn settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> Result<SettledPage, PortError> {
        self.run(Operation::Settled, |state| {
            let Some(ids) = filter.ids(after) else {
                return Ok(SettledPage { rows: Vec::new(), examined: 0, next: None });
            };
            let status = filter.status.of_delivery();
            // An index holds the failed only; for the others the table itself is looked through.
            let indexed = filter.status == ReplayStatus::Failed;
            let mut looked_at = state
                .seen(Consistency::Eventual)
                .deliveries
                .between(webhook, ids)
                .filter(|delivery| !indexed || delivery.may_be_reopened());
            let page: Vec<_> = looked_at.by_ref().take(state.settled_page).collect();
            let more = looked_at.next().is_some();
            let next = page.last().filter(|_| more).map(|delivery| delivery.id);
            let row = |delivery| {
                let row = SettledRow::of(delivery);
                let last_attempt_at = row.last_attempt_at.filter(|_| !indexed);
                SettledRow { last_attempt_at, ..row }
            };
            let found = page.iter().filter(|delivery| delivery.status == status);
            let rows = found.map(|delivery| row(delivery)).collect();
            Ok(SettledPage { rows, examined: page.len() as u64, next })
        })
        .await
    }
}

fn apply(record: &AttemptRecord, delivery: &mut Delivery) {
    delivery.attempts.push(record.attempt.clone());
    if let Some(index) = record.drop_body.and_then(|index| usize::try_from(index).ok())
        && let Some(attempt) = delivery.attempts.get_mut(index)
    {
        attempt.forget_response();
    }
    if let Some(status) = record.status {
        delivery.status = status;
        delivery.reason = record.reason;
        delivery.next_attempt_at = record.next_attempt_at;
    }
    delivery.waits_for = record.waits_for;
    delivery.parked_until = None;
    delivery.slot = None;
    delivery.expires_at = whole_second(record.expires_at);
}
