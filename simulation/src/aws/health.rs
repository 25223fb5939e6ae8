//! The health of endpoints, who is parked, and the executions that watch circuits.

use super::{Aws, rows::written, waits::past, webhook_changed};
use crate::{
    counts::Count,
    invocation::Page as Place,
    ledger,
    mutation::{self, Mutation},
    plan::{Part, Target},
    sim::{Sim, State},
    task::{at_once, millis},
    trace::short,
    watch,
};
use grapnel_domain::{
    delivery::DeliveryKey,
    health::{Health, LONGEST_PARKING},
    ids::{UserId, WebhookId},
    notice::Notice,
    ports::{
        Clock, FindParked, Page, ParkDeliveries, ParkedRow, Parking, PortError, Recorded,
        SendNotices, StoreHealth, UnparkDeliveries, WaitState, WatchCircuits,
    },
    time::Timestamp,
};
use std::time::Duration;

/// How long it may take from a look at the clock to the effect of a write.
const SLOWEST_WRITE: Duration = Duration::from_secs(400);

impl StoreHealth for Aws {
    async fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> Result<bool, PortError> {
        let (user, health) = (user.clone(), *health);
        // Known now: an effect may come when its function is long gone.
        let function =
            self.sim().with(|state| state.invocation().map(|invocation| invocation.function));
        let effect = move |sim: &Sim| {
            let before = sim.memory().health_now(&user, webhook);
            let judged_by_old = sim.mutation() == Some(Mutation::JudgesByOldHealth)
                && sim.with(|state| state.wrote_health(webhook));
            let stored =
                !judged_by_old && at_once(sim.memory().store_health(&user, webhook, &health))?;
            sim.with(|state| state.note_health(webhook, &health, stored));
            sim.trace(|| format!("health of {} {stored}: {health:?}", short(webhook)));
            if stored {
                sim.with(|state| {
                    if let Some(invocation) = state.invocation() {
                        invocation.circuits.push((webhook, true));
                    }
                });
                webhook_changed(sim, &user, webhook);
                sim.with(|state| {
                    state.ledger.health_written(webhook, &before, &health, function);
                });
                match (before.is_failing(), health.is_failing()) {
                    (false, true) => {
                        sim.count(Count::Opened);
                        let now = sim.now();
                        sim.with(|state| state.measured.opened(now));
                    }
                    (true, true) if health.last_due > before.last_due => sim.count(Count::Probes),
                    (true, false) => sim.count(Count::Closed),
                    (true, true) | (false, false) => {}
                }
            }
            Ok(stored
                || (sim.mutation() == Some(Mutation::ClaimsEveryProbe) && health.is_failing()))
        };
        self.write(Part::Tables, "store health", effect).await
    }
}

impl State {
    /// Whether the function that is being polled has written this health last.
    fn wrote_health(&mut self, webhook: WebhookId) -> bool {
        self.current.is_some_and(|task| self.ledger.last_wrote_health(webhook, task))
    }

    fn note_health(&mut self, webhook: WebhookId, health: &Health, stored: bool) {
        let Self { ledger, invocations, current, .. } = self;
        let Some(task) = *current else { return };
        if stored {
            ledger.health_written_by(webhook, task);
        } else if let Some(invocation) = invocations.get(&task) {
            ledger.health_refused(webhook, health, task, invocation);
        }
    }
}

impl ParkDeliveries for Aws {
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
}

/// What is parked must be able to live for as long as that may take, by the clock of whoever parks
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

/// A page of who is parked, as a read sees it now.
pub(crate) fn page(
    sim: &Sim,
    webhook: WebhookId,
    after: Option<ParkedRow>,
) -> Result<Page<ParkedRow, ParkedRow>, PortError> {
    let current = at_once(sim.memory().parked(webhook, after))?;
    let now = sim.now();
    let Some(past) = past(sim) else { return Ok(current) };
    // Each row of an index lags on its own.
    let lag = u64::try_from(past.until(now).as_millis()).unwrap_or_default();
    let most = sim.plan().settings.waiting_page;
    let seen = sim.with(|state| {
        let State { random, history, .. } = state;
        history.parked_at(webhook, || past.plus(millis(random.within(0..=lag / 4))))
    });
    let mut rest = seen.into_iter().filter(|row| after.is_none_or(|after| *row > after));
    let items: Vec<ParkedRow> = rest.by_ref().take(most).collect();
    let next = rest.next().and(items.last().copied());
    let page = Page { items, next };
    if page != current {
        sim.count(Count::LaggingReads);
        sim.trace(|| format!("the index lags: sees {} parked", page.items.len()));
    }
    Ok(page)
}

impl FindParked for Aws {
    async fn parked(
        &self,
        webhook: WebhookId,
        after: Option<ParkedRow>,
    ) -> Result<Page<ParkedRow, ParkedRow>, PortError> {
        let effect = |sim: &Sim| {
            let mut page = page(sim, webhook, after)?;
            if page.next.is_some() {
                sim.with(|state| {
                    if let Some(invocation) = state.invocation() {
                        invocation.pages.push(Place::Parked(webhook));
                    }
                });
            }
            page.next = mutation::after_parked(sim, webhook, &page.items, page.next);
            sim.trace(|| {
                format!("{} deliveries of {} are parked", page.items.len(), short(webhook))
            });
            Ok(page)
        };
        self.read(Part::Tables, "query parked", effect).await
    }
}

impl UnparkDeliveries for Aws {
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
}

impl WatchCircuits for Aws {
    async fn ensure_watched(
        &self,
        user: &UserId,
        webhook: WebhookId,
        due: Timestamp,
    ) -> Result<WaitState, PortError> {
        if self.sim().mutation() == Some(Mutation::ParksUnwatched) {
            return Ok(WaitState::Running);
        }
        // As the adapter: it remembers what it has started until it is due.
        if self.now() < due && self.watched().contains(&(webhook, due)) {
            self.watch_seen(webhook, due);
            return Ok(WaitState::Running);
        }
        let user = user.clone();
        let effect = move |sim: &Sim| watch::ensure(sim, &user, webhook, due);
        let state = self.write(Part::Waits, "start watch", effect).await?;
        if state == WaitState::Running {
            self.watched().insert((webhook, due));
            self.watch_seen(webhook, due);
        }
        Ok(match self.sim().mutation() {
            Some(Mutation::TrustsWatchesThatEnded) => WaitState::Running,
            _ => state,
        })
    }
}

impl Aws {
    /// An execution watches this circuit.
    fn watch_seen(&self, webhook: WebhookId, due: Timestamp) {
        self.sim().with(|state| {
            if let Some(invocation) = state.invocation() {
                invocation.watches_seen.push((webhook, due));
            }
        });
    }
}

impl SendNotices for Aws {
    async fn notify(&self, notices: &[Notice]) -> Result<(), PortError> {
        let notices = notices.to_vec();
        let effect = move |sim: &Sim| at_once(sim.memory().notify(&notices));
        self.write(Part::Queues, "put notices", effect).await
    }
}
