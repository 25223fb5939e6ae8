//! Events in a list: their visible fields, and their positions.

use super::Event;
use crate::{
    ids::{EventId, UserId},
    time::Timestamp,
};
use std::{fmt, str::FromStr};

/// An event in a list: without its data and its deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEvent {
    pub id: EventId,
    pub event_type: String,
    pub source: String,
    /// When it happened, according to its sender.
    pub time: Timestamp,
    /// When it was first received.
    pub stored_at: Timestamp,
    /// When its data was erased.
    pub payload_erased_at: Option<Timestamp>,
}

impl ListedEvent {
    /// Its position in its owner's list.
    #[must_use]
    pub fn place(&self) -> EventPlace {
        EventPlace { stored_at: self.stored_at, id: self.id }
    }
}

impl From<&Event> for ListedEvent {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id,
            event_type: event.content.event_type.clone(),
            source: event.content.source.clone(),
            time: event.content.time,
            stored_at: event.stored_at,
            payload_erased_at: event.payload_erased_at,
        }
    }
}

/// A position in a user's list of events, which is newest first. Written as `<time>#<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPlace {
    /// When the event was received.
    pub stored_at: Timestamp,
    pub id: EventId,
}

/// A text that is not a position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list of events")]
pub struct InvalidPlace;

impl fmt::Display for EventPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.stored_at, self.id)
    }
}

impl FromStr for EventPlace {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (stored_at, id) = text.split_once('#').ok_or(InvalidPlace)?;
        let place = Self {
            stored_at: stored_at.parse().map_err(|_| InvalidPlace)?,
            id: id.parse().map_err(|_| InvalidPlace)?,
        };
        // One spelling for each position, as for ids.
        if place.to_string() == text { Ok(place) } else { Err(InvalidPlace) }
    }
}

/// The part of a user's events to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSpan {
    pub user: UserId,
    /// Only events that were received at this time or later.
    pub since: Option<Timestamp>,
    /// Only events that were received before this time.
    pub until: Option<Timestamp>,
}

impl EventSpan {
    /// The first and the last possible time of receipt on a page that begins behind `after`; `None`
    /// if the page must be empty.
    #[must_use]
    pub fn arrivals(&self, after: Option<EventPlace>) -> Option<(Timestamp, Timestamp)> {
        let first = self.since.unwrap_or(Timestamp::from_millis(0));
        let last = self
            .until
            .map_or(Timestamp::LAST, |until| Timestamp::from_millis(until.as_millis() - 1));
        let last = after.map_or(last, |after| last.min(after.stored_at));
        (first <= last).then_some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_795_000_000_000 + millis)
    }

    fn id() -> EventId {
        EventId::derive(&UserId::parse("u").expect("valid"), "shop", "1")
    }

    #[test]
    fn a_place_has_one_spelling() {
        let place = EventPlace { stored_at: at(7), id: id() };
        let text = place.to_string();
        assert_eq!(text.parse(), Ok(place));
        let others = [
            String::new(),
            id().to_string(),
            format!("{text}x"),
            text.replace('Z', "+00:00"),
            text.replace('#', "##"),
            text.to_uppercase(),
        ];
        for other in others {
            assert_eq!(other.parse::<EventPlace>(), Err(InvalidPlace), "{other}");
        }
    }

    #[test]
    fn a_span_and_a_place_leave_a_span() {
        let span =
            |since, until| EventSpan { user: UserId::parse("u").expect("valid"), since, until };
        let place = |millis| Some(EventPlace { stored_at: at(millis), id: id() });
        let whole = span(None, None).arrivals(None).expect("not empty");
        assert_eq!(whole.1.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(span(Some(at(1)), Some(at(9))).arrivals(None), Some((at(1), at(8))));
        assert_eq!(span(Some(at(1)), Some(at(9))).arrivals(place(5)), Some((at(1), at(5))));
        assert_eq!(span(Some(at(1)), Some(at(9))).arrivals(place(50)), Some((at(1), at(8))));
        assert_eq!(span(Some(at(8)), Some(at(9))).arrivals(None), Some((at(8), at(8))));
        assert_eq!(span(Some(at(9)), Some(at(9))).arrivals(None), None);
        assert_eq!(span(Some(at(6)), None).arrivals(place(5)), None);
    }
}
