//! [`Keys`].

use super::{NEVER, a_user, eventually};
use grapnel_domain::{
    ids::{KeyId, UserId},
    key::{ApiKey, KeyHash, KeyUse, Look, Opener, Theme},
    ports::Keys,
    scope::Scope,
    time::{Minute, Timestamp},
};
use grapnel_testing::clock::START;
use std::time::Duration;
use uuid::Uuid;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_keys {
    ($ports:expr) => {
        $crate::contract_tests!(
            keys,
            $ports,
            [
                a_key_is_found_by_its_hash,
                everything_known_of_a_key_reads_back,
                what_a_key_is_for_reads_back,
                an_unknown_hash_finds_nothing,
                storing_a_key_again_changes_nothing,
                keys_are_listed_newest_first_in_pages,
                a_list_shows_keys_as_they_stand_now,
                a_revoked_key_is_not_found_again,
                a_key_is_revoked_for_its_user_only,
                a_key_that_was_stored_just_now_is_deleted,
                sessions_are_listed_by_their_hashes_and_keys_are_not,
                an_end_is_moved_if_it_is_still_the_same,
                use_is_noted_once_and_never_goes_back,
                use_of_a_key_that_is_gone_is_not_noted,
                requests_are_counted_by_user_and_minute,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: Keys {}
impl<S: Keys> Store for S {}

fn key_of(user: &UserId) -> (KeyHash, ApiKey) {
    let scopes = vec![Scope::WebhooksRead, Scope::DeliveriesRetry];
    let key = ApiKey::new(KeyId::from_uuid(Uuid::now_v7()), user.clone(), scopes, START);
    (KeyHash::of(&Uuid::now_v7().to_string()), key)
}

fn a_key() -> (KeyHash, ApiKey) {
    key_of(&a_user())
}

async fn there<S: Store>(stores: &S, (hash, key): (KeyHash, ApiKey)) -> (KeyHash, ApiKey) {
    stores.store_key(&hash, &key).await.expect("stored");
    (hash, key)
}

/// The user's keys, page by page.
async fn listed<S: Store>(stores: &S, user: &UserId, limit: usize) -> Vec<ApiKey> {
    let (mut keys, mut after) = (Vec::new(), None);
    loop {
        let page = stores.list_keys(user, limit, after).await.expect("listed");
        assert!(page.items.len() <= limit);
        keys.extend(page.items);
        after = page.next;
        if after.is_none() {
            return keys;
        }
    }
}

pub async fn a_key_is_found_by_its_hash<S: Store>(stores: &S) {
    let (hash, key) = there(stores, a_key()).await;
    assert_eq!(stores.key(&hash).await, Ok(Some(key)));
}

pub async fn everything_known_of_a_key_reads_back<S: Store>(stores: &S) {
    let (hash, key) = a_key();
    let key = ApiKey {
        name: Some("CI".into()),
        description: Some("Publishes from the build.".into()),
        scopes: Scope::ALL.to_vec(),
        expires_at: Some(Timestamp::from_millis(NEVER.as_millis() + 999)),
        latest_end: Some(NEVER),
        look: Look { theme: Some(Theme::Dark), hides_navigation: true },
        last_used_on: Some(START.day()),
        purpose: KeyUse::Portal,
        ..key
    };
    let (hash, key) = there(stores, (hash, key)).await;
    let expected = ApiKey { expires_at: Some(NEVER), ..key };
    assert_eq!(stores.key(&hash).await, Ok(Some(expected)));
}

pub async fn what_a_key_is_for_reads_back<S: Store>(stores: &S) {
    let opener = KeyHash::of("the key that opened it");
    for purpose in [
        KeyUse::Api,
        KeyUse::Portal,
        KeyUse::Console(Opener::Link),
        KeyUse::Console(Opener::Key(opener)),
    ] {
        let (hash, key) = a_key();
        let (hash, key) = there(stores, (hash, ApiKey { purpose, ..key })).await;
        assert_eq!(stores.key(&hash).await, Ok(Some(key)));
    }
}

pub async fn a_key_that_was_stored_just_now_is_deleted<S: Store>(stores: &S) {
    let (hash, _) = there(stores, a_key()).await;
    let (other, kept) = there(stores, a_key()).await;
    assert_eq!(stores.delete_key(&hash).await, Ok(()));
    assert_eq!(stores.key(&hash).await, Ok(None));
    assert_eq!(stores.delete_key(&hash).await, Ok(()), "again");
    assert_eq!(stores.key(&other).await, Ok(Some(kept)));
}

pub async fn sessions_are_listed_by_their_hashes_and_keys_are_not<S: Store>(stores: &S) {
    let user = a_user();
    let mut newest_first = Vec::new();
    for purpose in [KeyUse::Portal, KeyUse::Api, KeyUse::Console(Opener::Link)] {
        let (hash, key) = key_of(&user);
        let is_session = purpose != KeyUse::Api;
        let (hash, _) = there(stores, (hash, ApiKey { purpose, ..key })).await;
        if is_session {
            newest_first.insert(0, hash);
        }
    }
    let listed = |limit| {
        let user = &user;
        async move {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = stores.list_sessions(user, limit, after).await.expect("listed");
                found.extend(page.items);
                after = page.next;
                if after.is_none() {
                    return found.into_iter().map(|hash| hash.as_str().to_owned()).collect();
                }
            }
        }
    };
    let sorted = |mut hashes: Vec<String>| {
        hashes.sort_unstable();
        hashes
    };
    let expected = newest_first.iter().map(|hash| hash.as_str().to_owned()).collect();
    eventually(&expected, || listed(1)).await;
    assert_eq!(sorted(listed(100).await), sorted(expected), "a page has no order");
    stores.delete_key(&newest_first[0]).await.expect("deleted");
    assert_eq!(listed(100).await, [newest_first[1].as_str().to_owned()]);
    let others = stores.list_sessions(&a_user(), 100, None).await.expect("listed");
    assert!(others.items.is_empty() && others.next.is_none());
}

pub async fn an_end_is_moved_if_it_is_still_the_same<S: Store>(stores: &S) {
    let later = |hours: u64| NEVER.plus(Duration::from_secs(3600 * hours));
    let (hash, key) = a_key();
    let (hash, key) = there(stores, (hash, ApiKey { expires_at: Some(NEVER), ..key })).await;
    for (from, to, expected) in
        [(NEVER, later(1), later(1)), (NEVER, later(2), later(1)), (later(1), later(3), later(3))]
    {
        assert_eq!(stores.move_end(&hash, from, to).await, Ok(()));
        let moved = ApiKey { expires_at: Some(expected), ..key.clone() };
        assert_eq!(stores.key(&hash).await, Ok(Some(moved)));
    }
    stores.delete_key(&hash).await.expect("deleted");
    assert_eq!(stores.move_end(&hash, later(3), later(4)).await, Ok(()));
    assert_eq!(stores.key(&hash).await, Ok(None), "what is gone stays gone");
}

pub async fn an_unknown_hash_finds_nothing<S: Store>(stores: &S) {
    assert_eq!(stores.key(&a_key().0).await, Ok(None));
}

pub async fn storing_a_key_again_changes_nothing<S: Store>(stores: &S) {
    let (hash, key) = there(stores, a_key()).await;
    let wider = ApiKey { scopes: Scope::ALL.to_vec(), ..key.clone() };
    stores.store_key(&hash, &wider).await.expect("repeated");
    assert_eq!(stores.key(&hash).await, Ok(Some(key)));
}

pub async fn keys_are_listed_newest_first_in_pages<S: Store>(stores: &S) {
    let user = a_user();
    let mut newest_first = Vec::new();
    for _ in 0..5 {
        newest_first.insert(0, there(stores, key_of(&user)).await.1);
    }
    there(stores, a_key()).await;
    for limit in [1, 2, 3, 5, 100] {
        eventually(&newest_first, || listed(stores, &user, limit)).await;
    }
    assert_eq!(listed(stores, &a_user(), 100).await, []);
}

pub async fn a_list_shows_keys_as_they_stand_now<S: Store>(stores: &S) {
    let user = a_user();
    let (_, older) = there(stores, key_of(&user)).await;
    let (hash, newer) = there(stores, key_of(&user)).await;
    eventually(&vec![newer.clone(), older.clone()], || listed(stores, &user, 100)).await;
    stores.note_key_use(&hash, START.day()).await.expect("noted");
    let used = ApiKey { last_used_on: Some(START.day()), ..newer };
    assert_eq!(listed(stores, &user, 100).await, [used, older.clone()]);
    assert_eq!(stores.revoke_key(&user, older.id).await, Ok(true));
    assert_eq!(listed(stores, &user, 100).await.len(), 1);
}

pub async fn a_revoked_key_is_not_found_again<S: Store>(stores: &S) {
    let (hash, key) = there(stores, a_key()).await;
    eventually(&Ok(true), || stores.revoke_key(&key.user_id, key.id)).await;
    assert_eq!(stores.key(&hash).await, Ok(None));
    assert_eq!(stores.revoke_key(&key.user_id, key.id).await, Ok(false));
    assert_eq!(listed(stores, &key.user_id, 100).await, []);
}

pub async fn a_key_is_revoked_for_its_user_only<S: Store>(stores: &S) {
    let (hash, key) = there(stores, a_key()).await;
    eventually(&vec![key.clone()], || listed(stores, &key.user_id, 100)).await;
    assert_eq!(stores.revoke_key(&a_user(), key.id).await, Ok(false));
    assert_eq!(stores.revoke_key(&key.user_id, a_key().1.id).await, Ok(false));
    assert_eq!(stores.key(&hash).await, Ok(Some(key)));
}

pub async fn use_is_noted_once_and_never_goes_back<S: Store>(stores: &S) {
    let (hash, key) = there(stores, a_key()).await;
    let today = START.day();
    let tomorrow = Timestamp::from_millis(START.as_millis() + 86_400_000).day();
    for (day, expected) in [(today, today), (today, today), (tomorrow, tomorrow), (today, tomorrow)]
    {
        stores.note_key_use(&hash, day).await.expect("noted");
        let found = ApiKey { last_used_on: Some(expected), ..key.clone() };
        assert_eq!(stores.key(&hash).await, Ok(Some(found)));
    }
}

pub async fn use_of_a_key_that_is_gone_is_not_noted<S: Store>(stores: &S) {
    let (hash, _) = a_key();
    stores.note_key_use(&hash, START.day()).await.expect("nothing to note");
    assert_eq!(stores.key(&hash).await, Ok(None));
}

pub async fn requests_are_counted_by_user_and_minute<S: Store>(stores: &S) {
    let (user, other, minute) = (a_user(), a_user(), Minute::at_or_before(NEVER));
    assert_eq!(stores.count_requests(&user, minute, 30).await, Ok(30));
    assert_eq!(stores.count_requests(&user, minute, 31).await, Ok(61));
    assert_eq!(stores.count_requests(&user, minute.next(), 1).await, Ok(1));
    assert_eq!(stores.count_requests(&other, minute, 2).await, Ok(2));
    assert_eq!(listed(stores, &user, 100).await, []);
}
