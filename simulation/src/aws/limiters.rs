//! Rate limiters.

use super::{Aws, webhook_changed};
use crate::{counts::Count, mutation::Mutation, plan::Part, sim::Sim, task::at_once};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    limit::{Reservation, SlotTime},
    ports::{PortError, ReserveSlots},
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
