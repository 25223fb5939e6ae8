//! Finds deliveries by their state, by reads that lag behind their table.

use crate::{
    counts::Count,
    sim::{Sim, State},
    task::{at_once, millis},
};
use grapnel_domain::{
    delivery::ParkedRow,
    ids::{DeliveryId, WebhookId},
    ports::{Deliveries, Page, PortError, SettledPage, UpdateDeliveries},
    replay::{ReplayFilter, SettledRow},
    time::Timestamp,
};

/// A page of settled deliveries, as a read sees it now.
pub(super) fn settled_page(
    sim: &Sim,
    webhook: WebhookId,
    filter: &ReplayFilter,
    after: Option<DeliveryId>,
) -> Result<SettledPage, PortError> {
    let current = at_once(sim.memory().settled(webhook, filter, after))?;
    let now = sim.now();
    let (Some(past), Some(ids)) = (past(sim), filter.ids(after)) else {
        return Ok(current);
    };
    // Each row of an index lags independently.
    let lag = u64::try_from(past.until(now).as_millis()).unwrap_or_default();
    let status = filter.status.of_delivery();
    let seen = sim.with(|state| {
        let State { random, history, .. } = state;
        let each = || past.plus(millis(random.within(0..=lag / 4)));
        history.rows_at(webhook, each)
    });
    let fits = |row: &SettledRow| row.status == status && ids.contains(&row.id);
    let mut rest = seen.into_iter().filter(fits);
    let rows: Vec<_> = rest.by_ref().take(sim.plan().settings.settled_page).collect();
    let next = rest.next().and(rows.last().map(|row| row.id));
    let page = SettledPage { examined: rows.len() as u64, rows, next };
    if page.rows.len() != current.rows.len() {
        sim.count(Count::LaggingReads);
        sim.trace(|| format!("a look for settled deliveries lags: sees {}", page.rows.len()));
    }
    Ok(page)
}

/// A page of parked deliveries, as a read sees it now.
pub(super) fn parked_page(
    sim: &Sim,
    webhook: WebhookId,
    after: Option<ParkedRow>,
) -> Result<Page<ParkedRow, ParkedRow>, PortError> {
    let current = at_once(sim.memory().parked(webhook, after))?;
    let now = sim.now();
    let Some(past) = past(sim) else { return Ok(current) };
    // Each row of an index lags independently.
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

/// The time that a lagging read sees; `None` if the read does not lag.
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
