//! [`Replays`] and [`EventLog::list_replays`].

use super::{NEVER, a_user, somebodys_event, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    event::Retention,
    ids::{DeliveryId, ReplayId, UserId},
    ports::{Consistency, EventLog, PortError, Replays, StoreEvents, Stored},
    replay::{Place, Replay, ReplayFilter, ReplayOrder, ReplayStatus},
};
use grapnel_testing::clock::START;
use uuid::Uuid;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_replays {
    ($ports:expr) => {
        $crate::contract_tests!(
            replays,
            $ports,
            [
                a_replay_reads_back,
                a_replay_is_its_users_only,
                a_replay_is_stored_once,
                pages_are_recorded_in_order_and_once,
                of_many_records_of_a_page_one_is_written,
                progress_of_a_replay_that_is_gone_is_refused,
                progress_of_no_page_is_never_recorded,
                replays_are_listed_newest_first_in_pages,
                events_are_no_replays,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: Replays + EventLog {}
impl<S: Replays + EventLog> Store for S {}

fn of(user: &UserId) -> Replay {
    let filter = ReplayFilter {
        status: ReplayStatus::Failed,
        event: Some("lead.*".parse().expect("a filter of types")),
        since: None,
        until: START,
    };
    let webhook_id = Some(somebodys_webhook().id);
    let order = ReplayOrder { webhook_id, filter, created_at: START };
    let id = ReplayId::from_uuid(Uuid::now_v7());
    let replay = Replay::new(id, user.clone(), order, Retention { days: 30 });
    Replay { expires_at: NEVER, ..replay }
}

fn somebodys_replay() -> Replay {
    of(&a_user())
}

/// The replay with so many pages on record.
fn after(replay: &Replay, page: u32) -> Replay {
    let after = Some(DeliveryId::from_uuid(Uuid::from_u128(page.into())));
    let webhook_id = somebodys_webhook().id;
    let place = Some(Place { webhook_id, after });
    Replay { page, place, examined: 100 * u64::from(page), replayed: 7, ..replay.clone() }
}

async fn read<S: Store>(stores: &S, replay: &Replay) -> Option<Replay> {
    stores.replay(&replay.user_id, replay.id, Consistency::Strong).await.expect("read")
}

async fn there<S: Store>(stores: &S, replay: Replay) -> Replay {
    assert_eq!(stores.store_replay(&replay).await, Ok(Stored::Yes));
    replay
}

pub async fn a_replay_reads_back<S: Store>(stores: &S) {
    let one = somebodys_replay();
    let everything = ReplayOrder {
        webhook_id: None,
        filter: ReplayFilter {
            status: ReplayStatus::Success,
            event: None,
            since: Some(START),
            until: START,
        },
        created_at: START,
    };
    let all = Replay { order: everything, place: None, ..somebodys_replay() };
    for replay in [one, all] {
        let replay = there(stores, replay).await;
        assert_eq!(read(stores, &replay).await, Some(replay));
    }
    assert_eq!(read(stores, &somebodys_replay()).await, None);
}

pub async fn a_replay_is_its_users_only<S: Store>(stores: &S) {
    let replay = there(stores, somebodys_replay()).await;
    let foreign = Replay { user_id: a_user(), ..replay };
    assert_eq!(read(stores, &foreign).await, None);
}

pub async fn a_replay_is_stored_once<S: Store>(stores: &S) {
    let replay = there(stores, somebodys_replay()).await;
    let advanced = after(&replay, 1);
    assert_eq!(stores.advance_replay(&advanced).await, Ok(Stored::Yes));
    let refused = Stored::Refused(Some(Box::new(advanced.clone())));
    assert_eq!(stores.store_replay(&replay).await, Ok(refused));
    assert_eq!(read(stores, &replay).await, Some(advanced));
}

pub async fn pages_are_recorded_in_order_and_once<S: Store>(stores: &S) {
    let replay = there(stores, somebodys_replay()).await;
    let refused = |found: &Replay| Ok(Stored::Refused(Some(Box::new(found.clone()))));
    assert_eq!(stores.advance_replay(&after(&replay, 2)).await, refused(&replay));
    let first = after(&replay, 1);
    assert_eq!(stores.advance_replay(&first).await, Ok(Stored::Yes));
    assert_eq!(read(stores, &replay).await, Some(first.clone()));
    assert_eq!(stores.advance_replay(&after(&replay, 1)).await, refused(&first));
    let last = Replay { place: None, finished_at: Some(START), ..after(&first, 2) };
    assert_eq!(stores.advance_replay(&last).await, Ok(Stored::Yes));
    assert_eq!(read(stores, &replay).await, Some(last));
}

pub async fn of_many_records_of_a_page_one_is_written<S: Store>(stores: &S) {
    let replay = there(stores, somebodys_replay()).await;
    let records: Vec<Replay> =
        (0..8).map(|replayed| Replay { replayed, ..after(&replay, 1) }).collect();
    let answers = join_all(records.iter().map(|record| stores.advance_replay(record))).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Stored::Yes)).count(), 1);
    let written = answers.iter().position(|answer| *answer == Ok(Stored::Yes));
    let written = written.map(|place| records[place].clone());
    assert_eq!(read(stores, &replay).await, written);
}

pub async fn progress_of_a_replay_that_is_gone_is_refused<S: Store>(stores: &S) {
    let replay = somebodys_replay();
    assert_eq!(stores.advance_replay(&after(&replay, 1)).await, Ok(Stored::Refused(None)));
    assert_eq!(read(stores, &replay).await, None);
}

pub async fn progress_of_no_page_is_never_recorded<S: Store>(stores: &S) {
    let replay = there(stores, somebodys_replay()).await;
    let answer = stores.advance_replay(&replay).await;
    assert!(matches!(answer, Err(PortError::Unusable(_))), "{answer:?}");
}

pub async fn replays_are_listed_newest_first_in_pages<S: Store>(stores: &S) {
    let user = a_user();
    let mut newest_first = Vec::new();
    for _ in 0..5 {
        newest_first.insert(0, there(stores, of(&user)).await);
    }
    there(stores, somebodys_replay()).await;
    for limit in [1, 2, 3, 5, 100] {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page = stores.list_replays(&user, limit, after).await.expect("listed");
            assert!(page.items.len() <= limit);
            listed.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, newest_first, "limit {limit}");
    }
}

pub async fn events_are_no_replays<S: Store + StoreEvents>(stores: &S) {
    let event = somebodys_event();
    stores.store_event(&event).await.expect("stored");
    let replay = there(stores, of(&event.user_id)).await;
    let page = stores.list_replays(&event.user_id, 100, None).await.expect("listed");
    assert_eq!((page.items, page.next), (vec![replay], None));
}
