//! The deliveries in shared waits, in the index `due`.

use super::{DeliveryStore, row, update};
use crate::{
    batch_get,
    error::from_sdk,
    item::{Item, text, to_row},
};
use aws_sdk_dynamodb::{operation::update_item::UpdateItemError, types::AttributeValue};
use grapnel_domain::{
    delivery::{DeliveryKey, Target},
    ids::{DeliveryId, EventId, UserId, WebhookId},
    limit::Slot,
    ports::{PortError, TendDeliveries},
    tending::{DuePage, DueRow, Minutes, Place, Spread, Unreadable, WaitingDelivery},
    time::Minute,
};
use serde::Deserialize;

/// The index over `waitSpread` and `waitMinute`.
const DUE_INDEX: &str = "due";

/// What is read of a delivery that waits: no attempt, and so nothing that a receiver answered.
pub const ATTRIBUTES: [&str; 7] =
    ["webhookId", "id", "userId", "eventId", "attemptCount", "waitMinute", "slot"];

const INDEX_ROW: &str = "a row of the index of waits";

/// A row of the index.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexRow {
    webhook_id: WebhookId,
    id: DeliveryId,
    user_id: UserId,
    wait_minute: Minute,
}

/// The read part of a row.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Waiting {
    webhook_id: WebhookId,
    id: DeliveryId,
    user_id: UserId,
    event_id: EventId,
    attempt_count: u32,
    #[serde(default)]
    wait_minute: Option<Minute>,
    #[serde(default)]
    slot: Option<Slot>,
}

impl From<IndexRow> for DueRow {
    fn from(row: IndexRow) -> Self {
        let IndexRow { webhook_id, id, user_id, wait_minute } = row;
        Self { key: DeliveryKey { webhook_id, id }, user_id, minute: wait_minute }
    }
}

impl Waiting {
    /// The delivery, if it waits for a minute.
    fn delivery(self) -> Option<WaitingDelivery> {
        let Self { webhook_id, id, user_id, event_id, .. } = self;
        Some(WaitingDelivery {
            target: Target { delivery_id: id, webhook_id, user_id, event_id },
            attempts: self.attempt_count,
            minute: self.wait_minute?,
            slot: self.slot,
        })
    }
}

/// An attribute's text; empty if it has none.
fn stored(item: &Item, name: &str) -> String {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.cloned().unwrap_or_default()
}

fn unreadable(item: &Item, error: &PortError) -> Unreadable {
    Unreadable {
        webhook_id: stored(item, "webhookId"),
        id: stored(item, "id"),
        reason: error.to_string(),
    }
}

fn place(item: &Item) -> Place {
    Place {
        minute: stored(item, "waitMinute"),
        webhook_id: stored(item, "webhookId"),
        id: stored(item, "id"),
    }
}

fn start_key(spread: Spread, after: Place) -> Item {
    let key = [
        ("waitSpread", spread.to_string()),
        ("waitMinute", after.minute),
        ("webhookId", after.webhook_id),
        ("id", after.id),
    ];
    key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).into()
}

impl TendDeliveries for DeliveryStore {
    /// A page ends at one megabyte: some 5,000 rows.
    async fn due(
        &self,
        spread: Spread,
        minutes: Minutes,
        after: Option<Place>,
    ) -> Result<DuePage, PortError> {
        let (condition, minute) = match minutes {
            Minutes::Only(minute) => ("waitSpread = :spread AND waitMinute = :minute", minute),
            Minutes::UpTo(minute) => ("waitSpread = :spread AND waitMinute <= :minute", minute),
        };
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression(condition)
            .expression_attribute_values(":spread", text(spread))
            .expression_attribute_values(":minute", text(minute))
            .set_exclusive_start_key(after.map(|after| start_key(spread, after)))
            .send()
            .await
            .map_err(|error| from_sdk("Query on due", &error))?;
        let mut page =
            DuePage { next: answer.last_evaluated_key.as_ref().map(place), ..DuePage::default() };
        for item in answer.items.unwrap_or_default() {
            match to_row::<IndexRow>(INDEX_ROW, item.clone()) {
                Ok(row) => page.rows.push(row.into()),
                Err(error) => page.unreadable.push(unreadable(&item, &error)),
            }
        }
        Ok(page)
    }

    async fn waiting(
        &self,
        keys: &[DeliveryKey],
    ) -> Result<(Vec<WaitingDelivery>, Vec<Unreadable>), PortError> {
        let keys = keys.iter().copied().map(row::key).collect();
        let operation = "BatchGetItem on waiting deliveries";
        let items =
            batch_get::items(&self.client, &self.table, keys, Some(&ATTRIBUTES), operation).await?;
        let (mut found, mut damaged) = (Vec::with_capacity(items.len()), Vec::new());
        for item in items {
            match to_row::<Waiting>(row::ROW, item.clone()) {
                Ok(row) => found.extend(row.delivery()),
                Err(error) => damaged.push(unreadable(&item, &error)),
            }
        }
        Ok((found, damaged))
    }

    async fn stop_waiting(
        &self,
        key: DeliveryKey,
        minute: Minute,
        attempts: u32,
    ) -> Result<(), PortError> {
        let update = update::stop_waiting(key.id, minute, attempts);
        // If the condition fails, the delivery waits for something else or for nothing. Its next
        // wake-up is then another process's task.
        self.update_quietly(row::key(key), update).await
    }

    async fn give_up(&self, unreadable: &Unreadable) -> Result<(), PortError> {
        let Unreadable { webhook_id, id, reason } = unreadable;
        let key = [("webhookId", webhook_id), ("id", id)]
            .map(|(name, value)| (name.to_owned(), text(value)));
        self.update_quietly(key.into(), update::give_up(reason)).await
    }
}

impl DeliveryStore {
    /// An update that gets nothing back, and does nothing if its condition is false.
    async fn update_quietly(&self, key: Item, update: update::Update) -> Result<(), PortError> {
        let done = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression(update.expression())
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .send()
            .await;
        match done {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(from_sdk("UpdateItem on waiting deliveries", &error)),
            },
        }
    }
}
