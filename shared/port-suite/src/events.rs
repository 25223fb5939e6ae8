//! [`StoreEvents`], [`ReadEvents`] and [`EventLog::erase_payload`].

use super::{a_user, somebodys_event, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    event::{Event, EventContent, MAX_DATA_BYTES},
    ports::{Consistency, EventLog, ReadEvents, StoreEvents},
    time::Timestamp,
};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_events {
    ($ports:expr) => {
        $crate::contract_tests!(
            events,
            $ports,
            [
                an_event_reads_back_byte_for_byte,
                the_largest_event_is_stored,
                an_unknown_event_is_none,
                an_event_is_its_owners_only,
                an_event_keeps_whom_it_goes_to,
                storing_an_event_again_answers_the_first,
                of_many_that_store_it_at_once_one_is_first,
                erased_data_is_gone_and_the_rest_stays,
                erased_data_does_not_come_back_with_a_repetition,
                data_of_an_event_that_goes_to_nobody_yet_stays,
                an_event_that_is_gone_does_not_come_back_by_erasing,
            ]
        );
    };
}

fn with_data(data: String) -> Event {
    let event = somebodys_event();
    Event { content: EventContent { data, ..event.content.clone() }, ..event }
}

/// JSON that does not get smaller by compression.
fn noise(bytes: usize) -> String {
    let mut state = 42_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b"abcdefghijklmnopqrstuvwxyzABCDEF0123456789"[(state >> 33) as usize % 42])
    };
    let text: String = (0..bytes - 8).map(|_| letter()).collect();
    format!(r#"{{"a":"{text}"}}"#)
}

pub async fn an_event_reads_back_byte_for_byte<S: StoreEvents + ReadEvents>(stores: &S) {
    for data in [
        r#"{"n":12345678901234567890,"f":1.0, "s":"\u00e4 ä 🪝" }"#.to_owned(),
        format!(r#"{{"text":"{}"}}"#, "abc ".repeat(20_000)),
        noise(5000),
    ] {
        let event = with_data(data);
        assert_eq!(stores.store_event(&event).await, Ok(event.clone()));
        for consistency in [Consistency::Strong, Consistency::Eventual] {
            let read = stores.event(&event.user_id, event.id, consistency).await;
            // Compared in parts: a failure must not print half a megabyte.
            let read = read.expect("read").expect("there");
            assert!(read.content.data == event.content.data, "{consistency:?}: other data");
            assert_eq!(read.stored_at, event.stored_at);
            assert!(read == event, "{read:?} is not {event:?}");
        }
    }
}

pub async fn the_largest_event_is_stored<S: StoreEvents + ReadEvents>(stores: &S) {
    let event = with_data(noise(MAX_DATA_BYTES));
    assert_eq!(event.content.data.len(), MAX_DATA_BYTES);
    stores.store_event(&event).await.expect("stored");
    let read = stores.event(&event.user_id, event.id, Consistency::Strong).await;
    assert!(read.expect("read").expect("there") == event);
}

pub async fn an_unknown_event_is_none<S: StoreEvents + ReadEvents>(stores: &S) {
    let event = somebodys_event();
    let read = stores.event(&event.user_id, event.id, Consistency::Strong).await;
    assert_eq!(read, Ok(None));
}

pub async fn an_event_is_its_owners_only<S: StoreEvents + ReadEvents>(stores: &S) {
    let event = somebodys_event();
    stores.store_event(&event).await.expect("stored");
    let read = stores.event(&a_user(), event.id, Consistency::Strong).await;
    assert_eq!(read, Ok(None));
}

pub async fn an_event_keeps_whom_it_goes_to<S: StoreEvents + ReadEvents>(stores: &S) {
    let some = (0..50).map(|_| somebodys_webhook().id).collect();
    for audience in [None, Some(vec![]), Some(some)] {
        let event = Event { audience, ..somebodys_event() };
        stores.store_event(&event).await.expect("stored");
        let read = stores.event(&event.user_id, event.id, Consistency::Strong).await;
        assert_eq!(read, Ok(Some(event)));
    }
}

pub async fn storing_an_event_again_answers_the_first<S: StoreEvents + ReadEvents>(stores: &S) {
    let first = somebodys_event();
    stores.store_event(&first).await.expect("stored");
    let again = Event {
        content: EventContent { data: "{}".into(), ..first.content.clone() },
        audience: Some(vec![somebodys_webhook().id]),
        stored_at: Timestamp::from_millis(first.stored_at.as_millis() + 5),
        ..first.clone()
    };
    assert_eq!(stores.store_event(&again).await, Ok(first.clone()));
    let read = stores.event(&first.user_id, first.id, Consistency::Strong).await;
    assert_eq!(read, Ok(Some(first)));
}

pub async fn of_many_that_store_it_at_once_one_is_first<S: StoreEvents + ReadEvents>(stores: &S) {
    let event = somebodys_event();
    let copies: Vec<Event> = (0..8)
        .map(|n| Event {
            stored_at: Timestamp::from_millis(event.stored_at.as_millis() + n),
            ..event.clone()
        })
        .collect();
    let answers = join_all(copies.iter().map(|copy| stores.store_event(copy))).await;
    let read = stores.event(&event.user_id, event.id, Consistency::Strong).await;
    let first = read.expect("read").expect("there");
    for answer in answers {
        assert_eq!(answer, Ok(first.clone()));
    }
}

/// An event that goes to somebody, with this data.
fn decided(data: String) -> Event {
    Event { audience: Some(vec![somebodys_webhook().id]), ..with_data(data) }
}

fn erased(event: &Event, at: Timestamp) -> Event {
    let content = EventContent { data: String::new(), ..event.content.clone() };
    Event { content, payload_erased_at: Some(at), ..event.clone() }
}

fn later(event: &Event, millis: i64) -> Timestamp {
    Timestamp::from_millis(event.stored_at.as_millis() + millis)
}

pub async fn erased_data_is_gone_and_the_rest_stays<S>(stores: &S)
where
    S: StoreEvents + ReadEvents + EventLog,
{
    for data in ["{}".to_owned(), format!(r#"{{"text":"{}"}}"#, "abc ".repeat(20_000))] {
        let event = decided(data);
        stores.store_event(&event).await.expect("stored");
        let first = later(&event, 1000);
        for millis in [1000, 2000] {
            let at = later(&event, millis);
            let answer = stores.erase_payload(&event.user_id, event.id, at).await;
            assert_eq!(answer, Ok(Some(first)), "the first time counts");
            let read = stores.event(&event.user_id, event.id, Consistency::Strong).await;
            assert_eq!(read, Ok(Some(erased(&event, first))));
        }
    }
}

pub async fn erased_data_does_not_come_back_with_a_repetition<S>(stores: &S)
where
    S: StoreEvents + ReadEvents + EventLog,
{
    let event = decided("{}".into());
    stores.store_event(&event).await.expect("stored");
    let at = later(&event, 1000);
    stores.erase_payload(&event.user_id, event.id, at).await.expect("erased");
    assert_eq!(stores.store_event(&event).await, Ok(erased(&event, at)));
    let read = stores.event(&event.user_id, event.id, Consistency::Strong).await;
    assert_eq!(read, Ok(Some(erased(&event, at))));
}

pub async fn data_of_an_event_that_goes_to_nobody_yet_stays<S>(stores: &S)
where
    S: StoreEvents + ReadEvents + EventLog,
{
    let event = somebodys_event();
    stores.store_event(&event).await.expect("stored");
    let answer = stores.erase_payload(&event.user_id, event.id, later(&event, 1)).await;
    assert_eq!(answer, Ok(None));
    let read = stores.event(&event.user_id, event.id, Consistency::Strong).await;
    assert_eq!(read, Ok(Some(event)));
}

pub async fn an_event_that_is_gone_does_not_come_back_by_erasing<S>(stores: &S)
where
    S: ReadEvents + EventLog,
{
    let event = somebodys_event();
    let answer = stores.erase_payload(&event.user_id, event.id, later(&event, 1)).await;
    assert_eq!(answer, Ok(None));
    let read = stores.event(&event.user_id, event.id, Consistency::Strong).await;
    assert_eq!(read, Ok(None));
}
