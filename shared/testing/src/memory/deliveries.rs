use super::{Memory, Operation, State, whole_second};
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, DeliveryKey, DeliveryStatus},
    ids::{DeliveryId, WebhookId},
    ports::{
        AttemptRecord, Consistency, CreateDeliveries, Created, EndDeliveries, Ending,
        EraseFromDeliveries, FindWaiting, ListDeliveries, Page, PayloadErasure, PortError,
        ReadDeliveries, ReadDeliveriesTogether, RecordAttempts, Recorded, ReopenDeliveries,
        Reopening, ResponseErasure, StopWaiting, WaitingPage, WaitingRow,
    },
    request::TRANSFORM_FAILED,
    time::Minute,
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

impl ReadDeliveries for Memory {
    async fn delivery(&self, key: DeliveryKey) -> Result<Option<Delivery>, PortError> {
        self.run(Operation::Delivery, |state| {
            Ok(state.tables.deliveries.get((key.webhook_id, key.id)).cloned())
        })
        .await
    }
}

impl ReadDeliveriesTogether for Memory {
    async fn deliveries_by_key(&self, keys: &[DeliveryKey]) -> Result<Vec<Delivery>, PortError> {
        self.run(Operation::Deliveries, |state| {
            let found =
                keys.iter().filter_map(|key| state.tables.deliveries.get((key.webhook_id, key.id)));
            Ok(found.cloned().collect())
        })
        .await
    }
}

impl ListDeliveries for Memory {
    async fn list_deliveries(
        &self,
        webhook: WebhookId,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> Result<Page<Delivery, DeliveryId>, PortError> {
        self.run(Operation::ListDeliveries, |state| {
            let rows = state.seen(Consistency::Eventual).deliveries.of(webhook).rev();
            let mut rest = rows.filter(|delivery| after.is_none_or(|after| delivery.id < after));
            let items: Vec<Delivery> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = items.last().filter(|_| more).map(|delivery| delivery.id);
            Ok(Page { items, next })
        })
        .await
    }
}

impl CreateDeliveries for Memory {
    async fn create_delivery(&self, delivery: &Delivery) -> Result<Created, PortError> {
        self.run(Operation::CreateDelivery, |state| {
            let key = (delivery.webhook_id, delivery.id);
            if let Some(found) = state.tables.deliveries.get(key) {
                return Ok(Created::Existed(Box::new(found.clone())));
            }
            let expires_at = whole_second(delivery.expires_at);
            state.tables.deliveries.insert(Delivery { expires_at, ..delivery.clone() });
            Ok(Created::New)
        })
        .await
    }
}

impl RecordAttempts for Memory {
    async fn record_attempt(&self, record: &AttemptRecord) -> Result<Recorded, PortError> {
        self.run(Operation::RecordAttempt, |state| {
            let number = record.attempt.attempt_number;
            if number == 0 {
                return Err(PortError::Unusable("an attempt has the number 0".into()));
            }
            let retries = record.status == Some(DeliveryStatus::Retrying);
            let fits = |delivery: &Delivery| {
                delivery.next_attempt_number() == number
                    && !(retries && delivery.status.is_settled())
            };
            Ok(update(state, record.key, fits, |delivery| apply(record, delivery)))
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

impl EndDeliveries for Memory {
    async fn end_delivery(&self, ending: Ending) -> Result<Recorded, PortError> {
        self.run(Operation::EndDelivery, |state| {
            let is_under_way = |delivery: &Delivery| {
                delivery.attempt_count() == ending.attempts && !delivery.status.is_settled()
            };
            Ok(update(state, ending.key, is_under_way, |delivery| {
                delivery.status = DeliveryStatus::Failed;
                delivery.reason = Some(ending.reason);
                delivery.next_attempt_at = None;
                delivery.waits_for = None;
                delivery.parked_until = None;
                delivery.slot = None;
                delivery.expires_at = whole_second(ending.expires_at);
            }))
        })
        .await
    }
}

/// Changes the attempts at these places.
fn change(delivery: &mut Delivery, places: &[u32], change: impl Fn(&mut DeliveryAttempt)) {
    for place in places.iter().filter_map(|place| usize::try_from(*place).ok()) {
        if let Some(attempt) = delivery.attempts.get_mut(place) {
            change(attempt);
        }
    }
}

impl EraseFromDeliveries for Memory {
    async fn note_payload_erased(&self, erasure: &PayloadErasure) -> Result<Recorded, PortError> {
        self.run(Operation::NotePayloadErased, |state| {
            Ok(update(
                state,
                erasure.key,
                |_| true,
                |delivery| {
                    delivery.payload_erased_at.get_or_insert(erasure.at);
                    let shorten = |attempt: &mut DeliveryAttempt| {
                        attempt.error = Some(TRANSFORM_FAILED.to_owned());
                    };
                    change(delivery, &erasure.errors, shorten);
                },
            ))
        })
        .await
    }

    async fn erase_responses(&self, erasure: &ResponseErasure) -> Result<Recorded, PortError> {
        self.run(Operation::EraseResponses, |state| {
            let is_as_read = |delivery: &Delivery| {
                delivery.attempt_count() == erasure.attempts && delivery.status.is_settled()
            };
            Ok(update(state, erasure.key, is_as_read, |delivery| {
                delivery.responses_erased_at = Some(erasure.at);
                change(delivery, &erasure.responses, DeliveryAttempt::forget_response);
            }))
        })
        .await
    }
}

impl ReopenDeliveries for Memory {
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
}

impl FindWaiting for Memory {
    async fn waiting(
        &self,
        webhook: WebhookId,
        minute: Minute,
        after: Option<DeliveryId>,
    ) -> Result<WaitingPage, PortError> {
        self.run(Operation::Waiting, |state| {
            let deliveries = &state.seen(Consistency::Eventual).deliveries;
            let mut rest = deliveries.waiting(webhook, minute, after).map(|id| WaitingRow { id });
            let items: Vec<WaitingRow> = rest.by_ref().take(state.waiting_page).collect();
            let more = rest.next().is_some();
            let next = items.last().filter(|_| more).map(|row| row.id);
            Ok(Page { items, next })
        })
        .await
    }
}

impl StopWaiting for Memory {
    async fn stop_waiting(
        &self,
        key: DeliveryKey,
        minute: Minute,
        attempts: u32,
    ) -> Result<(), PortError> {
        self.run(Operation::StopWaiting, |state| {
            let still_waits = |delivery: &Delivery| {
                delivery.waits_for == Some(minute) && delivery.attempt_count() == attempts
            };
            update(state, key, still_waits, |delivery| {
                delivery.waits_for = None;
                delivery.slot = None;
            });
            Ok(())
        })
        .await
    }
}
