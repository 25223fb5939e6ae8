//! [`EventLog::list_events`].

use super::{NEVER, a_user, eventually};
use futures::future::join_all;
use grapnel_domain::{
    event::{
        Event, EventPlace, EventSpan, ListedEvent,
        publish::{Claim, IdempotencyKey},
    },
    ids::UserId,
    ports::{ClaimKeys, EventLog, Replays, StoreEvents},
    time::Timestamp,
};
use grapnel_testing::{builders::an_event, clock::START};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_event_list {
    ($ports:expr) => {
        $crate::contract_tests!(
            event_list,
            $ports,
            [
                a_user_without_events_has_an_empty_list,
                events_are_listed_newest_first_in_pages,
                events_of_the_same_instant_are_each_listed_once,
                a_list_is_of_one_user_and_of_events_only,
                a_span_leaves_out_what_arrived_outside_it,
                a_list_says_what_was_erased,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: StoreEvents + EventLog + Replays + ClaimKeys {}
impl<S: StoreEvents + EventLog + Replays + ClaimKeys> Store for S {}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + millis)
}

fn whole(user: &UserId) -> EventSpan {
    EventSpan { user: user.clone(), since: None, until: None }
}

fn event(user: &UserId, millis: i64) -> Event {
    let event = an_event().for_user(user.as_str()).stored_at(at(millis)).to([]).build();
    Event { expires_at: NEVER, ..event }
}

/// Events of a user that arrived at these times, in the order of a list.
async fn stored<S: Store>(stores: &S, user: &UserId, arrived: &[i64]) -> Vec<ListedEvent> {
    let events: Vec<Event> = arrived.iter().map(|millis| event(user, *millis)).collect();
    for done in join_all(events.iter().map(|event| stores.store_event(event))).await {
        done.expect("stored");
    }
    let mut listed: Vec<ListedEvent> = events.iter().map(ListedEvent::from).collect();
    listed.sort_by_key(|event| std::cmp::Reverse(event.place()));
    listed
}

async fn pages<S: Store>(stores: &S, span: &EventSpan, limit: usize) -> Vec<ListedEvent> {
    let mut listed = Vec::new();
    let mut after: Option<EventPlace> = None;
    loop {
        let page = stores.list_events(span, limit, after).await.expect("listed");
        assert!(page.items.len() <= limit, "limit {limit}");
        assert!(page.next.is_none() || page.items.len() == limit, "a short page is the last");
        listed.extend(page.items);
        after = page.next;
        if after.is_none() {
            return listed;
        }
    }
}

pub async fn a_user_without_events_has_an_empty_list<S: Store>(stores: &S) {
    let page = stores.list_events(&whole(&a_user()), 10, None).await.expect("listed");
    assert!(page.items.is_empty() && page.next.is_none());
}

pub async fn events_are_listed_newest_first_in_pages<S: Store>(stores: &S) {
    let user = a_user();
    let events = stored(stores, &user, &[3, 1, 4, 1_000, 5, 9]).await;
    for limit in [1, 2, 3, 6, 100] {
        eventually(&events, async || pages(stores, &whole(&user), limit).await).await;
    }
    // A page is full and yet the last one.
    let page = stores.list_events(&whole(&user), 6, None).await.expect("listed");
    assert_eq!((page.items.len(), page.next), (6, None));
    // An event that arrives meanwhile is not on the pages that follow.
    let first = stores.list_events(&whole(&user), 2, None).await.expect("listed");
    stored(stores, &user, &[2_000]).await;
    let rest = stores.list_events(&whole(&user), 100, first.next).await.expect("listed");
    assert_eq!(rest.items, events[2..]);
}

pub async fn events_of_the_same_instant_are_each_listed_once<S: Store>(stores: &S) {
    let user = a_user();
    let events = stored(stores, &user, &[7; 9]).await;
    let sorted = async |limit| {
        let mut listed = pages(stores, &whole(&user), limit).await;
        listed.sort_by_key(|event| std::cmp::Reverse(event.place()));
        listed
    };
    for limit in [1, 4, 9] {
        eventually(&events, || sorted(limit)).await;
    }
}

pub async fn a_list_is_of_one_user_and_of_events_only<S: Store>(stores: &S) {
    let user = a_user();
    let events = stored(stores, &user, &[1, 2]).await;
    stored(stores, &a_user(), &[3]).await;
    let replay = grapnel_testing::builders::a_replay().for_user(user.as_str()).build();
    stores.store_replay(&replay).await.expect("stored");
    let key: IdempotencyKey = "key".parse().expect("a key");
    let claim = Claim::new(user.clone(), key, "hash".into(), "seed".into(), START);
    stores.claim_key(&Claim { expires_at: NEVER, ..claim }, START).await.expect("claimed");
    eventually(&events, async || pages(stores, &whole(&user), 100).await).await;
}

pub async fn a_span_leaves_out_what_arrived_outside_it<S: Store>(stores: &S) {
    let user = a_user();
    let events = stored(stores, &user, &[1, 2, 3, 4, 5]).await;
    eventually(&events, async || pages(stores, &whole(&user), 100).await).await;
    let listed = async |since: Option<i64>, until: Option<i64>| {
        let span = EventSpan { user: user.clone(), since: since.map(at), until: until.map(at) };
        let one = pages(stores, &span, 1).await;
        assert_eq!(one, pages(stores, &span, 100).await);
        one
    };
    assert_eq!(listed(Some(2), None).await, events[..4]);
    assert_eq!(listed(None, Some(2)).await, events[4..]);
    assert_eq!(listed(Some(2), Some(4)).await, events[2..4]);
    assert_eq!(listed(Some(4), Some(4)).await, []);
    assert_eq!(listed(Some(9), Some(1)).await, []);
    // A cursor of a longer list, in a span that begins before it or ends after it.
    let span = |since: i64, until: i64| EventSpan {
        user: user.clone(),
        since: Some(at(since)),
        until: Some(at(until)),
    };
    let newest = Some(events[0].place());
    let page = stores.list_events(&span(1, 3), 100, newest).await.expect("listed");
    assert_eq!(page.items, events[3..]);
    let oldest = Some(events[4].place());
    let page = stores.list_events(&span(3, 9), 100, oldest).await.expect("listed");
    assert_eq!(page.items, []);
}

pub async fn a_list_says_what_was_erased<S: Store>(stores: &S) {
    let user = a_user();
    let event = event(&user, 1);
    stores.store_event(&event).await.expect("stored");
    stores.erase_payload(&user, event.id, at(9)).await.expect("erased");
    let expected =
        vec![ListedEvent { payload_erased_at: Some(at(9)), ..ListedEvent::from(&event) }];
    eventually(&expected, async || pages(stores, &whole(&user), 100).await).await;
}
