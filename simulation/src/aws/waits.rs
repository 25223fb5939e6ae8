//! Shared waits: the `waiting` index, which lags behind its table, and the executions.

use super::{Aws, rows::written};
use crate::{
    counts::Count,
    execution,
    invocation::Page as Place,
    ledger, mutation,
    plan::{Part, Target},
    sim::{Sim, State},
    task::{at_once, millis},
    trace::short,
};
use grapnel_domain::{
    delivery::DeliveryKey,
    ids::{DeliveryId, UserId, WebhookId},
    ports::{
        Clock, FindWaiting, PortError, StartWaits, StopWaiting, WaitState, WaitingPage, WaitingRow,
    },
    time::{Minute, Timestamp},
};

/// The time that a read which lags sees; `None` if it does not lag.
pub(super) fn past(sim: &Sim) -> Option<Timestamp> {
    let faults = &sim.plan().faults;
    let now = sim.now();
    sim.with(|state| {
        if !state.random.chance(faults.lagging) {
            return None;
        }
        let longest = u64::try_from(faults.longest_lag.as_millis()).unwrap_or_default();
        let lag = state.random.within(1..=longest.max(1));
        Some(Timestamp::from_millis(now.as_millis() - i64::try_from(lag).unwrap_or_default()))
    })
}

/// A page of the index as a read sees it now.
pub(crate) fn page(
    sim: &Sim,
    webhook: WebhookId,
    minute: Minute,
    after: Option<DeliveryId>,
) -> Result<WaitingPage, PortError> {
    let current = at_once(sim.memory().waiting(webhook, minute, after))?;
    let now = sim.now();
    let Some(past) = past(sim) else { return Ok(current) };
    // Each row of an index lags on its own.
    let lag = u64::try_from(past.until(now).as_millis()).unwrap_or_default();
    let most = sim.plan().settings.waiting_page;
    let seen = sim.with(|state| {
        let State { random, history, .. } = state;
        let each = || past.plus(millis(random.within(0..=lag / 4)));
        history.waiting_at(webhook, minute, each)
    });
    let mut rest = seen.into_iter().filter(|id| after.is_none_or(|after| *id > after));
    let items: Vec<WaitingRow> = rest.by_ref().take(most).map(|id| WaitingRow { id }).collect();
    let next = rest.next().and(items.last().map(|row| row.id));
    let page = WaitingPage { items, next };
    if page != current {
        sim.count(Count::LaggingReads);
        sim.trace(|| format!("the index lags: sees {} of {minute}", page.items.len()));
    }
    Ok(page)
}

impl FindWaiting for Aws {
    async fn waiting(
        &self,
        webhook: WebhookId,
        minute: Minute,
        after: Option<DeliveryId>,
    ) -> Result<WaitingPage, PortError> {
        let effect = |sim: &Sim| {
            let mut page = page(sim, webhook, minute, after)?;
            if page.next.is_some() {
                sim.with(|state| {
                    if let Some(invocation) = state.invocation() {
                        invocation.pages.push(Place::Waiting(webhook, minute));
                    }
                });
            }
            let ids = page.items.iter().map(|row| row.id);
            page.next = mutation::after_waiting(sim, webhook, minute, ids, page.next);
            sim.trace(|| {
                let (webhook, rows) = (short(webhook), page.items.len());
                format!("{rows} deliveries of {webhook} wait for {minute}")
            });
            Ok(page)
        };
        self.read(Part::Tables, "query waiting", effect).await
    }
}

impl StopWaiting for Aws {
    async fn stop_waiting(
        &self,
        key: DeliveryKey,
        minute: Minute,
        attempts: u32,
    ) -> Result<(), PortError> {
        let effect = move |sim: &Sim| {
            at_once(sim.memory().stop_waiting(key, minute, attempts))?;
            sim.trace(|| format!("{} leaves {minute}", ledger::name(ledger::key(key))));
            written(sim, key);
            Ok(())
        };
        self.write(Target::Delivery(key.webhook_id), "stop waiting", effect).await
    }
}

impl StartWaits for Aws {
    async fn ensure_waiting(
        &self,
        user: &UserId,
        webhook: WebhookId,
        minute: Minute,
    ) -> Result<WaitState, PortError> {
        if mutation::started_early(&self.sim, webhook, minute)
            || mutation::never_starts(&self.sim, webhook, minute)
        {
            return Ok(WaitState::Running);
        }
        // As the adapter: it remembers what it has started until the minute strikes.
        if self.now() < minute.strikes_at() && self.running().contains(&(webhook, minute)) {
            self.wait_seen(webhook, minute);
            return Ok(WaitState::Running);
        }
        let user = user.clone();
        let effect = move |sim: &Sim| {
            let mut state = at_once(sim.memory().ensure_waiting(&user, webhook, minute))?;
            let first = sim.with(|state| state.executions.insert((webhook, minute)));
            let stopped = first && sim.goes_wrong(sim.plan().faults.stopped, Count::Stopped);
            if stopped {
                sim.memory().end_wait(webhook, minute);
                state = WaitState::Over;
            }
            sim.trace(|| format!("the wait of {} for {minute} is {state:?}", short(webhook)));
            if state == WaitState::Over {
                sim.count(Count::WaitsOver);
            }
            if first && !stopped {
                sim.count(Count::Waits);
                sim.spawn(execution::run(sim.clone(), user.clone(), webhook, minute));
            }
            Ok(state)
        };
        let state = self.write(Part::Waits, "start execution", effect).await?;
        if state == WaitState::Running {
            self.running().insert((webhook, minute));
            self.wait_seen(webhook, minute);
        }
        Ok(state)
    }
}

impl Aws {
    /// An execution waits for this minute.
    fn wait_seen(&self, webhook: WebhookId, minute: Minute) {
        self.sim.with(|state| {
            if let Some(invocation) = state.invocation() {
                invocation.waits_seen.push((webhook, minute));
            }
        });
    }
}
