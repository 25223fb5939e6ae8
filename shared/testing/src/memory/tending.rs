//! Shared waits, for the function that tends them.

use super::{Memory, Operation, updates::update};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey},
    ports::{Consistency, PortError, TendDeliveries},
    tending::{DuePage, Minutes, Place, Spread, Unreadable, WaitingDelivery},
    time::Minute,
};

impl Memory {
    /// Puts a row into this part of the index that says too little to be released, whatever minute
    /// is read.
    pub fn put_unreadable(&self, spread: Spread, row: Unreadable) {
        self.state().unreadable.push((spread, row));
    }

    /// The rows that cannot be released, in the index still.
    #[must_use]
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.state().unreadable.iter().map(|(_, row)| row.clone()).collect()
    }
}

/// What is read of a delivery, if it waits for a minute.
fn waiting(row: &Delivery) -> Option<WaitingDelivery> {
    Some(WaitingDelivery {
        target: row.target(),
        attempts: row.attempt_count(),
        minute: row.waits_for?,
        slot: row.slot,
    })
}

impl TendDeliveries for Memory {
    async fn due(
        &self,
        spread: Spread,
        minutes: Minutes,
        after: Option<Place>,
    ) -> Result<DuePage, PortError> {
        self.run(Operation::Due, |state| {
            let unreadable = state.unreadable.iter().filter(|(of, _)| *of == spread);
            let unreadable = unreadable.map(|(_, row)| row.clone()).collect();
            let deliveries = &state.seen(Consistency::Eventual).deliveries;
            let mut rest = deliveries.due(spread, minutes, after);
            let rows: Vec<_> = rest.by_ref().take(state.waiting_page).collect();
            let more = rest.next().is_some();
            let last = rows.last().filter(|_| more);
            let next = last.map(|row| Place::of(row.minute, row.key));
            Ok(DuePage { rows, unreadable, next })
        })
        .await
    }

    async fn waiting(
        &self,
        keys: &[DeliveryKey],
    ) -> Result<(Vec<WaitingDelivery>, Vec<Unreadable>), PortError> {
        self.run(Operation::Waiting, |state| {
            let rows = keys.iter().map(|key| (key.webhook_id, key.id));
            let rows = rows.filter_map(|key| state.tables.deliveries.get(key));
            Ok((rows.filter_map(waiting).collect(), Vec::new()))
        })
        .await
    }

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

    async fn give_up(&self, unreadable: &Unreadable) -> Result<(), PortError> {
        self.run(Operation::GiveUp, |state| {
            state.unreadable.retain(|(_, row)| row != unreadable);
            Ok(())
        })
        .await
    }
}
