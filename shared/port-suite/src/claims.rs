//! [`ClaimKeys`].

use super::a_user;
use futures::future::join_all;
use grapnel_domain::{
    event::publish::{Claim, KEY_LIFETIME},
    ids::UserId,
    ports::ClaimKeys,
    time::Timestamp,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A test for each case of this part.
#[macro_export]
macro_rules! contract_of_claims {
    ($ports:expr) => {
        $crate::contract_tests!(
            claims,
            $ports,
            [
                a_key_stands_for_its_first_request,
                a_key_is_its_users_only,
                a_key_is_free_again_after_its_time,
                of_many_at_once_one_is_first,
            ]
        );
    };
}

/// The present, because expired rows may be removed at any time.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("before the year 292277026"))
}

fn claim(user: &UserId, key: &str, seed: &str, now: Timestamp) -> Claim {
    let key = key.parse().expect("a key");
    Claim::new(user.clone(), key, format!("hash of {seed}"), seed.to_owned(), now)
}

pub async fn a_key_stands_for_its_first_request<S: ClaimKeys>(stores: &S) {
    let (user, now) = (a_user(), now());
    let first = claim(&user, "key-1", "one", now);
    assert_eq!(stores.claimed(&user, &first.key, now).await, Ok(None));
    assert_eq!(stores.claim_key(&first, now).await, Ok(first.clone()));
    let second = claim(&user, "key-1", "two", now.plus(Duration::from_secs(1)));
    assert_eq!(stores.claim_key(&second, second.accepted_at).await, Ok(first.clone()));
    assert_eq!(stores.claimed(&user, &first.key, now).await, Ok(Some(first)));
    let longest = claim(&user, &"k#".repeat(127), "three", now);
    assert_eq!(stores.claim_key(&longest, now).await, Ok(longest));
}

pub async fn a_key_is_its_users_only<S: ClaimKeys>(stores: &S) {
    let (one, other, now) = (a_user(), a_user(), now());
    let first = claim(&one, "key", "one", now);
    stores.claim_key(&first, now).await.expect("claimed");
    assert_eq!(stores.claimed(&other, &first.key, now).await, Ok(None));
    let theirs = claim(&other, "key", "two", now);
    assert_eq!(stores.claim_key(&theirs, now).await, Ok(theirs));
}

pub async fn a_key_is_free_again_after_its_time<S: ClaimKeys>(stores: &S) {
    let (user, now) = (a_user(), now());
    let first = claim(&user, "key", "one", now);
    stores.claim_key(&first, now).await.expect("claimed");
    let later = now.plus(KEY_LIFETIME);
    assert_eq!(stores.claimed(&user, &first.key, later).await, Ok(None));
    let second = claim(&user, "key", "two", later);
    assert_eq!(stores.claim_key(&second, later).await, Ok(second.clone()));
    assert_eq!(stores.claimed(&user, &first.key, later).await, Ok(Some(second)));
}

pub async fn of_many_at_once_one_is_first<S: ClaimKeys>(stores: &S) {
    let (user, now) = (a_user(), now());
    let claims: Vec<Claim> = (0..8).map(|n| claim(&user, "key", &n.to_string(), now)).collect();
    let answers = join_all(claims.iter().map(|claim| stores.claim_key(claim, now))).await;
    let first = stores.claimed(&user, &claims[0].key, now).await.expect("read").expect("there");
    for answer in answers {
        assert_eq!(answer, Ok(first.clone()));
    }
}
