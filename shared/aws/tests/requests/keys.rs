//! The keys table: API keys, portal links, echoes and counts of requests.

use crate::captured::{Captured, assert_lines};
use grapnel_aws::KeyStore;
use grapnel_domain::{
    echo::{Echo, EchoedRequest},
    ids::{EchoId, KeyId, UserId},
    key::{ApiKey, KeyHash, Look, PortalLink},
    ports::{Echoes, Keys, PortalLinks},
    signature::Secret,
    time::Minute,
};
use grapnel_testing::clock::START;
use std::time::Duration;
use uuid::Uuid;

struct Asked {
    aws: Captured,
    store: KeyStore,
    hash: KeyHash,
    key: ApiKey,
}

impl Asked {
    async fn new() -> Self {
        Self::answered([]).await
    }

    async fn answered<const N: usize>(answers: [&str; N]) -> Self {
        let aws = Captured::answering(answers).await;
        let store = KeyStore::new(&aws.clients, "keys").noting_within(Duration::from_secs(60));
        let user = UserId::parse("user-1").expect("valid");
        let id = KeyId::from_uuid(Uuid::from_u128(7));
        let key = ApiKey::new(id, user, Vec::new(), START);
        Self { aws, store, hash: KeyHash::of("a key"), key }
    }

    #[track_caller]
    fn is(&self, expected: &str) {
        let names = [
            (self.hash.as_str().to_owned(), "HASH"),
            (KeyHash::of("a link").as_str().to_owned(), "LINK"),
            (self.key.id.to_string(), "KEY"),
        ];
        assert_lines(&self.aws.requests(&names), expected);
    }
}

#[tokio::test]
async fn a_key_is_stored_once_and_read_by_its_hash() {
    let asked = Asked::new().await;
    asked.store.store_key(&asked.hash, &asked.key).await.expect("stored");
    asked.store.key(&asked.hash).await.expect("read");
    asked.is("
        PutItem keys
        item hash = 'HASH', id = 'KEY', userId = 'user-1'
        if attribute_not_exists(hash)
        GetItem keys, consistent
        key hash = 'HASH'
    ");
}

#[tokio::test]
async fn keys_are_listed_within_their_owner_and_read_from_the_table() {
    let indexed = r#"{"Items":[{"hash":{"S":"h"},"id":{"S":"k"},"userId":{"S":"user-1"}}]}"#;
    let asked = Asked::answered([indexed]).await;
    for after in [None, Some(asked.key.id)] {
        asked.store.list_keys(&asked.key.user_id, 5, after).await.expect("listed");
    }
    asked.is("
        Query keys/ofUser, descending
        where userId = 'user-1'
          and begins_with(id, 'key_')
        BatchGetItem keys, consistent
        keys hash = 'h'
        Query keys/ofUser, descending
        where userId = 'user-1'
          and id < 'KEY'
    ");
}

#[tokio::test]
async fn a_key_is_revoked_only_if_it_is_its_owners() {
    let indexed = r#"{"Items":[{"hash":{"S":"h"},"id":{"S":"k"},"userId":{"S":"user-1"}}]}"#;
    let asked = Asked::answered([indexed]).await;
    asked.store.revoke_key(&asked.key.user_id, asked.key.id).await.expect("revoked");
    asked.is("
        Query keys/ofUser
        where userId = 'user-1'
          and id = 'KEY'
        DeleteItem keys
        key hash = 'h'
        if userId = 'user-1'
          and id = 'KEY'
    ");
}

#[tokio::test]
async fn a_session_is_deleted_by_its_hash() {
    let asked = Asked::new().await;
    asked.store.delete_key(&asked.hash).await.expect("deleted");
    asked.is("
        DeleteItem keys
        key hash = 'HASH'
    ");
}

#[tokio::test]
async fn sessions_are_listed_within_their_owner_and_read_from_the_table() {
    let indexed = r#"{"Items":[{"hash":{"S":"h"},"id":{"S":"k"},"userId":{"S":"user-1"}}]}"#;
    let asked = Asked::answered([indexed]).await;
    asked.store.list_sessions(&asked.key.user_id, 5, None).await.expect("listed");
    asked.is("
        Query keys/ofUser, descending
        where userId = 'user-1'
          and begins_with(id, 'key_')
        BatchGetItem keys, consistent
        keys hash = 'h'
    ");
}

#[tokio::test]
async fn the_end_of_a_session_is_moved_on_condition_of_the_one_before() {
    let asked = Asked::new().await;
    let later = START.plus(Duration::from_secs(60));
    asked.store.move_end(&asked.hash, START, later).await.expect("moved");
    asked.is("
        UpdateItem keys
        key hash = 'HASH'
        if expiresAt = 1795501440
        SET expiresAt = 1795501500
    ");
}

#[tokio::test]
async fn a_use_is_noted_once_a_day_and_only_of_a_key_that_is_there() {
    let asked = Asked::new().await;
    asked.store.note_key_use(&asked.hash, START.day()).await.expect("noted");
    asked.is("
        UpdateItem keys
        key hash = 'HASH'
        if attribute_exists(hash)
          and (attribute_not_exists(lastUsedOn) OR lastUsedOn < '2026-11-24')
        SET lastUsedOn = '2026-11-24'
    ");
}

#[tokio::test]
async fn requests_are_counted_by_minute_and_user() {
    let asked = Asked::answered([r#"{"Attributes":{"count":{"N":"3"}}}"#]).await;
    let minute = Minute::at_or_after(START);
    asked.store.count_requests(&asked.key.user_id, minute, 2).await.expect("counted");
    asked.is("
        UpdateItem keys
        key hash = 'requests#20261124T0624Z#user-1'
        ADD count 2 SET expiresAt = 1795501560
    ");
}

#[tokio::test]
async fn a_portal_link_is_exchanged_once_for_a_key_that_is_new() {
    let asked = Asked::new().await;
    let hash = KeyHash::of("a link");
    let link = PortalLink {
        user_id: asked.key.user_id.clone(),
        scopes: Vec::new(),
        session: Duration::from_secs(60),
        next: None,
        look: Look::default(),
        expires_at: START,
    };
    asked.store.store_link(&hash, &link).await.expect("stored");
    asked.store.link(&hash).await.expect("read");
    asked.store.exchange_link(&hash, &asked.hash, &asked.key).await.expect("exchanged");
    asked.is("
        PutItem keys
        item hash = 'link#LINK', userId = 'user-1'
        if attribute_not_exists(hash)
        GetItem keys, consistent
        key hash = 'link#LINK'
        TransactDelete keys
        key hash = 'link#LINK'
        if attribute_exists(hash)
        TransactPut keys
        item hash = 'HASH', id = 'KEY', userId = 'user-1'
        if attribute_not_exists(hash)
    ");
}

#[tokio::test]
async fn an_echo_counts_a_request_by_one_update_that_is_not_tried_again() {
    let id = EchoId::from_uuid(Uuid::from_u128(9));
    let echo = Echo {
        id,
        secret: Secret::from_random([7; 32]),
        fail_first: 1,
        expires_at: START,
        requests: Vec::new(),
    };
    let request = EchoedRequest { message_id: "evt_1".to_owned(), at: START, sender_version: None };
    let recorded = r#"{"Attributes":{"requests":{"L":[{"M":{}},{"M":{}}]}}}"#;
    let asked = Asked::answered(["{}", "{}", recorded, "{}"]).await;
    asked.store.store_echo(&echo).await.expect("stored");
    asked.store.echo(id).await.expect("read");
    assert_eq!(asked.store.record_request(id, &request).await, Ok(Some(1)));
    // A response without a position.
    asked.store.record_request(id, &request).await.expect_err("no place");
    asked.store.delete_echo(id).await.expect("deleted");
    asked.is("
        PutItem keys
        item hash = 'echo#echo_00000000-0000-0000-0000-000000000009'
        if attribute_not_exists(hash)
        GetItem keys, consistent
        key hash = 'echo#echo_00000000-0000-0000-0000-000000000009'
        UpdateItem keys
        key hash = 'echo#echo_00000000-0000-0000-0000-000000000009'
        if attribute_exists(hash)
          and size(requests) < 20
        SET requests = list_append(requests
          …)
        UpdateItem keys
        key hash = 'echo#echo_00000000-0000-0000-0000-000000000009'
        if attribute_exists(hash)
          and size(requests) < 20
        SET requests = list_append(requests
          …)
        DeleteItem keys
        key hash = 'echo#echo_00000000-0000-0000-0000-000000000009'
        if attribute_exists(hash)
    ");
    let stored = &asked.aws.bodies()[0]["Item"];
    assert_eq!(stored["expiresAt"]["N"], START.as_secs().to_string());
    assert!(stored.get("userId").is_none() && stored.get("id").is_none(), "not in the index");
}

#[tokio::test]
async fn a_request_to_an_echo_whose_record_failed_is_not_recorded_again() {
    let aws = Captured::failing().await;
    let store = KeyStore::new(&aws.clients, "keys");
    let request = EchoedRequest { message_id: "evt_1".to_owned(), at: START, sender_version: None };
    let id = EchoId::from_uuid(Uuid::from_u128(9));
    store.record_request(id, &request).await.expect_err("failed");
    assert_eq!(aws.bodies().len(), 1);
}
