//! Mistakes of the tend function.

use super::{Mutation, rules::loses_page};
use crate::sim::Sim;
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey},
    tending::{DuePage, Place, WaitingDelivery},
};

/// Where a wrong visit continues after this page.
pub(crate) fn after_due(sim: &Sim, page: &DuePage) -> Option<Place> {
    let keys = page.rows.iter().map(|row| row.key);
    let waits = |row: &Delivery| row.waits_for.is_some();
    page.next.clone().filter(|_| !loses_page(sim, keys, waits))
}

/// What a wrong visit takes for waiting.
pub(crate) fn read_waiting(
    sim: &Sim,
    keys: &[DeliveryKey],
    found: Vec<WaitingDelivery>,
) -> Vec<WaitingDelivery> {
    if sim.mutation() != Some(Mutation::TrustsTheIndex) {
        return found;
    }
    let shown = |key: &DeliveryKey| {
        sim.with(|state| {
            let shown = &state.invocation()?.shown;
            shown.iter().find(|(of, _)| of == key).map(|(_, minute)| *minute)
        })
    };
    let trusted = |key: &DeliveryKey| {
        let row = sim.memory().delivery_now(*key).filter(|row| !row.status.is_settled())?;
        let (attempts, slot) = (row.attempt_count(), row.slot);
        Some(WaitingDelivery { target: row.target(), attempts, minute: shown(key)?, slot })
    };
    keys.iter().filter_map(trusted).collect()
}

/// What a wrong visit does beside ending a wait.
pub(crate) fn after_stopping(sim: &Sim, key: DeliveryKey) {
    if sim.mutation() == Some(Mutation::TakesOutWhateverItWaitsFor)
        && let Some(row) = sim.memory().delivery_now(key)
    {
        sim.memory().put_delivery(Delivery { waits_for: None, slot: None, ..row });
    }
}
