//! A delivery as an item. It has no payload: the payload is stored once, with the event.

use crate::item::{Item, from_row, text, to_row, unusable};
use grapnel_domain::{
    delivery::{
        Delivery, DeliveryAttempt, DeliveryKey, DeliveryStatus, ParkedRow, Reason, Reopened,
    },
    filter::Undecided,
    ids::{DeliveryId, EventId, ReplayId, UserId, WebhookId},
    limit::Slot,
    ports::PortError,
    tending::Spread,
    time::{Minute, Timestamp},
};
use serde::{Deserialize, Serialize};

pub(super) const ROW: &str = "a row of the deliveries table";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    webhook_id: WebhookId,
    id: DeliveryId,
    user_id: UserId,
    event_id: EventId,
    event: String,
    status: DeliveryStatus,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    test: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    undecided_filter: Option<Undecided>,
    /// The length of `attempts`. Every write is conditional on it.
    attempt_count: u32,
    attempts: Vec<DeliveryAttempt>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    next_attempt_at: Option<Timestamp>,
    /// The minute for which it waits, and the part of the `due` index that has it then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    wait_minute: Option<Minute>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    wait_spread: Option<String>,
    /// Puts the row into the `waiting` index while it is parked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    wait_key: Option<String>,
    /// The rate limit slot, if the delivery waits for one until the minute in `waitMinute`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    slot: Option<Slot>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reason: Option<Reason>,
    /// The id, while a replay may reopen the delivery. It puts the row into the `failed` index.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    failed_key: Option<DeliveryId>,
    /// The last replay that reopened the delivery.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    replay: Option<ReplayId>,
    /// The number of attempts before that replay.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    schedule_from: Option<u32>,
    /// Seconds since the epoch, as DynamoDB's time-to-live requires.
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    payload_erased_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    responses_erased_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ParkedIndexRow {
    wait_key: String,
}

/// The prefix of the index keys of parked deliveries.
pub(super) const PARKED: &str = "parked#";

/// The index key of a delivery that is parked until `due`. It has the due time as 13 digits of
/// milliseconds, which sort in the order of the times until the year 2286.
pub(super) fn parked_key(row: ParkedRow) -> String {
    format!("{PARKED}{:013}#{}", row.due.as_millis(), row.id)
}

fn parse_parked(key: &str) -> Option<ParkedRow> {
    let (millis, id) = key.strip_prefix(PARKED)?.split_once('#')?;
    Some(ParkedRow { due: Timestamp::from_millis(millis.parse().ok()?), id: id.parse().ok()? })
}

/// The whole key in the `waiting` index of a parked row.
pub(super) fn parked_index_key(webhook: WebhookId, row: ParkedRow) -> Item {
    let mut item = key(DeliveryKey { webhook_id: webhook, id: row.id });
    item.insert("waitKey".to_owned(), text(parked_key(row)));
    item
}

pub(super) fn to_parked(item: Item) -> Result<ParkedRow, PortError> {
    const WHAT: &str = "a row of the waiting index";
    let row: ParkedIndexRow = to_row(WHAT, item)?;
    parse_parked(&row.wait_key).ok_or_else(|| unusable(WHAT, "is not parked"))
}

pub(super) fn key(key: DeliveryKey) -> Item {
    Item::from([("webhookId".to_owned(), text(key.webhook_id)), ("id".to_owned(), text(key.id))])
}

pub(super) fn from_delivery(delivery: &Delivery) -> Result<Item, PortError> {
    let row = Row {
        webhook_id: delivery.webhook_id,
        id: delivery.id,
        user_id: delivery.user_id.clone(),
        event_id: delivery.event_id,
        event: delivery.event_type.clone(),
        status: delivery.status,
        test: delivery.test,
        undecided_filter: delivery.undecided_filter,
        attempt_count: delivery.attempt_count(),
        attempts: delivery.attempts.clone(),
        created_at: delivery.created_at,
        next_attempt_at: delivery.next_attempt_at,
        wait_minute: delivery.waits_for,
        wait_spread: delivery.waits_for.map(|_| Spread::of(delivery.id).to_string()),
        wait_key: delivery.parked_until.map(|due| parked_key(ParkedRow { due, id: delivery.id })),
        slot: delivery.slot,
        reason: delivery.reason,
        failed_key: delivery.may_be_reopened().then_some(delivery.id),
        replay: delivery.reopened.map(|reopened| reopened.by),
        schedule_from: delivery.reopened.map(|reopened| reopened.attempts),
        expires_at: delivery.expires_at.as_secs(),
        payload_erased_at: delivery.payload_erased_at,
        responses_erased_at: delivery.responses_erased_at,
    };
    from_row(ROW, row)
}

pub(super) fn to_delivery(item: Item) -> Result<Delivery, PortError> {
    let row: Row = to_row(ROW, item)?;
    let no_time = || unusable(ROW, "has a wait key that names no time");
    let parked = row.wait_key.as_deref().map(|key| parse_parked(key).ok_or_else(no_time));
    let parked_until = parked.transpose()?.map(|parked| parked.due);
    let delivery = Delivery {
        id: row.id,
        webhook_id: row.webhook_id,
        user_id: row.user_id,
        event_id: row.event_id,
        event_type: row.event,
        status: row.status,
        test: row.test,
        undecided_filter: row.undecided_filter,
        attempts: row.attempts,
        created_at: row.created_at,
        next_attempt_at: row.next_attempt_at,
        waits_for: row.wait_minute,
        parked_until,
        slot: row.slot,
        reason: row.reason,
        reopened: row.replay.zip(row.schedule_from).map(|(by, attempts)| Reopened { by, attempts }),
        expires_at: Timestamp::from_millis(row.expires_at.saturating_mul(1000)),
        payload_erased_at: row.payload_erased_at,
        responses_erased_at: row.responses_erased_at,
    };
    if delivery.attempt_count() == row.attempt_count {
        Ok(delivery)
    } else {
        Err(unusable(ROW, "has another number of attempts than it says"))
    }
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
