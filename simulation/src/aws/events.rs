//! Events, and the other rows of their table: replays and idempotency keys.

use super::{Aws, find::past};
use crate::{
    counts::Count,
    mutation::{self, Mutation},
    plan::{Part, Target},
    sim::{Sim, State},
    task::at_once,
    trace::short,
};
use grapnel_domain::{
    event::{
        Event, EventPlace, EventSpan, ListedEvent,
        publish::{Claim, IdempotencyKey},
    },
    ids::{EventId, ReplayId, UserId},
    ports::{
        ClaimKeys, Consistency, EventLog, Page, PortError, ReadEvents, Replays, StoreEvents, Stored,
    },
    replay::Replay,
    time::Timestamp,
};

impl StoreEvents for Aws {
    async fn store_event(&self, event: &Event) -> Result<Event, PortError> {
        let event = event.clone();
        let target = Target::event_of(&event.user_id);
        let effect = move |sim: &Sim| {
            let stored = at_once(sim.memory().store_event(&event));
            let now = sim.now();
            sim.with(|state| state.history.event_stored(now, &event.user_id, event.id));
            sim.trace(|| format!("event {} is stored", short(event.id)));
            stored
        };
        self.write(target, "store event", effect).await
    }
}

impl ReadEvents for Aws {
    async fn event(
        &self,
        user: &UserId,
        id: EventId,
        consistency: Consistency,
    ) -> Result<Option<Event>, PortError> {
        let effect = |sim: &Sim| {
            let found = at_once(sim.memory().event(user, id, consistency));
            let past = past(sim).filter(|_| consistency == Consistency::Eventual);
            let hidden = past.is_some_and(|past| {
                !sim.with(|state| state.history.event_was_there(user, id, past))
            });
            if hidden && found != Ok(None) {
                sim.count(Count::LaggingReads);
                return Ok(None);
            }
            let past = match sim.mutation() {
                Some(Mutation::SendsErasedData) => Some(Timestamp::from_millis(0)),
                _ => past,
            };
            let erased = |state: &mut State| state.history.event_before_erasure(user, id, past?);
            if let Some(before) = sim.with(erased) {
                sim.count(Count::LaggingReads);
                return Ok(Some(before));
            }
            found
        };
        self.read(Part::Tables, "read event", effect).await
    }
}

impl EventLog for Aws {
    async fn list_events(
        &self,
        span: &EventSpan,
        limit: usize,
        after: Option<EventPlace>,
    ) -> Result<Page<ListedEvent, EventPlace>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().list_events(span, limit, after));
        self.read(Part::Tables, "list events", effect).await
    }

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

    async fn list_replays(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<ReplayId>,
    ) -> Result<Page<Replay, ReplayId>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().list_replays(user, limit, after));
        self.read(Part::Tables, "list replays", effect).await
    }
}

impl Replays for Aws {
    async fn replay(
        &self,
        user: &UserId,
        id: ReplayId,
        consistency: Consistency,
    ) -> Result<Option<Replay>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().replay(user, id, consistency));
        self.read(Part::Tables, "read replay", effect).await
    }

    async fn store_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        let replay = replay.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().store_replay(&replay));
        self.write(Part::Tables, "store replay", effect).await
    }

    async fn advance_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        let replay = replay.clone();
        let effect = move |sim: &Sim| {
            let stored = at_once(sim.memory().advance_replay(&replay))?;
            sim.trace(|| {
                let (what, end) = (stored == Stored::Yes, replay.finished_at.is_some());
                let (id, page) = (short(replay.id), replay.page);
                format!("{id}: {page} pages on record: {what}, finished: {end}")
            });
            Ok(stored)
        };
        let stored = self.write(Part::Tables, "advance replay", effect).await;
        let late = mutation::held_back(&self.sim);
        if !late.is_empty() && stored.is_ok() {
            drop(self.send_batch(late).await);
        }
        stored
    }
}

impl ClaimKeys for Aws {
    async fn claim_key(&self, claim: &Claim, now: Timestamp) -> Result<Claim, PortError> {
        let claim = claim.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().claim_key(&claim, now));
        self.write(Part::Tables, "claim key", effect).await
    }

    async fn claimed(
        &self,
        user: &UserId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Claim>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().claimed(user, key, now));
        self.read(Part::Tables, "read key", effect).await
    }
}
