//! The webhooks table: webhooks, their health and limiters, and event types.

use crate::captured::{Captured, assert_lines};
use grapnel_aws::{EventTypeStore, WebhookStore};
use grapnel_domain::{
    catalogue::{EventTypeName, OwnType},
    health::{Health, Note},
    ids::WebhookId,
    limit::{Reservation, SlotTime},
    ports::{
        Consistency, EventTypes, ROWS_FOR_EACH, ReadSubscriptions, ReserveSlots, StoreWebhooks,
        Webhooks,
    },
    webhook::{Configuration, Webhook},
};
use grapnel_testing::{
    builders::{a_failing_health, a_webhook},
    clock::START,
};
use uuid::Uuid;

struct Asked {
    aws: Captured,
    store: WebhookStore,
    types: EventTypeStore,
    webhook: Webhook,
}

impl Asked {
    async fn new() -> Self {
        let aws = Captured::new().await;
        let store = WebhookStore::new(&aws.clients, "webhooks");
        let types = EventTypeStore::new(&aws.clients, "webhooks");
        Self { aws, store, types, webhook: a_webhook().limited_to(1).build() }
    }

    #[track_caller]
    fn is(&self, expected: &str) {
        let names = [(self.webhook.id.to_string(), "WEBHOOK")];
        assert_lines(&self.aws.requests(&names), expected);
    }
}

#[tokio::test]
async fn a_webhook_is_read_with_what_lies_beside_it_within_its_owner() {
    let asked = Asked::new().await;
    let Configuration { user_id, id, .. } = asked.webhook.configuration();
    for consistency in [Consistency::Eventual, Consistency::Strong] {
        asked.store.webhook(user_id, *id, consistency).await.expect("read");
    }
    asked.is("
        Query webhooks
        where userId = 'user-1'
          and begins_with(id, 'WEBHOOK')
        Query webhooks, consistent
        where userId = 'user-1'
          and begins_with(id, 'WEBHOOK')
    ");
}

#[tokio::test]
async fn webhooks_are_read_together_from_the_first_to_the_last_with_what_lies_beside_them() {
    let asked = Asked::new().await;
    let user = &asked.webhook.user_id;
    let [one, two, three] = [1, 2, 3].map(|number| WebhookId::from_uuid(Uuid::from_u128(number)));
    asked.store.webhooks_together(user, &[two, three, one]).await.expect("read");
    asked.store.webhooks_together(user, &[]).await.expect("nothing to read");
    asked.is("
        Query webhooks
        where userId = 'user-1'
          and id BETWEEN 'wh_00000000-0000-0000-0000-000000000001'
          and 'wh_00000000-0000-0000-0000-000000000003$'
    ");
    assert_eq!(asked.aws.bodies()[0]["Limit"], 3 * ROWS_FOR_EACH);
}

#[tokio::test]
async fn webhooks_are_listed_and_counted_within_their_owner() {
    let asked = Asked::new().await;
    let Configuration { user_id, id, .. } = asked.webhook.configuration();
    asked.store.subscriptions(user_id).await.expect("listed");
    asked.store.list_webhooks(user_id, 5, Some(*id)).await.expect("listed");
    asked.store.count_webhooks(user_id).await.expect("counted");
    asked.is("
        Query webhooks, consistent, SPECIFIC_ATTRIBUTES
        where userId = 'user-1'
        only userId, id, events, filter, status, openUntil, disabled
        Query webhooks, consistent
        after id = 'WEBHOOK', userId = 'user-1'
        where userId = 'user-1'
        Query webhooks, consistent, COUNT
        where userId = 'user-1'
        filter attribute_exists(url)
    ");
}

#[tokio::test]
async fn a_webhook_is_created_once_and_replaced_only_as_it_was_read() {
    let asked = Asked::new().await;
    asked.store.create_webhook(&asked.webhook).await.expect("created");
    asked.store.replace_webhook(&asked.webhook, START).await.expect("replaced");
    asked.is("
        PutItem webhooks
        item id = 'WEBHOOK', userId = 'user-1'
        if attribute_not_exists(id)
        PutItem webhooks
        item id = 'WEBHOOK', userId = 'user-1'
        if attribute_exists(id)
          and updatedAt = '2026-11-24T06:24:00.000Z'
    ");
}

#[tokio::test]
async fn a_webhook_is_deleted_with_what_lies_beside_it() {
    let asked = Asked::new().await;
    let Configuration { user_id, id, .. } = asked.webhook.configuration();
    asked.store.delete_webhook(user_id, *id).await.expect("deleted");
    asked.is("
        DeleteItem webhooks
        key id = 'WEBHOOK#health', userId = 'user-1'
        DeleteItem webhooks
        key id = 'WEBHOOK#limiter', userId = 'user-1'
        DeleteItem webhooks
        key id = 'WEBHOOK', userId = 'user-1'
    ");
}

#[tokio::test]
async fn a_webhook_that_must_not_have_changed_is_deleted_only_then() {
    let asked = Asked::new().await;
    let Configuration { user_id, id, .. } = asked.webhook.configuration();
    asked.store.delete_unchanged_webhook(user_id, *id, START).await.expect("deleted");
    asked.is("
        DeleteItem webhooks
        key id = 'WEBHOOK#health', userId = 'user-1'
        DeleteItem webhooks
        key id = 'WEBHOOK#limiter', userId = 'user-1'
        DeleteItem webhooks
        key id = 'WEBHOOK', userId = 'user-1'
        if updatedAt = '2026-11-24T06:24:00.000Z'
    ");
}

#[tokio::test]
async fn health_is_written_only_over_the_version_that_was_read() {
    let asked = Asked::new().await;
    let Configuration { user_id, id, .. } = asked.webhook.configuration();
    for health in [Health { version: 1, ..Health::default() }, a_failing_health()] {
        asked.store.store_health(user_id, *id, &health).await.expect("stored");
    }
    asked.is("
        UpdateItem webhooks
        key id = 'WEBHOOK#health', userId = 'user-1'
        if attribute_not_exists(id)
        SET version = 1
          failures = 0
          deliveries = 0
          intervals = 0
          notified = …
        REMOVE openUntil
          disabled
          failingSince
          lastDue
          lastTried
          triedBefore
          behind
        UpdateItem webhooks
        key id = 'WEBHOOK#health', userId = 'user-1'
        if version = 9
        SET version = 10
          openUntil = 1795501500000
          failures = 10
          failingSince = '2026-11-24T06:24:00.000Z'
          deliveries = 10
          intervals = 1
          lastDue = 1795501500000
          notified = …
        REMOVE disabled
          lastTried
          triedBefore
          behind
    ");
}

#[tokio::test]
async fn slots_are_reserved_behind_those_that_are_taken_or_from_now_on() {
    for (seen, expected) in [
        (
            None,
            "
        UpdateItem webhooks
        key id = 'WEBHOOK#limiter', userId = 'user-1'
        if attribute_not_exists(next) OR next < 1795501440000000
        SET next = 1795501442000000
    ",
        ),
        (
            Some(SlotTime::at(START)),
            "
        UpdateItem webhooks
        key id = 'WEBHOOK#limiter', userId = 'user-1'
        if next >= 1795501440000000
        SET next = next + 2000000
    ",
        ),
    ] {
        let next = r#"{"Attributes":{"next":{"N":"1795000005000000"}}}"#;
        let aws = Captured::answering([next]).await;
        let asked =
            Asked { store: WebhookStore::new(&aws.clients, "webhooks"), aws, ..Asked::new().await };
        let limit = asked.webhook.rate_limit.expect("limited");
        let reservation = Reservation { count: 2, limit, now: START, seen };
        let Configuration { user_id, id, .. } = asked.webhook.configuration();
        asked.store.reserve_slots(user_id, *id, &reservation).await.expect("reserved");
        asked.is(expected);
    }
}

#[tokio::test]
async fn event_types_are_read_within_their_partition() {
    let asked = Asked::new().await;
    for pattern in ["*", "shop.*", "shop.sold"] {
        let pattern = pattern.parse().expect("a pattern");
        asked.types.first_event_type(&pattern).await.expect("read");
    }
    let name: EventTypeName = "shop.sold".parse().expect("a name");
    asked.types.event_types(std::slice::from_ref(&name)).await.expect("read");
    asked.types.list_event_types(5, Some(&name)).await.expect("listed");
    asked.types.count_event_types().await.expect("counted");
    asked.is("
        Query webhooks, consistent
        where userId = 'event types'
        Query webhooks, consistent
        where userId = 'event types'
          and begins_with(id, 'shop.')
        Query webhooks, consistent
        where userId = 'event types'
          and id = 'shop.sold'
        BatchGetItem webhooks, consistent
        keys id = 'shop.sold', userId = 'event types'
        Query webhooks, consistent
        after id = 'shop.sold', userId = 'event types'
        where userId = 'event types'
        Query webhooks, consistent, COUNT
        where userId = 'event types'
    ");
}

#[tokio::test]
async fn a_note_is_written_into_a_health_that_exists_and_only_if_it_is_later() {
    let asked = Asked::new().await;
    let Configuration { user_id, id, .. } = asked.webhook.configuration();
    for note in [Note::WakeUp(START), Note::Release(START)] {
        asked.store.note(user_id, *id, note).await.expect("noted");
    }
    asked.is(&format!(
        "
        UpdateItem webhooks
        key id = 'WEBHOOK#health', userId = 'user-1'
        if attribute_exists(id)
          and (attribute_not_exists(wakeUp) OR wakeUp < {at})
        SET wakeUp = {at}
        UpdateItem webhooks
        key id = 'WEBHOOK#health', userId = 'user-1'
        if attribute_exists(id)
          and (attribute_not_exists(release) OR release < {at})
        SET release = {at}
    ",
        at = START.as_millis()
    ));
}

#[tokio::test]
async fn event_types_are_written_in_their_partition() {
    let asked = Asked::new().await;
    let name: EventTypeName = "shop.sold".parse().expect("a name");
    let own = OwnType {
        name: name.clone(),
        description: None,
        deprecated: false,
        schema: None,
        sample: None,
        created_at: START,
        updated_at: START,
    };
    asked.types.store_event_type(&own).await.expect("stored");
    asked.types.delete_event_type(&name).await.expect("deleted");
    asked.is("
        PutItem webhooks
        item id = 'shop.sold', userId = 'event types'
        DeleteItem webhooks
        key id = 'shop.sold', userId = 'event types'
    ");
}
