//! What is erased on demand.

use super::{Aws, rows::written};
use crate::{
    ledger,
    mutation::Mutation,
    plan::{Part, Target},
    sim::Sim,
    task::at_once,
    trace::short,
};
use grapnel_domain::{
    ids::{EventId, UserId},
    ports::{
        EraseFromDeliveries, ErasePayloads, PayloadErasure, PortError, Recorded, ResponseErasure,
    },
    time::Timestamp,
};

impl ErasePayloads for Aws {
    async fn erase_payload(
        &self,
        user: &UserId,
        id: EventId,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, PortError> {
        let user = user.clone();
        let effect = move |sim: &Sim| {
            let before = sim.memory().event_now(&user, id);
            let erased = at_once(sim.memory().erase_payload(&user, id, at))?;
            let now = sim.now();
            sim.trace(|| format!("the data of {} is erased: {erased:?}", short(id)));
            if let Some(before) = before.filter(|_| erased.is_some()) {
                sim.with(|state| {
                    state.ledger.data_erased(&before);
                    state.history.data_erased(now, before);
                });
            }
            Ok(erased)
        };
        self.write(Part::Tables, "erase payload", effect).await
    }
}

impl EraseFromDeliveries for Aws {
    async fn note_payload_erased(&self, erasure: &PayloadErasure) -> Result<Recorded, PortError> {
        if self.sim.mutation() == Some(Mutation::ErasesUntold) {
            return Ok(Recorded::Yes);
        }
        let erasure = erasure.clone();
        let webhook = erasure.key.webhook_id;
        let effect = move |sim: &Sim| {
            let noted = at_once(sim.memory().note_payload_erased(&erasure))?;
            let key = ledger::key(erasure.key);
            sim.trace(|| format!("{} is told that its data is erased", ledger::name(key)));
            sim.with(|state| {
                let step = state.next_step();
                state.ledger.told_of_erasure(key, step);
            });
            written(sim, erasure.key);
            Ok(noted)
        };
        self.write(Target::Delivery(webhook), "note payload erased", effect).await
    }

    async fn erase_responses(&self, erasure: &ResponseErasure) -> Result<Recorded, PortError> {
        let erasure = erasure.clone();
        let webhook = erasure.key.webhook_id;
        let effect = move |sim: &Sim| {
            let erased = at_once(sim.memory().erase_responses(&erasure))?;
            written(sim, erasure.key);
            Ok(erased)
        };
        self.write(Target::Delivery(webhook), "erase responses", effect).await
    }
}
