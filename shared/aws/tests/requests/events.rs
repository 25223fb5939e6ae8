//! The events table: events, replays and idempotency keys.

use crate::captured::{Captured, assert_lines};
use grapnel_aws::EventStore;
use grapnel_domain::{
    event::{Event, EventPlace, EventSpan, publish::Claim},
    ports::{ClaimKeys, Consistency, EventLog, ReadEvents, Replays, StoreEvents},
    replay::Replay,
    time::Timestamp,
};
use grapnel_testing::{
    builders::{a_replay, an_event},
    clock::START,
};
use std::time::Duration;

struct Asked {
    aws: Captured,
    store: EventStore,
    event: Event,
    replay: Replay,
}

impl Asked {
    async fn new() -> Self {
        let aws = Captured::new().await;
        let store = EventStore::new(&aws.clients, "events");
        Self { aws, store, event: an_event().build(), replay: a_replay().build() }
    }

    #[track_caller]
    fn is(&self, expected: &str) {
        let names = [(self.event.id.to_string(), "EVENT"), (self.replay.id.to_string(), "REPLAY")];
        assert_lines(&self.aws.requests(&names), expected);
    }
}

#[tokio::test]
async fn an_event_is_stored_once_and_read_within_its_owner() {
    let asked = Asked::new().await;
    let Event { user_id, id, .. } = &asked.event;
    asked.store.store_event(&asked.event).await.expect("stored");
    for consistency in [Consistency::Eventual, Consistency::Strong] {
        asked.store.event(user_id, *id, consistency).await.expect("read");
    }
    asked.is("
        PutItem events
        item id = 'EVENT', userId = 'user-1'
        if attribute_not_exists(id)
        GetItem events
        key id = 'EVENT', userId = 'user-1'
        GetItem events, consistent
        key id = 'EVENT', userId = 'user-1'
    ");
}

#[tokio::test]
async fn data_is_erased_only_of_an_event_whose_audience_is_decided() {
    let asked = Asked::new().await;
    let Event { user_id, id, .. } = &asked.event;
    asked.store.erase_payload(user_id, *id, START).await.expect("erased");
    asked.is("
        UpdateItem events
        key id = 'EVENT', userId = 'user-1'
        if attribute_exists(audience)
        SET payloadErasedAt = if_not_exists(payloadErasedAt
          '2026-11-24T06:24:00.000Z')
        REMOVE data
          encoding
    ");
}

#[tokio::test]
async fn an_idempotency_key_is_its_users_and_claimed_only_while_it_is_free() {
    let asked = Asked::new().await;
    let claim = Claim {
        user_id: asked.event.user_id.clone(),
        key: "order-7".parse().expect("a key"),
        body_hash: "hash".into(),
        seed: "seed".into(),
        accepted_at: START,
        expires_at: START.plus(Duration::from_secs(86_400)),
    };
    asked.store.claim_key(&claim, START).await.expect("claimed");
    asked.store.claimed(&claim.user_id, &claim.key, START).await.expect("read");
    asked.is("
        UpdateItem events
        key id = 'idempotency-key#order-7', userId = 'user-1'
        if attribute_not_exists(id) OR expiresAt <= 1795501440
        SET bodyHash = 'hash'
          seed = 'seed'
          acceptedAt = '2026-11-24T06:24:00.000Z'
          expiresAt = 1795587840
        GetItem events, consistent
        key id = 'idempotency-key#order-7', userId = 'user-1'
    ");
}

#[tokio::test]
async fn replays_are_read_and_listed_within_their_owner() {
    let asked = Asked::new().await;
    let Replay { user_id, id, .. } = &asked.replay;
    for consistency in [Consistency::Eventual, Consistency::Strong] {
        asked.store.replay(user_id, *id, consistency).await.expect("read");
    }
    asked.store.list_replays(user_id, 5, Some(*id)).await.expect("listed");
    asked.is("
        GetItem events
        key id = 'REPLAY', userId = 'user-1'
        GetItem events, consistent
        key id = 'REPLAY', userId = 'user-1'
        Query events, consistent, descending
        after id = 'REPLAY', userId = 'user-1'
        where userId = 'user-1'
          and begins_with(id, 'rpl_')
    ");
}

#[tokio::test]
async fn a_replay_is_stored_once_and_goes_on_only_from_the_page_before() {
    let asked = Asked::new().await;
    asked.store.store_replay(&asked.replay).await.expect("stored");
    let next = Replay { page: 1, examined: 3, replayed: 2, ..asked.replay.clone() };
    asked.store.advance_replay(&next).await.expect("advanced");
    asked.is("
        UpdateItem events
        key id = 'REPLAY', userId = 'user-1'
        if attribute_not_exists(page)
        SET createdAt = '2026-11-24T06:24:00.000Z'
          examined = 0
          expiresAt = 1798093440
          filter = …
          page = 0
          replayed = 0
        UpdateItem events
        key id = 'REPLAY', userId = 'user-1'
        if page = 0
        SET examined = 3
          page = 1
          replayed = 2
        REMOVE placeWebhookId
          placeAfter
          finishedAt
    ");
}

#[tokio::test]
async fn events_are_listed_by_time_within_their_owner_and_their_span() {
    let asked = Asked::new().await;
    let user = asked.event.user_id.clone();
    let minute = Duration::from_secs(60);
    let until = Some(START.plus(minute));
    let span = EventSpan { user, since: Some(START), until };
    let place = |stored_at| Some(EventPlace { stored_at, id: asked.event.id });
    asked.store.list_events(&span, 5, None).await.expect("listed");
    let second = Duration::from_secs(1);
    asked.store.list_events(&span, 5, place(START.plus(second))).await.expect("listed");
    // DynamoDB does not accept a start key behind the span; before the span, there is nothing to
    // read.
    asked.store.list_events(&span, 5, place(START.plus(minute * 2))).await.expect("listed");
    let before = Timestamp::from_millis(START.as_millis() - 1);
    asked.store.list_events(&span, 5, place(before)).await.expect("listed");
    asked.is("
        Query events/byTime, descending
        where userId = 'user-1'
          and storedAt BETWEEN '2026-11-24T06:24:00.000Z'
          and '2026-11-24T06:24:59.999Z'
        Query events/byTime, descending
        after id = 'EVENT', storedAt = '2026-11-24T06:24:01.000Z', userId = 'user-1'
        where userId = 'user-1'
          and storedAt BETWEEN '2026-11-24T06:24:00.000Z'
          and '2026-11-24T06:24:01.000Z'
        Query events/byTime, descending
        where userId = 'user-1'
          and storedAt BETWEEN '2026-11-24T06:24:00.000Z'
          and '2026-11-24T06:24:59.999Z'
    ");
}
