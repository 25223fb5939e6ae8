//! The data of events, for the deliveries that show it.

use crate::{
    ports::{Api, Ports},
    problem::Problem,
};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use grapnel_domain::{
    delivery::Delivery,
    ids::{EventId, UserId},
    ports::{Consistency, ReadEvents},
};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};

/// Reads under way at once. Each may hold 256 KiB.
const CONCURRENT_READS: usize = 8;

/// An event's data; `None` once the event is gone.
pub(crate) type Payload = Option<Box<RawValue>>;

/// Reads one event's data. A cheap read that finds nothing may just lag behind: what is shown as
/// gone is confirmed by a consistent one.
///
/// # Errors
/// 503 or 500 as the store says; 500 if what is stored is not JSON.
pub(crate) async fn read<P: Ports>(
    api: &Api<P>,
    user: &UserId,
    id: EventId,
) -> Result<Payload, Problem> {
    let mut event = api.events.event(user, id, Consistency::Eventual).await?;
    if event.is_none() {
        event = api.events.event(user, id, Consistency::Strong).await?;
    }
    event.map(|event| raw(event.content.data)).transpose()
}

/// JSON text as it is.
///
/// # Errors
/// 500 if it is none.
pub(crate) fn raw(text: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(text).map_err(|_| Problem::internal("an event's data is not JSON"))
}

/// The data of a page's events: each event is read once, a few ahead of where they are needed, and
/// not at all where the page ends before it.
pub(crate) struct Payloads<'a> {
    coming: BoxStream<'a, (EventId, Result<Payload, Problem>)>,
    read: HashMap<EventId, Payload>,
}

impl<'a> Payloads<'a> {
    /// Prepares for these deliveries, to be asked for in this order.
    pub(crate) fn of<P: Ports>(api: &'a Api<P>, user: &'a UserId, page: &[Delivery]) -> Self {
        let mut seen = HashSet::new();
        let distinct: Vec<EventId> =
            page.iter().map(|delivery| delivery.event_id).filter(|id| seen.insert(*id)).collect();
        let coming = stream::iter(distinct)
            .map(move |id| async move { (id, read(api, user, id).await) })
            .buffered(CONCURRENT_READS);
        Self { coming: coming.boxed(), read: HashMap::new() }
    }

    /// The data of the next delivery's event.
    ///
    /// # Errors
    /// As [`read`].
    pub(crate) async fn next(&mut self, id: EventId) -> Result<Option<&RawValue>, Problem> {
        while !self.read.contains_key(&id) {
            let Some((id, payload)) = self.coming.next().await else { break };
            self.read.insert(id, payload?);
        }
        Ok(self.read.get(&id).and_then(|payload| payload.as_deref()))
    }
}
