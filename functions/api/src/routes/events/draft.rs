//! What a body says of the events that it publishes.

use crate::request::body::Object;
use grapnel_domain::{
    event::{EventContent, inbound::PublishedEvent, publish::source_id},
    fault::FieldFault,
    ids::{EventId, UserId},
    time::Timestamp,
};
use grapnel_wire::event::{EventBatch, EventOfBatch, NewEvent};

/// An event as it was asked for.
#[derive(Debug)]
pub(super) struct Draft {
    /// Where it stands in the body: nothing, or `events[3].`.
    pub(super) path: String,
    asked: EventOfBatch,
}

impl Draft {
    /// Its type.
    pub(super) fn event_type(&self) -> &str {
        &self.asked.r#type
    }

    /// Its data, as it came.
    pub(super) fn data(&self) -> &str {
        self.asked.data.get()
    }

    /// The id of the event, if it brings what its id derives from.
    pub(super) fn own_id(&self, user: &UserId) -> Option<EventId> {
        self.asked.id.as_deref().map(|id| EventId::derive(user, self.asked.source(), id))
    }

    /// The event, of this user and at this place of its request.
    pub(super) fn event(
        &self,
        user: &UserId,
        seed: &str,
        place: usize,
        now: Timestamp,
    ) -> PublishedEvent {
        PublishedEvent {
            user_id: user.clone(),
            source_id: self.asked.id.clone().unwrap_or_else(|| source_id(seed, place)),
            content: EventContent {
                event_type: self.event_type().to_owned(),
                source: self.asked.source().to_owned(),
                time: self.asked.time.unwrap_or(now),
                data: self.data().to_owned(),
            },
        }
    }
}

/// Reads one event, or those of the list `events`.
///
/// # Errors
/// Every fault of every event.
pub(super) fn parse(input: &Object) -> Result<Vec<Draft>, Vec<FieldFault>> {
    if input.get("events").is_none() {
        let asked = input.read::<NewEvent>().finish()?.into();
        return Ok(vec![Draft { path: String::new(), asked }]);
    }
    let EventBatch { events, .. } = input.read().finish()?;
    let draft = |(index, asked)| Draft { path: format!("events[{index}]."), asked };
    Ok(events.into_iter().enumerate().map(draft).collect())
}
