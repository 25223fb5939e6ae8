//! [`EnqueueEvents::publish_events`]. A suite gives each case a queue of its own.

use super::{Arrivals, a_user};
use grapnel_domain::{
    event::{
        EventContent, MAX_DATA_BYTES,
        inbound::{InboundEvent, PublishedEvent},
    },
    ids::EventId,
    ports::EnqueueEvents,
};
use grapnel_testing::clock::START;
use std::collections::BTreeSet;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_publishing {
    ($ports:expr) => {
        $crate::contract_tests!(
            publishing,
            $ports,
            [every_event_arrives_as_it_was_published, the_largest_event_there_can_be_arrives,]
        );
    };
}

fn event(source_id: &str, data: String) -> PublishedEvent {
    PublishedEvent {
        user_id: a_user(),
        source_id: source_id.into(),
        content: EventContent {
            event_type: "Order placed".into(),
            source: "api".into(),
            time: START,
            data,
        },
    }
}

pub async fn every_event_arrives_as_it_was_published<S: EnqueueEvents + Arrivals>(queue: &S) {
    let data =
        |n: usize| format!(r#"{{"n": {n}.0,  "large":12345678901234567890, "é":"\ud83e\udd9e"}}"#);
    let events: Vec<_> = (0..23).map(|n| event(&format!("o-{n}"), data(n))).collect();
    let sent = queue.publish_events(events.clone()).await;
    assert_eq!(sent, vec![Ok(()); 23]);
    let arrived = queue.arrivals(23).await;
    let parsed = arrived.iter().map(|it| InboundEvent::parse(&it.body, START).expect("an event"));
    let parsed: Vec<_> = parsed.collect();
    let ids: BTreeSet<EventId> = parsed.iter().map(|it| it.id).collect();
    assert_eq!(ids, events.iter().map(PublishedEvent::event_id).collect());
    for event in events {
        let found = parsed.iter().find(|it| it.id == event.event_id()).expect("arrived");
        assert_eq!((&found.user_id, &found.content), (&event.user_id, &event.content));
    }
}

pub async fn the_largest_event_there_can_be_arrives<S: EnqueueEvents + Arrivals>(queue: &S) {
    let mut data = String::from(r#"{"x":""#);
    data.extend(std::iter::repeat_n('x', MAX_DATA_BYTES - data.len() - 2));
    data.push_str(r#""}"#);
    assert_eq!(data.len(), MAX_DATA_BYTES);
    // Every bound at once, with characters that grow in an envelope.
    let mut largest = event(&"\\".repeat(256), data);
    largest.content.event_type = "\"".repeat(256);
    largest.content.source = "\\".repeat(256);
    let small = event("small", "{}".into());
    assert_eq!(
        queue.publish_events(vec![small.clone(), largest.clone(), small]).await,
        vec![Ok(()); 3]
    );
    let arrived = queue.arrivals(3).await;
    let longest = arrived.iter().max_by_key(|it| it.body.len()).expect("arrived");
    let read = InboundEvent::parse(&longest.body, START).expect("an event");
    assert!(read.id == largest.event_id() && read.content == largest.content);
}
