//! Events and deliveries.

use super::{Aws, Patience, fate};
use crate::{
    counts::Count,
    invocation::Function,
    ledger::{self, Key},
    mutation::{self, Mutation},
    plan::{Part, Target},
    sim::{Sim, State},
    task::at_once,
    trace::short,
};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, DeliveryStatus, Reason},
    event::{Event, EventPlace, EventSpan, ListedEvent},
    health::LONGEST_PARKING,
    ids::{DeliveryId, EventId, UserId, WebhookId},
    ports::{
        AttemptRecord, Consistency, CreateDeliveries, Created, EndDeliveries, Ending,
        ListDeliveries, ListEvents, Page, PortError, ReadDeliveries, ReadDeliveriesTogether,
        ReadEvents, RecordAttempts, Recorded, StoreEvents,
    },
    time::Timestamp,
};
use std::time::Duration;

impl StoreEvents for Aws {
    async fn store_event(&self, event: &Event) -> Result<Event, PortError> {
        let event = event.clone();
        let effect = move |sim: &Sim| {
            let stored = at_once(sim.memory().store_event(&event));
            let now = sim.now();
            sim.with(|state| state.history.event_stored(now, &event.user_id, event.id));
            sim.trace(|| format!("event {} is stored", short(event.id)));
            stored
        };
        self.write(Part::Tables, "store event", effect).await
    }
}

impl ListEvents for Aws {
    async fn list_events(
        &self,
        span: &EventSpan,
        limit: usize,
        after: Option<EventPlace>,
    ) -> Result<Page<ListedEvent, EventPlace>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().list_events(span, limit, after));
        self.read(Part::Tables, "list events", effect).await
    }
}

impl ReadEvents for Aws {
    async fn event(
        &self,
        user: &UserId,
        id: EventId,
        consistency: Consistency,
    ) -> Result<Option<Event>, PortError> {
        let effect = |sim: &Sim| {
            let found = at_once(sim.memory().event(user, id, consistency));
            let past = super::waits::past(sim).filter(|_| consistency == Consistency::Eventual);
            let hidden = past.is_some_and(|past| {
                !sim.with(|state| state.history.event_was_there(user, id, past))
            });
            if hidden && found != Ok(None) {
                sim.count(Count::LaggingReads);
                return Ok(None);
            }
            let past = match sim.mutation() {
                Some(Mutation::SendsErasedData) => Some(Timestamp::from_millis(0)),
                _ => past,
            };
            let erased = |state: &mut State| state.history.event_before_erasure(user, id, past?);
            if let Some(before) = sim.with(erased) {
                sim.count(Count::LaggingReads);
                return Ok(Some(before));
            }
            found
        };
        self.read(Part::Tables, "read event", effect).await
    }
}

impl ReadDeliveries for Aws {
    async fn delivery(&self, key: DeliveryKey) -> Result<Option<Delivery>, PortError> {
        let effect = |sim: &Sim| {
            let mut found = at_once(sim.memory().delivery(key));
            if let (Ok(Some(found)), Some(Mutation::SendsErasedData)) = (&mut found, sim.mutation())
            {
                found.payload_erased_at = None;
            }
            if let Ok(Some(found)) = &found {
                let (key, attempts) = (ledger::key(key), found.attempt_count());
                sim.with(|state| {
                    let step = state.next_step();
                    if let Some(invocation) = state.invocation() {
                        invocation.reads.push((key, attempts, step));
                        invocation.expiries_read.push((key, found.expires_at));
                        invocation.slots_read.extend(found.slot.map(|slot| (key, slot.at)));
                    }
                });
                sim.trace(|| {
                    let name = ledger::name(key);
                    format!("reads {name}: {:?}, {attempts} attempts", found.status)
                });
            }
            if let Ok(Some(found)) = &mut found {
                mutation::on_reading(sim, found);
            }
            found
        };
        self.read(Part::Tables, "read delivery", effect).await
    }
}

impl ReadDeliveriesTogether for Aws {
    async fn deliveries_by_key(&self, keys: &[DeliveryKey]) -> Result<Vec<Delivery>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().deliveries_by_key(keys));
        self.read(Part::Tables, "read deliveries", effect).await
    }
}

impl ListDeliveries for Aws {
    async fn list_deliveries(
        &self,
        webhook: WebhookId,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> Result<Page<Delivery, DeliveryId>, PortError> {
        let list = |sim: &Sim| at_once(sim.memory().list_deliveries(webhook, limit, after));
        self.read(Part::Tables, "list deliveries", list).await
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

impl RecordAttempts for Aws {
    async fn record_attempt(&self, record: &AttemptRecord) -> Result<Recorded, PortError> {
        if self.sim.mutation() == Some(Mutation::SchedulesBeforeRecording) {
            self.schedule_early(record).await;
        }
        let record = &mutation::recorded(&self.sim, record);
        let key = ledger::key(record.key);
        let number = record.attempt.attempt_number;
        let row = self.sim.memory().delivery_now(record.key);
        let from = row.map_or(0, |row| row.schedule_from());
        let (task, place, delay) = self.sim.with(|state| {
            let next = (number + 1).saturating_sub(from);
            let delay = state
                .invocation()
                .and_then(|invocation| invocation.delay_before(record.key.webhook_id, next));
            let task = state.current;
            let now = self.sim.now();
            let place = task.and_then(|task| state.ledger.records(task, record, now));
            (task, place.unwrap_or_default(), delay.unwrap_or_default())
        });
        let again = self.sim.with(|state| state.ledger.has_failed_before(key, place));
        let delay = Duration::from_secs(u64::from(delay));
        let record = record.clone();
        let effect = move |sim: &Sim| {
            let recorded = at_once(sim.memory().record_attempt(&record))?;
            sim.trace(|| {
                let name = ledger::name(key);
                let what = if recorded == Recorded::Yes { "on record" } else { "refused" };
                let (status, waits) = (record.status, record.waits_for);
                format!("attempt {number} of {name} {what}: {status:?}, waits for {waits:?}")
            });
            // Who keeps to a limit comes when its slot does.
            let planned = sim.plan().webhooks.iter().map(|planned| &planned.webhook);
            let limited = planned.filter(|webhook| webhook.rate_limit.is_some());
            let limited = limited.map(|webhook| webhook.id).any(|id| id == record.key.webhook_id);
            let smooth = sim.plan().smooth && !limited;
            sim.with(|state| match &recorded {
                Recorded::Yes => {
                    let step = state.next_step();
                    state.counts.add(Count::Attempts, 1);
                    state.ledger.recorded(step, place, &record, delay, smooth);
                }
                Recorded::Refused(_) => state.ledger.refused(key, place, number),
            });
            written(sim, record.key);
            if let Some(task) = task {
                return Ok(crate::mutation::after_record(sim, task, &record, recorded));
            }
            Ok(recorded)
        };
        // Between the choice of what comes next and the record of it a delay matters most.
        if self.sim.goes_wrong(self.sim.plan().faults.stalled * 5, Count::Stalled) {
            self.sim.with(|state| {
                if let Some(invocation) = state.invocation() {
                    invocation.faults += 1;
                }
            });
            self.sim.sleep(self.sim.stall()).await;
        }
        let name = "record attempt";
        let target = Target::Delivery(key.0);
        let fate = match again {
            true => fate::of_record_again(&self.sim, target, name),
            false => fate::of_write(&self.sim, target, name),
        };
        let recorded = self.carry_out(fate, &Patience::ONE_TRY, name, effect).await;
        if recorded.is_err() {
            let now = self.sim.now();
            self.sim.with(|state| state.ledger.record_failed(key, place, now));
        }
        recorded
    }
}

impl EndDeliveries for Aws {
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
            // Parked for as long as that takes, it might outlive its event.
            Reason::EventExpired => !there || expires_soon,
            // These are recorded with the attempt that they follow from.
            Reason::AttemptsExhausted | Reason::Aborted | Reason::TransformFailed => false,
            Reason::PayloadErased => is_erased,
            // By a request of its owner's, and by nobody else.
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
