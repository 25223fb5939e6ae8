//! Limiters, and deliveries that wait for their slots in shared waits.

use super::{Aws, rows::written, webhook_changed};
use crate::{
    counts::Count,
    ledger,
    mutation::Mutation,
    plan::{Part, Target},
    sim::Sim,
    task::at_once,
};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    limit::{Reservation, SlotTime},
    ports::{AwaitSlots, PortError, Recorded, ReserveSlots, SlotWait},
};

impl ReserveSlots for Aws {
    async fn reserve_slots(
        &self,
        user: &UserId,
        webhook: WebhookId,
        reservation: &Reservation,
    ) -> Result<SlotTime, PortError> {
        let (user, reservation) = (user.clone(), *reservation);
        let by = self.sim().with(|state| state.current);
        let effect = move |sim: &Sim| {
            let first = at_once(sim.memory().reserve_slots(&user, webhook, &reservation))?;
            webhook_changed(sim, &user, webhook);
            sim.trace(|| format!("{} slots from {}", reservation.count, first.as_timestamp()));
            sim.with(|state| {
                state.counts.add(Count::Reservations, 1);
                state.counts.add(Count::Slots, u64::from(reservation.count));
                state.ledger.reserved(by, webhook, &reservation, first);
            });
            Ok(match sim.mutation() {
                Some(Mutation::IgnoresSlots) => reservation.begins(None),
                _ => first,
            })
        };
        self.write(Part::Tables, "reserve slots", effect).await
    }
}

impl AwaitSlots for Aws {
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
                sim.with(|state| state.ledger.scheduled((key, wait.attempts + 1), wait.slot));
                written(sim, wait.key);
            }
            Ok(waits)
        };
        self.write(Target::Delivery(wait.key.webhook_id), "wait for slot", effect).await
    }
}
