//! Writes that change deliveries during their attempts and waits.

use super::{Aws, Patience, deliveries::written, fate, find::settled_page};
use crate::{
    counts::Count,
    ledger,
    mutation::{self, Mutation},
    plan::{Part, Target},
    sim::Sim,
    task::at_once,
    trace::short,
};
use grapnel_domain::{
    delivery::{AttemptNumber, AttemptRecord, DeliveryKey, Parking, Reopening, SlotWait},
    health::LONGEST_PARKING,
    ids::{DeliveryId, WebhookId},
    ports::{PortError, Recorded, SettledPage, UpdateDeliveries},
    replay::{ReplayFilter, ReplayStatus},
    time::Timestamp,
};
use std::time::Duration;

/// The longest time from reading the clock to the effect of a write.
const SLOWEST_WRITE: Duration = Duration::from_secs(400);

impl UpdateDeliveries for Aws {
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
            let next = number.next().get().saturating_sub(from);
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
            // A delivery with a rate limit comes at the time of its slot.
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
        // A delay between the choice of the next step and its record is the most dangerous.
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
        let recorded = match self.find_capacity(target, name, 1).await {
            Ok(()) => self.carry_out(fate, &Patience::ONE_TRY, name, effect).await,
            Err(throttled) => Err(throttled),
        };
        if recorded.is_err() {
            let now = self.sim.now();
            self.sim.with(|state| state.ledger.record_failed(key, place, now));
        }
        recorded
    }

    async fn reopen_delivery(&self, reopening: Reopening) -> Result<Recorded, PortError> {
        let reopening = mutation::reopened(&self.sim, reopening);
        let effect = move |sim: &Sim| {
            let reopened = at_once(sim.memory().reopen_delivery(reopening))?;
            let done = reopened == Recorded::Yes;
            if done {
                sim.count(Count::Reopened);
            }
            sim.trace(|| {
                let name = ledger::name(ledger::key(reopening.key));
                format!("{name} is reopened by {}: {done}", short(reopening.reopened.by))
            });
            written(sim, reopening.key);
            Ok(reopened)
        };
        self.write(Target::Delivery(reopening.key.webhook_id), "reopen delivery", effect).await
    }

    async fn await_slot(&self, wait: SlotWait) -> Result<Recorded, PortError> {
        let effect = move |sim: &Sim| {
            let waits = at_once(sim.memory().await_slot(wait))?;
            if waits == Recorded::Yes {
                let key = ledger::key(wait.key);
                let now = sim.now();
                sim.count(Count::SlotWaits);
                sim.with(|state| {
                    let Some(invocation) = state.invocation() else { return };
                    invocation.kept_back.push((key, wait.slot.at));
                    let fault = ledger::fault_of_another_slot(invocation, key, wait.slot.at, now);
                    if let Some(fault) = fault {
                        state.ledger.broken(format!("{}: it {fault}", ledger::name(key)));
                    }
                });
                sim.trace(|| format!("{} waits for {}", ledger::name(key), wait.slot.at));
                sim.with(|state| {
                    state.ledger.scheduled((key, AttemptNumber::after(wait.attempts)), wait.slot)
                });
                written(sim, wait.key);
            }
            Ok(waits)
        };
        self.write(Target::Delivery(wait.key.webhook_id), "wait for slot", effect).await
    }

    async fn park(&self, parking: Parking) -> Result<Recorded, PortError> {
        let effect = move |sim: &Sim| {
            let parked = at_once(sim.memory().park(parking))?;
            if parked == Recorded::Yes {
                sim.count(Count::Parked);
                let key = ledger::key(parking.key);
                sim.with(|state| {
                    if let Some(invocation) = state.invocation() {
                        invocation.kept_back.push((key, parking.due));
                    }
                });
                check_outlives(sim, parking);
                sim.trace(|| {
                    let name = ledger::name(ledger::key(parking.key));
                    format!("{name} is parked until {}", parking.due)
                });
                written(sim, parking.key);
            }
            Ok(parked)
        };
        self.write(Target::Delivery(parking.key.webhook_id), "park", effect).await
    }

    async fn unpark(
        &self,
        key: DeliveryKey,
        due: Timestamp,
        attempts: u32,
    ) -> Result<(), PortError> {
        let effect = move |sim: &Sim| {
            at_once(sim.memory().unpark(key, due, attempts))?;
            written(sim, key);
            Ok(())
        };
        self.write(Target::Delivery(key.webhook_id), "unpark", effect).await
    }

    async fn settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> Result<SettledPage, PortError> {
        let effect = |sim: &Sim| {
            let mut page = settled_page(sim, webhook, filter, after)?;
            if sim.mutation() == Some(Mutation::ReplaysLeaveOutSuccesses)
                && filter.status == ReplayStatus::Success
            {
                page.rows.pop();
            }
            Ok(page)
        };
        self.read(Part::Tables, "query settled", effect).await
    }
}

/// A delivery may only be parked if it lives long enough, by the clock of the function that parks
/// it.
fn check_outlives(sim: &Sim, parking: Parking) {
    let retention = sim.plan().settings.retention;
    let last = retention.last_delivery_expiry(parking.key.id.event_stored_at());
    if last.plus(SLOWEST_WRITE) < sim.now().plus(LONGEST_PARKING) {
        let name = ledger::name(ledger::key(parking.key));
        let what = format!("{name}: parked, though it expires at {last}");
        sim.with(|state| state.ledger.broken(what));
    }
}
