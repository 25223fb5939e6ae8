//! Deliveries.

use super::{Aws, find::parked_page};
use crate::{
    counts::Count,
    invocation::Page as Place,
    ledger::{self, Key},
    mutation::{self, Mutation},
    plan::{Part, Target},
    sim::Sim,
    task::at_once,
    trace::short,
    vocabulary::Function,
};
use grapnel_domain::{
    delivery::{
        Delivery, DeliveryKey, DeliveryStatus, Ending, ParkedRow, PayloadErasure, Reason,
        ResponseErasure,
    },
    figures::{HourFigures, Outcome, Span},
    health::LONGEST_PARKING,
    ids::{DeliveryId, UserId, WebhookId},
    ports::{
        CreateDeliveries, Created, Deliveries, DeliveryLog, Page, PortError, ReadTogether, Recorded,
    },
    time::{Hour, Timestamp},
};
use std::{collections::BTreeMap, ops::Range, time::Duration};

/// What a function sees of a row that it reads.
fn seen(sim: &Sim, mut found: Delivery) -> Delivery {
    if sim.mutation() == Some(Mutation::SendsErasedData) {
        found.payload_erased_at = None;
    }
    let (key, attempts) = (ledger::key(found.key()), found.attempt_count());
    sim.with(|state| {
        let step = state.next_step();
        if let Some(invocation) = state.invocation() {
            invocation.reads.push((key, attempts, step));
            invocation.expiries_read.push((key, found.expires_at));
            invocation.slots_read.extend(found.slot.map(|slot| (key, slot.at)));
        }
    });
    sim.trace(|| format!("reads {}: {:?}, {attempts} attempts", ledger::name(key), found.status));
    mutation::on_reading(sim, &mut found);
    found
}

impl Deliveries for Aws {
    async fn delivery(&self, key: DeliveryKey) -> Result<Option<Delivery>, PortError> {
        let effect = |sim: &Sim| {
            let found = at_once(sim.memory().delivery(key))?;
            Ok(found.map(|found| seen(sim, found)))
        };
        self.read(Part::Tables, "read delivery", effect).await
    }

    async fn deliveries_together(
        &self,
        keys: &[DeliveryKey],
    ) -> Result<ReadTogether<Delivery, DeliveryKey>, PortError> {
        let effect = |sim: &Sim| {
            let rate = sim.plan().faults.throttled;
            let (unread, read): (Vec<_>, Vec<_>) =
                keys.iter().partition(|_| sim.with(|state| state.random.chance(rate)));
            let ReadTogether { found, .. } = at_once(sim.memory().deliveries_together(&read))?;
            let found = found
                .into_iter()
                .map(|found| seen(sim, mutation::delivery_read(sim, found)))
                .collect();
            if !unread.is_empty() {
                sim.count(Count::LeftUnread);
            }
            Ok(mutation::read_together(sim, ReadTogether { found, unread }))
        };
        self.read(Part::Tables, "read deliveries", effect).await
    }

    async fn end_delivery(&self, ending: Ending) -> Result<Recorded, PortError> {
        let running = self.sim.with(|state| {
            state.invocation().map(|invocation| (invocation.function, invocation.began))
        });
        let effect = move |sim: &Sim| {
            let user = sim.memory().delivery_now(ending.key).map(|delivery| delivery.user_id);
            let ended = at_once(sim.memory().end_delivery(ending))?;
            let key = ledger::key(ending.key);
            sim.trace(|| format!("{} ends, {:?}: {ended:?}", ledger::name(key), ending.reason));
            if let (Recorded::Yes, Some(user)) = (&ended, user) {
                let (function, began) = running.unwrap_or((Function::Delivery, sim.now()));
                check_end(sim, key, &user, (ending.reason, function), began);
            }
            written(sim, ending.key);
            Ok(ended)
        };
        self.write(Target::Delivery(ending.key.webhook_id), "end delivery", effect).await
    }

    async fn parked(
        &self,
        webhook: WebhookId,
        after: Option<ParkedRow>,
    ) -> Result<Page<ParkedRow, ParkedRow>, PortError> {
        let effect = |sim: &Sim| {
            let mut page = parked_page(sim, webhook, after)?;
            sim.with(|state| {
                let Some(invocation) = state.invocation() else { return };
                if after.is_none() {
                    invocation.first_parked.extend(page.items.first().map(|row| (webhook, *row)));
                }
                if page.next.is_some() {
                    invocation.pages.push(Place::Parked(webhook));
                }
            });
            page.next = mutation::after_parked(sim, webhook, &page.items, page.next);
            sim.trace(|| {
                format!("{} deliveries of {} are parked", page.items.len(), short(webhook))
            });
            Ok(page)
        };
        self.read(Part::Tables, "query parked", effect).await
    }
}

impl DeliveryLog for Aws {
    async fn deliveries_by_key(&self, keys: &[DeliveryKey]) -> Result<Vec<Delivery>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().deliveries_by_key(keys));
        self.read(Part::Tables, "read deliveries", effect).await
    }

    async fn list_deliveries(
        &self,
        webhook: WebhookId,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> Result<Page<Delivery, DeliveryId>, PortError> {
        let list = |sim: &Sim| at_once(sim.memory().list_deliveries(webhook, limit, after));
        self.read(Part::Tables, "list deliveries", list).await
    }

    async fn outcomes(
        &self,
        webhook: WebhookId,
        span: Span,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> Result<Page<Outcome, DeliveryId>, PortError> {
        let count = |sim: &Sim| at_once(sim.memory().outcomes(webhook, span, limit, after));
        self.read(Part::Tables, "query outcomes", count).await
    }

    async fn kept_figures(
        &self,
        webhook: WebhookId,
        hours: Range<Hour>,
    ) -> Result<BTreeMap<Hour, HourFigures>, PortError> {
        let kept = |sim: &Sim| at_once(sim.memory().kept_figures(webhook, hours.clone()));
        self.read(Part::Tables, "read figures", kept).await
    }

    async fn keep_figures(
        &self,
        webhook: WebhookId,
        figures: &BTreeMap<Hour, HourFigures>,
    ) -> Result<(), PortError> {
        let figures = figures.clone();
        let keep = move |sim: &Sim| at_once(sim.memory().keep_figures(webhook, &figures));
        self.write(Target::Delivery(webhook), "keep figures", keep).await
    }

    async fn note_payload_erased(&self, erasure: &PayloadErasure) -> Result<Recorded, PortError> {
        if self.sim.mutation() == Some(Mutation::ErasesUntold) {
            return Ok(Recorded::Yes);
        }
        let erasure = erasure.clone();
        let webhook = erasure.key.webhook_id;
        let effect = move |sim: &Sim| {
            let noted = at_once(sim.memory().note_payload_erased(&erasure))?;
            let key = ledger::key(erasure.key);
            sim.trace(|| format!("{} is told that its data is erased", ledger::name(key)));
            sim.with(|state| {
                let step = state.next_step();
                state.ledger.told_of_erasure(key, step);
            });
            written(sim, erasure.key);
            Ok(noted)
        };
        self.write(Target::Delivery(webhook), "note payload erased", effect).await
    }

    async fn erase_responses(&self, erasure: &ResponseErasure) -> Result<Recorded, PortError> {
        let erasure = erasure.clone();
        let webhook = erasure.key.webhook_id;
        let effect = move |sim: &Sim| {
            let erased = at_once(sim.memory().erase_responses(&erasure))?;
            written(sim, erasure.key);
            Ok(erased)
        };
        self.write(Target::Delivery(webhook), "erase responses", effect).await
    }
}

impl CreateDeliveries for Aws {
    async fn create_delivery(&self, delivery: &Delivery) -> Result<Created, PortError> {
        let delivery = delivery.clone();
        let webhook = delivery.webhook_id;
        let effect = move |sim: &Sim| {
            let created = at_once(sim.memory().create_delivery(&delivery))?;
            let now = sim.now();
            match &created {
                Created::New => {
                    written(sim, delivery.key());
                    sim.with(|state| {
                        if let Some(invocation) = state.invocation() {
                            invocation.created.push(ledger::key(delivery.key()));
                        }
                        state.counts.add(Count::Deliveries, 1);
                        state.ledger.created(&delivery, now, &state.history);
                    });
                }
                Created::Existed(found) => {
                    let key = ledger::key(found.key());
                    sim.with(|state| {
                        if let Some(invocation) = state.invocation()
                            && !invocation.created.contains(&key)
                        {
                            invocation.existed.push(key);
                        }
                    });
                    sim.trace(|| format!("{} exists, {:?}", ledger::name(key), found.status));
                }
            }
            Ok(match created {
                Created::Existed(found)
                    if sim.mutation() == Some(Mutation::SkipsPending)
                        && found.status == DeliveryStatus::Pending =>
                {
                    let status = DeliveryStatus::Retrying;
                    Created::Existed(Box::new(Delivery { status, ..*found }))
                }
                as_it_is => as_it_is,
            })
        };
        self.write(Target::Delivery(webhook), "create delivery", effect).await
    }
}

/// A delivery may only end for a reason that was true while its function ran.
fn check_end(
    sim: &Sim,
    key: Key,
    user: &UserId,
    (reason, by): (Reason, Function),
    began: Timestamp,
) {
    let now = sim.now();
    let event = sim.with(|state| state.ledger.row(key).map(|row| row.event_id));
    let event = event.and_then(|event| sim.memory().event_now(user, event));
    let (there, is_erased) =
        (event.is_some(), event.is_some_and(|event| event.payload_erased_at.is_some()));
    let expires_soon = sim.with(|state| {
        let row = state.ledger.row(key)?;
        Some(row.expires_at <= now.plus(LONGEST_PARKING + Duration::from_secs(1)))
    });
    let expires_soon = expires_soon == Some(true);
    sim.with(|state| {
        let webhook = (user, key.0);
        let founded = match reason {
            Reason::WebhookDeleted => {
                state.history.ever(webhook, began, now, |state| state.is_none())
            }
            Reason::WebhookDisabled => state.history.ever(webhook, began, now, |state| {
                state.is_some_and(|w| !w.effective_status().receives())
            }),
            // It might outlive its event if it were parked for that time.
            Reason::EventExpired => !there || expires_soon,
            // These are recorded together with the attempt that causes them.
            Reason::AttemptsExhausted | Reason::Aborted | Reason::TransformFailed => false,
            Reason::PayloadErased => is_erased,
            // Only by a request of its owner.
            Reason::Cancelled => by == Function::Api,
        };
        if !founded {
            let what = format!("{}: ended for {reason:?}, which is not so", ledger::name(key));
            state.ledger.broken(what);
        }
    });
}

/// A delivery was written, or a write to it was refused.
pub(super) fn written(sim: &Sim, key: DeliveryKey) {
    if let Some(row) = sim.memory().delivery_now(key) {
        let (now, retention) = (sim.now(), sim.plan().settings.retention);
        sim.with(|state| {
            state.history.wait_changed(now, row.webhook_id, row.id, row.waits_for);
            state.history.parking_changed(now, row.webhook_id, row.id, row.parked_until);
            state.history.row_changed(now, &row);
            let read = state.invocation().and_then(|it| it.expiry_read(ledger::key(key)));
            state.ledger.check_expiry(&row, read, retention, now);
            state.ledger.written(row);
        });
    }
}
