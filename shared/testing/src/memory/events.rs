use super::{Memory, Operation, whole_second};
use grapnel_domain::{
    event::{Event, EventPlace, EventSpan, ListedEvent},
    ids::{EventId, ReplayId, UserId},
    ports::{Consistency, EventLog, Page, PortError, ReadEvents, StoreEvents},
    replay::Replay,
    time::Timestamp,
};

impl ReadEvents for Memory {
    async fn event(
        &self,
        user: &UserId,
        id: EventId,
        consistency: Consistency,
    ) -> Result<Option<Event>, PortError> {
        self.run(Operation::Event, |state| {
            Ok(state.seen(consistency).events.get(&(user.clone(), id)).cloned())
        })
        .await
    }
}

impl EventLog for Memory {
    async fn list_events(
        &self,
        span: &EventSpan,
        limit: usize,
        after: Option<EventPlace>,
    ) -> Result<Page<ListedEvent, EventPlace>, PortError> {
        self.run(Operation::ListEvents, |state| {
            let arrivals = span.arrivals(after);
            let events = state.seen(Consistency::Eventual).events.values();
            let mut listed: Vec<ListedEvent> = events
                .filter(|event| event.user_id == span.user)
                .filter(|event| {
                    arrivals.is_some_and(|(first, last)| (first..=last).contains(&event.stored_at))
                })
                .map(ListedEvent::from)
                .filter(|event| after.is_none_or(|after| event.place() < after))
                .collect();
            listed.sort_by_key(|event| std::cmp::Reverse(event.place()));
            let more = listed.len() > limit;
            listed.truncate(limit);
            let next = listed.last().filter(|_| more).map(ListedEvent::place);
            Ok(Page { items: listed, next })
        })
        .await
    }

    async fn erase_payload(
        &self,
        user: &UserId,
        id: EventId,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, PortError> {
        self.run(Operation::ErasePayload, |state| {
            let found = state.tables.events.get_mut(&(user.clone(), id));
            Ok(found.filter(|event| event.audience.is_some()).map(|event| {
                event.content.data.clear();
                *event.payload_erased_at.get_or_insert(at)
            }))
        })
        .await
    }

    async fn list_replays(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<ReplayId>,
    ) -> Result<Page<Replay, ReplayId>, PortError> {
        self.run(Operation::ListReplays, |state| {
            let of_user = |replay: &&Replay| replay.user_id == *user;
            let mut rest = state
                .tables
                .replays
                .values()
                .rev()
                .filter(of_user)
                .filter(|replay| after.is_none_or(|after| replay.id < after));
            let items: Vec<Replay> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = items.last().filter(|_| more).map(|replay| replay.id);
            Ok(Page { items, next })
        })
        .await
    }
}

impl StoreEvents for Memory {
    async fn store_event(&self, event: &Event) -> Result<Event, PortError> {
        self.run(Operation::StoreEvent, |state| {
            let key = (event.user_id.clone(), event.id);
            if let Some(first) = state.tables.events.get(&key) {
                return Ok(first.clone());
            }
            let row = Event { expires_at: whole_second(event.expires_at), ..event.clone() };
            state.tables.events.insert(key, row);
            Ok(event.clone())
        })
        .await
    }
}
