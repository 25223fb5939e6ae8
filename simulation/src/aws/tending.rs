//! Deliveries in shared waits, for the tend function. The index lags behind its table.

use super::{Aws, deliveries::written, find::past};
use crate::{
    counts::Count,
    ledger,
    mutation::{self, Mutation},
    plan::{Part, Target},
    sim::{Sim, State},
    task::{at_once, millis},
};
use grapnel_domain::{
    delivery::DeliveryKey,
    ports::{PortError, TendDeliveries},
    tending::{DuePage, Minutes, Place, Spread, Unreadable, WaitingDelivery},
    time::Minute,
};
use grapnel_tend::Report;

impl grapnel_tend::Ports for Aws {
    type Deliveries = Self;
    type DeliveryQueue = Self;
    type DeadLetters = Self;
    type Clock = Self;
}

impl TendDeliveries for Aws {
    async fn due(
        &self,
        spread: Spread,
        minutes: Minutes,
        after: Option<Place>,
    ) -> Result<DuePage, PortError> {
        let effect = move |sim: &Sim| {
            if sim.mutation() == Some(Mutation::AdoptsNobody) && matches!(minutes, Minutes::UpTo(_))
            {
                return Ok(DuePage::default());
            }
            let mut page = due_page(sim, spread, minutes, after.clone())?;
            sim.with(|state| {
                let Some(invocation) = state.invocation() else { return };
                invocation.shown.extend(page.rows.iter().map(|row| (row.key, row.minute)));
                invocation.parts.retain(|part| after.is_none() || *part != (spread, minutes));
                if page.next.is_some() {
                    invocation.parts.push((spread, minutes));
                }
            });
            page.next = mutation::after_due(sim, &page);
            sim.trace(|| format!("{} rows of part {spread} wait for {minutes:?}", page.rows.len()));
            Ok(page)
        };
        self.read(Part::Tables, "query waits", effect).await
    }

    async fn waiting(
        &self,
        keys: &[DeliveryKey],
    ) -> Result<(Vec<WaitingDelivery>, Vec<Unreadable>), PortError> {
        let effect = |sim: &Sim| {
            let (found, damaged) = at_once(sim.memory().waiting(keys))?;
            sim.with(|state| {
                if let Some(invocation) = state.invocation() {
                    let keys = found.iter().map(|row| ledger::key(row.target.key()));
                    invocation.read_waiting.extend(keys);
                }
            });
            Ok((mutation::read_waiting(sim, keys, found), damaged))
        };
        self.read(Part::Tables, "read who waits", effect).await
    }

    async fn stop_waiting(
        &self,
        key: DeliveryKey,
        minute: Minute,
        attempts: u32,
    ) -> Result<(), PortError> {
        let effect = move |sim: &Sim| {
            at_once(sim.memory().stop_waiting(key, minute, attempts))?;
            let place = (Spread::of(key.id), sim.now().as_secs());
            sim.with(|state| *state.measured.left_index.entry(place).or_default() += 1);
            mutation::after_stopping(sim, key);
            sim.trace(|| format!("{} leaves {minute}", ledger::name(ledger::key(key))));
            written(sim, key);
            Ok(())
        };
        self.write(Target::Delivery(key.webhook_id), "stop waiting", effect).await
    }

    async fn give_up(&self, row: &Unreadable) -> Result<(), PortError> {
        let row = row.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().give_up(&row));
        self.write(Part::Tables, "give up waiting", effect).await
    }
}

/// A page of the index as a read sees it now.
fn due_page(
    sim: &Sim,
    spread: Spread,
    minutes: Minutes,
    after: Option<Place>,
) -> Result<DuePage, PortError> {
    let current = at_once(sim.memory().due(spread, minutes, after.clone()))?;
    let now = sim.now();
    let Some(past) = past(sim) else { return Ok(current) };
    // Each row of an index lags independently.
    let lag = u64::try_from(past.until(now).as_millis()).unwrap_or_default();
    let most = sim.plan().settings.waiting_page;
    let seen = sim.with(|state| {
        let State { random, history, ledger, .. } = state;
        let each = || past.plus(millis(random.within(0..=lag / 4)));
        history.due_at(spread, minutes, |key| ledger.row(key).map(|row| row.user_id.clone()), each)
    });
    let place = |row: &grapnel_domain::tending::DueRow| Place::of(row.minute, row.key);
    let mut rest = seen.into_iter().filter(|row| after.as_ref().is_none_or(|it| place(row) > *it));
    let rows: Vec<_> = rest.by_ref().take(most).collect();
    let next = rest.next().and(rows.last().map(place));
    let page = DuePage { rows, unreadable: Vec::new(), next };
    if page != current {
        sim.count(Count::LaggingReads);
        sim.trace(|| format!("the index lags: sees {} in part {spread}", page.rows.len()));
    }
    Ok(page)
}

impl State {
    /// A visit ends: it read the index to its end, or says that there is more.
    pub(crate) fn check_visit(&mut self, report: &Report) {
        let Some(invocation) = self.invocation() else { return };
        let stopped = invocation.faults == 0 && !report.tended.more && !invocation.parts.is_empty();
        if stopped {
            self.ledger.broken("a visit stopped before the last page of the index");
        }
    }
}
