use super::{Memory, Operation, updates::update, whole_second};
use grapnel_domain::{
    delivery::{
        Delivery, DeliveryAttempt, DeliveryKey, DeliveryStatus, Ending, ParkedRow, PayloadErasure,
        ResponseErasure, TRANSFORM_FAILED,
    },
    figures::{HourFigures, Outcome, Span},
    ids::{DeliveryId, WebhookId},
    ports::{
        Consistency, CreateDeliveries, Created, Deliveries, DeliveryLog, Page, PortError,
        ReadTogether, Recorded,
    },
    time::Hour,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

impl Deliveries for Memory {
    async fn delivery(&self, key: DeliveryKey) -> Result<Option<Delivery>, PortError> {
        self.run(Operation::Delivery, |state| {
            if state.damaged.contains(&key) {
                return Err(PortError::Unusable("a row of the deliveries table".into()));
            }
            Ok(state.tables.deliveries.get((key.webhook_id, key.id)).cloned())
        })
        .await
    }

    async fn deliveries_together(
        &self,
        keys: &[DeliveryKey],
    ) -> Result<ReadTogether<Delivery, DeliveryKey>, PortError> {
        self.run(Operation::DeliveriesTogether, |state| {
            // As DynamoDB refuses it.
            if keys.iter().collect::<BTreeSet<_>>().len() < keys.len() {
                return Err(PortError::Unusable("a key twice".into()));
            }
            let is_left_out =
                |key: &DeliveryKey| state.left_out.contains(key) || state.damaged.contains(key);
            let (unread, read): (Vec<_>, Vec<_>) = keys.iter().copied().partition(is_left_out);
            let rows = &state.tables.deliveries;
            let found = read.iter().filter_map(|key| rows.get((key.webhook_id, key.id)));
            Ok(ReadTogether { found: found.cloned().collect(), unread })
        })
        .await
    }

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

impl DeliveryLog for Memory {
    async fn deliveries_by_key(&self, keys: &[DeliveryKey]) -> Result<Vec<Delivery>, PortError> {
        self.run(Operation::Deliveries, |state| {
            let found =
                keys.iter().filter_map(|key| state.tables.deliveries.get((key.webhook_id, key.id)));
            Ok(found.cloned().collect())
        })
        .await
    }

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

    async fn outcomes(
        &self,
        webhook: WebhookId,
        span: Span,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> Result<Page<Outcome, DeliveryId>, PortError> {
        self.run(Operation::Outcomes, |state| {
            let end = after.map_or(span.to, |after| after.min(span.to));
            let rows = state.seen(Consistency::Eventual).deliveries.of(webhook).rev();
            let mut rest = rows.filter(|row| span.from <= row.id && row.id < end);
            let items: Vec<Outcome> = rest.by_ref().take(limit).map(Outcome::from).collect();
            let more = rest.next().is_some();
            let next = items.last().filter(|_| more).map(|outcome| outcome.id);
            Ok(Page { items, next })
        })
        .await
    }

    async fn kept_figures(
        &self,
        webhook: WebhookId,
        hours: Range<Hour>,
    ) -> Result<BTreeMap<Hour, HourFigures>, PortError> {
        self.run(Operation::KeptFigures, |state| {
            let kept = state.seen(Consistency::Eventual).figures.get(&webhook);
            let kept = kept.into_iter().flat_map(|kept| kept.range(hours.clone()));
            Ok(kept.map(|(hour, figures)| (*hour, figures.clone())).collect())
        })
        .await
    }

    async fn keep_figures(
        &self,
        webhook: WebhookId,
        figures: &BTreeMap<Hour, HourFigures>,
    ) -> Result<(), PortError> {
        self.run(Operation::KeepFigures, |state| {
            state.tables.figures.entry(webhook).or_default().extend(figures.clone());
            Ok(())
        })
        .await
    }

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

/// Changes the attempts at these places.
fn change(delivery: &mut Delivery, places: &[u32], change: impl Fn(&mut DeliveryAttempt)) {
    for place in places.iter().filter_map(|place| usize::try_from(*place).ok()) {
        if let Some(attempt) = delivery.attempts.get_mut(place) {
            change(attempt);
        }
    }
}
