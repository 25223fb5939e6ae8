//! [`StoreKeys`] and [`ReadKeys`].
#![expect(missing_docs, reason = "the name of a case says what it holds")]

use super::a_user;
use crate::ids::SequentialIds;
use grapnel_domain::{
    ports::{ApiKey, GenerateIds, KeyHash, ReadKeys, StoreKeys},
    scope::Scope,
};
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
                an_unknown_hash_finds_nothing,
                storing_a_key_again_changes_nothing,
            ]
        );
    };
}

fn a_key() -> (KeyHash, ApiKey) {
    let key = ApiKey {
        id: SequentialIds::new().key_id(),
        user_id: a_user(),
        scopes: vec![Scope::WebhooksRead, Scope::DeliveriesRetry],
        created_at: crate::clock::START,
    };
    (KeyHash::of(&Uuid::now_v7().to_string()), key)
}

pub async fn a_key_is_found_by_its_hash<S: StoreKeys + ReadKeys>(stores: &S) {
    let (hash, key) = a_key();
    stores.store_key(&hash, &key).await.expect("stored");
    assert_eq!(stores.key(&hash).await, Ok(Some(key)));
}

pub async fn an_unknown_hash_finds_nothing<S: StoreKeys + ReadKeys>(stores: &S) {
    assert_eq!(stores.key(&a_key().0).await, Ok(None));
}

pub async fn storing_a_key_again_changes_nothing<S: StoreKeys + ReadKeys>(stores: &S) {
    let (hash, key) = a_key();
    stores.store_key(&hash, &key).await.expect("stored");
    let wider = ApiKey { scopes: Scope::ALL.to_vec(), ..key.clone() };
    stores.store_key(&hash, &wider).await.expect("repeated");
    assert_eq!(stores.key(&hash).await, Ok(Some(key)));
}
