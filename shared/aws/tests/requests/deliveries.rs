//! The deliveries table.

use crate::captured::{Captured, assert_lines};
use grapnel_aws::DeliveryStore;
use grapnel_domain::{
    delivery::{
        AttemptRecord, Delivery, DeliveryStatus, Ending, PayloadErasure, Reason, Reopened,
        Reopening, ResponseErasure,
    },
    figures::{HourFigures, Span},
    ids::{DeliveryId, ReplayId},
    ports::{CreateDeliveries, Deliveries, DeliveryLog, UpdateDeliveries},
    replay::ReplayStatus,
    tending::Spread,
    time::{Minute, Timestamp},
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, a_replay, an_attempt},
    clock::START,
};
use uuid::Uuid;

pub(crate) const DUE: Timestamp = Timestamp::from_millis(START.as_millis() + 60_000);

/// A store, a delivery with one failed attempt, and the requests about it.
pub(crate) struct Asked {
    aws: Captured,
    pub(crate) store: DeliveryStore,
    pub(crate) delivery: Delivery,
}

impl Asked {
    pub(crate) async fn new() -> Self {
        let aws = Captured::new().await;
        let store = DeliveryStore::new(&aws.clients, "deliveries");
        Self { aws, store, delivery: a_delivery().retrying().build() }
    }

    #[track_caller]
    pub(crate) fn is(&self, expected: &str) {
        let names = [
            (self.delivery.webhook_id.to_string(), "WEBHOOK"),
            (self.delivery.id.to_string(), "DELIVERY"),
            (format!("'{}'", Spread::of(self.delivery.id)), "'SPREAD'"),
        ];
        assert_lines(&self.aws.requests(&names), expected);
    }
}

fn record(delivery: &Delivery, status: Option<DeliveryStatus>) -> AttemptRecord {
    AttemptRecord {
        key: delivery.key(),
        attempt: an_attempt(2),
        status,
        reason: None,
        next_attempt_at: None,
        waits_for: None,
        expires_at: DUE,
        drop_body: None,
    }
}

#[tokio::test]
async fn a_delivery_is_created_only_where_there_is_none() {
    let asked = Asked::new().await;
    asked.store.create_delivery(&asked.delivery).await.expect("created");
    asked.is("
        PutItem deliveries
        item id = 'DELIVERY', userId = 'user-1', webhookId = 'WEBHOOK'
        if attribute_not_exists(id)
    ");
}

#[tokio::test]
async fn deliveries_are_read_by_their_keys_and_listed_within_their_webhook() {
    let asked = Asked::new().await;
    let key = asked.delivery.key();
    asked.store.delivery(key).await.expect("read");
    asked.store.deliveries_by_key(&[key]).await.expect("read");
    asked.store.deliveries_together(&[key]).await.expect("read");
    asked.store.list_deliveries(key.webhook_id, 5, Some(key.id)).await.expect("listed");
    asked.is("
        GetItem deliveries, consistent
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        BatchGetItem deliveries, consistent
        keys id = 'DELIVERY', webhookId = 'WEBHOOK'
        BatchGetItem deliveries, consistent
        keys id = 'DELIVERY', webhookId = 'WEBHOOK'
        Query deliveries, descending
        after id = 'DELIVERY', webhookId = 'WEBHOOK'
        where webhookId = 'WEBHOOK'
    ");
}

#[tokio::test]
async fn figures_lie_in_a_partition_of_their_own_a_row_for_each_day() {
    let asked = Asked::new().await;
    let webhook = asked.delivery.webhook_id;
    let hour = START.hour();
    let span = Span {
        from: DeliveryId::first_at(hour.begins_at()),
        to: DeliveryId::first_at(hour.next().begins_at()),
    };
    asked.store.outcomes(webhook, span, 5, None).await.expect("read");
    asked.store.kept_figures(webhook, hour..hour.plus(30)).await.expect("read");
    let hours = [0, 1, 24].map(|later| (hour.plus(later), HourFigures::default()));
    asked.store.keep_figures(webhook, &hours.into()).await.expect("kept");
    asked.is("
        Query deliveries, descending
        where webhookId = 'WEBHOOK'
          and id BETWEEN 'dlv_01a20c23-c300-0000-0000-000000000000'
          and 'dlv_01a20c5a-b180-0000-0000-000000000000'
        only id, event, status, test, attempts
        Query deliveries
        where webhookId = 'figures#WEBHOOK'
          and id BETWEEN '2026-11-24'
          and '2026-11-25'
        UpdateItem deliveries
        key id = '2026-11-24', webhookId = 'figures#WEBHOOK'
        SET expiresAt = 1803427200
          h06 = …
          h07 = …
        UpdateItem deliveries
        key id = '2026-11-25', webhookId = 'figures#WEBHOOK'
        SET expiresAt = 1803513600
          h06 = …
    ");
}

#[tokio::test]
async fn an_attempt_is_recorded_only_behind_the_attempts_before_it() {
    let asked = Asked::new().await;
    let record = record(&asked.delivery, Some(DeliveryStatus::Success));
    asked.store.record_attempt(&record).await.expect("recorded");
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
        SET attemptCount = 2
          attempts[1] = …
          status = 'success'
          expiresAt = 1795501500
        REMOVE reason
          nextAttemptAt
          failedKey
          waitSpread
          waitMinute
          waitKey
          slot
    ");
}

#[tokio::test]
async fn a_failed_attempt_leaves_a_retry_only_where_nobody_settled_the_delivery() {
    let asked = Asked::new().await;
    let retrying = AttemptRecord {
        attempt: a_failed_attempt(2),
        next_attempt_at: Some(DUE),
        waits_for: Some(Minute::at_or_after(DUE)),
        ..record(&asked.delivery, Some(DeliveryStatus::Retrying))
    };
    asked.store.record_attempt(&retrying).await.expect("recorded");
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and status IN ('pending', 'retrying')
        SET attemptCount = 2
          attempts[1] = …
          status = 'retrying'
          nextAttemptAt = '2026-11-24T06:25:00.000Z'
          waitSpread = 'SPREAD'
          waitMinute = '20261124T0625Z'
          expiresAt = 1795501500
        REMOVE reason
          failedKey
          waitKey
          slot
    ");
}

#[tokio::test]
async fn a_last_attempt_puts_the_delivery_into_the_failed_index() {
    let asked = Asked::new().await;
    let failed = AttemptRecord {
        attempt: a_failed_attempt(2),
        reason: Some(Reason::AttemptsExhausted),
        drop_body: Some(1),
        ..record(&asked.delivery, Some(DeliveryStatus::Failed))
    };
    asked.store.record_attempt(&failed).await.expect("recorded");
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
        SET attemptCount = 2
          attempts[1] = …
          status = 'failed'
          reason = 'attempts_exhausted'
          failedKey = 'DELIVERY'
          expiresAt = 1795501500
        REMOVE attempts[1].response
          attempts[1].responseRemark
          attempts[1].location
          nextAttemptAt
          waitSpread
          waitMinute
          waitKey
          slot
    ");
}

#[tokio::test]
async fn an_attempt_beside_the_schedule_leaves_the_status_alone() {
    let asked = Asked::new().await;
    asked.store.record_attempt(&record(&asked.delivery, None)).await.expect("recorded");
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
        SET attemptCount = 2
          attempts[1] = …
          expiresAt = 1795501500
        REMOVE waitSpread
          waitMinute
          waitKey
          slot
    ");
}

#[tokio::test]
async fn a_delivery_ends_only_where_nobody_settled_it_or_made_an_attempt() {
    let asked = Asked::new().await;
    let key = asked.delivery.key();
    for reason in [Reason::WebhookDeleted, Reason::Cancelled] {
        let ending = Ending { key, attempts: 1, reason, expires_at: DUE };
        asked.store.end_delivery(ending).await.expect("ended");
    }
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and status IN ('pending', 'retrying')
        SET status = 'failed'
          reason = 'webhook_deleted'
          failedKey = 'DELIVERY'
          expiresAt = 1795501500
        REMOVE nextAttemptAt
          waitSpread
          waitMinute
          waitKey
          slot
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and status IN ('pending', 'retrying')
        SET status = 'failed'
          reason = 'cancelled'
          expiresAt = 1795501500
        REMOVE nextAttemptAt
          waitSpread
          waitMinute
          waitKey
          slot
    ");
}

#[tokio::test]
async fn only_what_has_failed_is_reopened_and_by_a_replay_only_once() {
    let asked = Asked::new().await;
    let by = ReplayId::from_uuid(Uuid::from_u128(7));
    let reopened = Reopened { by, attempts: 1 };
    let key = asked.delivery.key();
    let reopening = Reopening { key, reopened, due: START, expires_at: DUE };
    asked.store.reopen_delivery(reopening).await.expect("reopened");
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and status = 'failed'
          and (attribute_not_exists(replay) OR replay < 'rpl_00000000-0000-0000-0000-000000000007')
          and reason <> 'cancelled'
          and reason <> 'payload_erased'
          and attribute_not_exists(payloadErasedAt)
        SET status = 'retrying'
          nextAttemptAt = '2026-11-24T06:24:00.000Z'
          replay = 'rpl_00000000-0000-0000-0000-000000000007'
          scheduleFrom = 1
          expiresAt = 1795501500
        REMOVE reason
          failedKey
    ");
}

#[tokio::test]
async fn every_delivery_that_has_failed_is_found_and_of_the_others_those_that_succeeded() {
    let asked = Asked::new().await;
    for status in [ReplayStatus::Failed, ReplayStatus::Success] {
        let replay = a_replay().status(status).since(START).asked_at(DUE).build();
        let webhook = asked.delivery.webhook_id;
        asked.store.settled(webhook, &replay.order.filter, None).await.expect("found");
    }
    asked.is("
        Query deliveries/failed
        where webhookId = 'WEBHOOK'
          and failedKey BETWEEN 'dlv_01a20c39-bc00-0000-0000-000000000000'
          and 'dlv_01a20c3a-a660-0000-0000-000000000000'
        Query deliveries
        where webhookId = 'WEBHOOK'
          and id BETWEEN 'dlv_01a20c39-bc00-0000-0000-000000000000'
          and 'dlv_01a20c3a-a660-0000-0000-000000000000'
        filter status = 'success'
    ");
}

#[tokio::test]
async fn nothing_is_erased_of_a_delivery_that_is_gone_or_changed() {
    let asked = Asked::new().await;
    let key = asked.delivery.key();
    let noted = PayloadErasure { key, at: START, errors: vec![0] };
    asked.store.note_payload_erased(&noted).await.expect("noted");
    let erasure = ResponseErasure { key, attempts: 1, at: START, responses: vec![0] };
    asked.store.erase_responses(&erasure).await.expect("erased");
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attribute_exists(id)
        SET payloadErasedAt = if_not_exists(payloadErasedAt
          '2026-11-24T06:24:00.000Z')
          attempts[0].error = 'the transform failed'
        REMOVE failedKey
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and status IN ('success', 'failed')
        SET responsesErasedAt = '2026-11-24T06:24:00.000Z'
        REMOVE attempts[0].response
          attempts[0].responseRemark
          attempts[0].location
    ");
}
