//! Events: publishing them, and their deliveries.

use crate::{Call, Client, List, Page, call::path};
use grapnel_wire::{
    event::{Event, ListedEvent, Published},
    explanation::Explanation,
    limits::{EVENTS, EVENTS_BODY_BYTES},
    time::Timestamp,
};
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde::Serialize;
use serde_json::value::RawValue;

/// Which events to list. What is left out leaves none out.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Their type, a group such as `lead.*`, or `*`.
    pub r#type: Option<String>,
    /// Those that arrived from then on.
    pub since: Option<Timestamp>,
    /// Those that arrived before then.
    pub until: Option<Timestamp>,
}

/// The body of a request that publishes.
#[derive(Serialize)]
struct Publication<'a, E> {
    events: &'a [E],
}

/// The bytes of a request that publishes events of these sizes.
fn body_bytes(events: usize, bytes: usize) -> usize {
    const AROUND: usize = r#"{"events":[]}"#.len();
    AROUND + bytes + events.saturating_sub(1)
}

/// Whether an event fits into a request of its own.
#[must_use]
pub fn fits_a_request(event: &RawValue) -> bool {
    body_bytes(1, event.get().len()) <= EVENTS_BODY_BYTES
}

/// Splits events into requests that the API takes, by their number and by their bytes. What comes
/// before an event does not depend on what follows it, so the same list is always split alike, and
/// a list that has grown or changed further down begins with the same requests.
#[must_use]
pub fn requests(events: &[Box<RawValue>]) -> Vec<&[Box<RawValue>]> {
    let mut requests = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (place, event) in events.iter().enumerate() {
        let (count, more) = (place - from, event.get().len());
        let is_full = count == EVENTS || body_bytes(count + 1, bytes + more) > EVENTS_BODY_BYTES;
        if is_full && count > 0 {
            requests.push(&events[from..place]);
            (from, bytes) = (place, 0);
        }
        bytes += more;
    }
    requests.extend((from < events.len()).then(|| &events[from..]));
    requests
}

impl Client {
    /// Publishes the events of one request, see [`requests`]: [`NewEvent`](crate::NewEvent)s, or other JSON of them.
    /// With an idempotency key, asking again is harmless for a day: the same events are published.
    pub fn publish_events(
        &self,
        events: &[impl Serialize],
        idempotency_key: Option<&str>,
    ) -> Call<Published> {
        // Not by way of a value: that would lose how the data's numbers are written.
        let call = self.call_with(Method::POST, path(&["api", "events"]), &Publication { events });
        match idempotency_key.map(HeaderValue::from_str) {
            Some(Ok(key)) => call.header(HeaderName::from_static("idempotency-key"), key),
            // What no header can hold is no key to the API either: it says so.
            Some(Err(_)) => call
                .header(HeaderName::from_static("idempotency-key"), HeaderValue::from_static("")),
            None => call,
        }
    }

    /// The events that a filter chooses, newest first. A deployment may have no index of them.
    pub fn events_where(&self, filter: EventFilter) -> List<ListedEvent> {
        let EventFilter { r#type, since, until } = filter;
        List::new(self.clone(), path(&["api", "events"]))
            .only("type", r#type)
            .only("since", since)
            .only("until", until)
    }

    /// The event that its source calls so: one item, or none.
    pub fn event_of_source(&self, source: &str, source_id: &str) -> Call<Page<ListedEvent>> {
        self.call(Method::GET, path(&["api", "events"]))
            .query("source", Some(source))
            .query("sourceId", Some(source_id))
    }

    /// One event with its deliveries. It is there a moment after it was published.
    pub fn event(&self, id: &str) -> Call<Event> {
        self.call(Method::GET, path(&["api", "events", id]))
    }

    /// Why a webhook got an event, or did not get it.
    pub fn explain_event(&self, id: &str, webhook_id: &str) -> Call<Explanation> {
        self.call(Method::GET, path(&["api", "events", id, "explain"]))
            .query("webhook", Some(webhook_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn event(bytes: usize) -> Box<RawValue> {
        let text = format!("\"{}\"", "x".repeat(bytes - 2));
        RawValue::from_string(text).expect("JSON")
    }

    #[rstest]
    #[case::none(&[], &[])]
    #[case::by_number(&[10; 250], &[100, 100, 50])]
    #[case::by_bytes(&[20 * 1024; 100], &[51, 49])]
    #[case::exactly_full(&[EVENTS_BODY_BYTES - 13], &[1])]
    #[case::two_exactly_full(&[1000, EVENTS_BODY_BYTES - 1014, 2], &[2, 1])]
    #[case::one_byte_too_many(&[1000, EVENTS_BODY_BYTES - 1013, 2], &[1, 2])]
    #[case::one_that_never_fits(&[10, EVENTS_BODY_BYTES, 10], &[1, 1, 1])]
    fn requests_stay_below_both_limits(#[case] sizes: &[usize], #[case] expected: &[usize]) {
        let events: Vec<_> = sizes.iter().map(|bytes| event(*bytes)).collect();
        let split = requests(&events);
        assert_eq!(split.iter().map(|request| request.len()).collect::<Vec<_>>(), expected);
        for request in split.iter().filter(|request| request.iter().all(|it| fits_a_request(it))) {
            let body = serde_json::to_vec(&Publication { events: request }).expect("JSON");
            let sizes = request.iter().map(|event| event.get().len());
            assert_eq!(body.len(), body_bytes(request.len(), sizes.sum()));
            assert!(body.len() <= EVENTS_BODY_BYTES);
        }
        let all: Vec<&str> = split.iter().copied().flatten().map(|event| event.get()).collect();
        assert_eq!(all, events.iter().map(|event| event.get()).collect::<Vec<_>>());
    }
}
