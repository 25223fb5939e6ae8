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
    event::Event,
    ids::{EventId, UserId},
    ports::{Consistency, ReadEvents},
    time::Timestamp,
};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};

/// Reads under way at once. Each may hold 256 KiB.
const CONCURRENT_READS: usize = 8;

/// An event's data.
pub(crate) enum Payload {
    /// JSON, byte for byte.
    Here(Box<RawValue>),
    /// The event is gone.
    Gone,
    /// It was erased then.
    Erased(Timestamp),
}

impl Payload {
    /// The data, if it is there.
    pub(crate) fn data(&self) -> Option<&RawValue> {
        match self {
            Self::Here(data) => Some(data),
            Self::Gone | Self::Erased(_) => None,
        }
    }

    /// When it was erased.
    pub(crate) fn erased_at(&self) -> Option<Timestamp> {
        match self {
            Self::Erased(at) => Some(*at),
            Self::Here(_) | Self::Gone => None,
        }
    }
}

/// The data of one delivery's event. What the delivery knows to be erased is not read: a cheap read
/// may still show it.
///
/// # Errors
/// As [`read`].
pub(crate) async fn of<P: Ports>(api: &Api<P>, delivery: &Delivery) -> Result<Payload, Problem> {
    match delivery.payload_erased_at {
        Some(at) => Ok(Payload::Erased(at)),
        None => read(api, &delivery.user_id, delivery.event_id).await,
    }
}

/// Reads one event's data. A cheap read that finds nothing may just lag behind: what is shown as
/// gone is confirmed by a consistent one.
///
/// # Errors
/// 503 or 500 as the store says; 500 if what is stored is not JSON.
async fn read<P: Ports>(api: &Api<P>, user: &UserId, id: EventId) -> Result<Payload, Problem> {
    let mut event = api.events.event(user, id, Consistency::Eventual).await?;
    if event.is_none() {
        event = api.events.event(user, id, Consistency::Strong).await?;
    }
    event.as_ref().map_or(Ok(Payload::Gone), in_event)
}

/// The data in an event.
///
/// # Errors
/// 500 if what is stored is not JSON.
pub(crate) fn in_event(event: &Event) -> Result<Payload, Problem> {
    Ok(match event.payload_erased_at {
        Some(at) => Payload::Erased(at),
        None => Payload::Here(raw(event.content.data.clone())?),
    })
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
        let unknown = page.iter().filter(|delivery| delivery.payload_erased_at.is_none());
        let distinct: Vec<EventId> =
            unknown.map(|delivery| delivery.event_id).filter(|id| seen.insert(*id)).collect();
        let coming = stream::iter(distinct)
            .map(move |id| async move { (id, read(api, user, id).await) })
            .buffered(CONCURRENT_READS);
        Self { coming: coming.boxed(), read: HashMap::new() }
    }

    /// The data of the next delivery's event.
    ///
    /// # Errors
    /// As [`read`].
    pub(crate) async fn next(&mut self, delivery: &Delivery) -> Result<&Payload, Problem> {
        let id = delivery.event_id;
        if let Some(at) = delivery.payload_erased_at {
            return Ok(self.read.entry(id).insert_entry(Payload::Erased(at)).into_mut());
        }
        while !self.read.contains_key(&id) {
            let Some((id, payload)) = self.coming.next().await else { break };
            self.read.insert(id, payload?);
        }
        Ok(self.read.get(&id).unwrap_or(&Payload::Gone))
    }
}
