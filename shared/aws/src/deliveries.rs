//! The deliveries table: `webhookId`, `id`, and three sparse indexes: `due` (`waitSpread`,
//! `waitMinute`) has the deliveries in shared waits, `waiting` (`webhookId`, `waitKey`) the parked
//! ones, `failed` (`webhookId`, `failedKey`) the failed ones. A delivery's row contains its attempts;
//! each is recorded by one conditional write. The partitions `figures#<webhook>` have the figures of a
//! webhook, a row for each day.

mod figures;
mod find;
mod row;
mod tending;
mod update;

use crate::{batch_get, clients::Clients, error::from_sdk, item::text};
use aws_sdk_dynamodb::{
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::ReturnValuesOnConditionCheckFailure,
};
use grapnel_domain::{
    delivery::{
        AttemptRecord, Delivery, DeliveryKey, Ending, ParkedRow, Parking, PayloadErasure,
        Reopening, ResponseErasure, SlotWait,
    },
    figures::{HourFigures, Outcome, Span},
    ids::{DeliveryId, WebhookId},
    ports::{
        CreateDeliveries, Created, Deliveries, DeliveryLog, Page, PortError, ReadTogether,
        Recorded, SettledPage, UpdateDeliveries,
    },
    release::PAGE_ROWS,
    replay::ReplayFilter,
    time::{Hour, Timestamp},
    time_budget::RECORD_TRY,
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};
pub use tending::ATTRIBUTES as TENDED_ATTRIBUTES;
use update::Update;

/// The index over `waitKey`.
const WAITING_INDEX: &str = "waiting";

/// The name of the call in errors.
const READ_TOGETHER: &str = "BatchGetItem on deliveries";

#[derive(Debug, Clone)]
pub struct DeliveryStore {
    client: aws_sdk_dynamodb::Client,
    /// For records of attempts, which the caller retries itself.
    once: aws_sdk_dynamodb::Client,
    table: String,
}

impl DeliveryStore {
    #[must_use]
    pub fn new(clients: &Clients, table: impl Into<String>) -> Self {
        Self {
            client: clients.dynamodb.clone(),
            once: clients.dynamodb_once(RECORD_TRY),
            table: table.into(),
        }
    }

    async fn update(&self, key: DeliveryKey, update: Update) -> Result<Recorded, PortError> {
        self.update_by(&self.client, key, update).await
    }

    async fn update_by(
        &self,
        client: &aws_sdk_dynamodb::Client,
        key: DeliveryKey,
        update: Update,
    ) -> Result<Recorded, PortError> {
        let done = client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row::key(key)))
            .update_expression(update.expression())
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match done {
            Ok(_) => return Ok(Recorded::Yes),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                let old = refused.item().filter(|item| !item.is_empty()).cloned();
                let old = old.map(row::to_delivery).transpose()?;
                Ok(Recorded::Refused(old.map(Box::new)))
            }
            _ => Err(from_sdk("UpdateItem on deliveries", &error)),
        }
    }
}

impl DeliveryStore {
    /// Makes the updates one after another, until one is refused.
    async fn update_all(
        &self,
        key: DeliveryKey,
        updates: Vec<Update>,
    ) -> Result<Recorded, PortError> {
        for update in updates {
            let recorded = self.update(key, update).await?;
            if recorded != Recorded::Yes {
                return Ok(recorded);
            }
        }
        Ok(Recorded::Yes)
    }
}

impl Deliveries for DeliveryStore {
    async fn delivery(&self, key: DeliveryKey) -> Result<Option<Delivery>, PortError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(row::key(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| from_sdk("GetItem on deliveries", &error))?;
        answer.item.map(row::to_delivery).transpose()
    }

    async fn deliveries_together(
        &self,
        keys: &[DeliveryKey],
    ) -> Result<ReadTogether<Delivery, DeliveryKey>, PortError> {
        let asked = keys.iter().copied().map(row::key).collect();
        let (items, left) =
            batch_get::one_call(&self.client, &self.table, asked, None, READ_TOGETHER).await?;
        let count = items.len();
        let found: Vec<_> =
            items.into_iter().filter_map(|item| row::to_delivery(item).ok()).collect();
        let mut unread = Vec::new();
        if !left.is_empty() || found.len() < count {
            let is_found = |key: &DeliveryKey| found.iter().any(|row| row.key() == *key);
            unread.extend(keys.iter().copied().filter(|key| !is_found(key)));
        }
        Ok(ReadTogether { found, unread })
    }

    async fn end_delivery(&self, ending: Ending) -> Result<Recorded, PortError> {
        self.update(ending.key, update::end(&ending)?).await
    }

    async fn parked(
        &self,
        webhook: WebhookId,
        after: Option<ParkedRow>,
    ) -> Result<Page<ParkedRow, ParkedRow>, PortError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(WAITING_INDEX)
            .key_condition_expression("webhookId = :webhook AND begins_with(waitKey, :parked)")
            .expression_attribute_values(":webhook", text(webhook))
            .expression_attribute_values(":parked", text(row::PARKED))
            .limit(PAGE_ROWS.into())
            .set_exclusive_start_key(after.map(|after| row::parked_index_key(webhook, after)))
            .send()
            .await
            .map_err(|error| from_sdk("Query on waiting", &error))?;
        let items = answer.items.unwrap_or_default();
        let items = items.into_iter().map(row::to_parked).collect::<Result<_, _>>()?;
        let next = answer.last_evaluated_key.map(row::to_parked).transpose()?;
        Ok(Page { items, next })
    }
}

impl DeliveryLog for DeliveryStore {
    async fn deliveries_by_key(&self, keys: &[DeliveryKey]) -> Result<Vec<Delivery>, PortError> {
        let items = batch_get::items(
            &self.client,
            &self.table,
            keys.iter().copied().map(row::key).collect(),
            None,
            READ_TOGETHER,
        );
        let found = items.await?.into_iter().map(row::to_delivery);
        let found = found.map(|delivery| delivery.map(|it| (it.key(), it)));
        let mut found = found.collect::<Result<HashMap<_, _>, _>>()?;
        Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
    }

    /// Uses eventually consistent reads: a list may miss the last second.
    async fn list_deliveries(
        &self,
        webhook: WebhookId,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> Result<Page<Delivery, DeliveryId>, PortError> {
        let mut items = Vec::new();
        let mut start = after.map(|id| row::key(DeliveryKey { webhook_id: webhook, id }));
        // One row more than requested shows whether there is a next page.
        let wanted = limit + 1;
        while items.len() < wanted {
            let missing = i32::try_from(wanted - items.len()).unwrap_or(i32::MAX);
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("webhookId = :webhook")
                .expression_attribute_values(":webhook", text(webhook))
                .scan_index_forward(false)
                .limit(missing)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| from_sdk("Query on deliveries", &error))?;
            for item in answer.items.unwrap_or_default() {
                items.push(row::to_delivery(item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|delivery| delivery.id);
        Ok(Page { items, next })
    }

    async fn outcomes(
        &self,
        webhook: WebhookId,
        span: Span,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> Result<Page<Outcome, DeliveryId>, PortError> {
        self.find_outcomes(webhook, span, limit, after).await
    }

    async fn kept_figures(
        &self,
        webhook: WebhookId,
        hours: Range<Hour>,
    ) -> Result<BTreeMap<Hour, HourFigures>, PortError> {
        self.find_figures(webhook, hours).await
    }

    async fn keep_figures(
        &self,
        webhook: WebhookId,
        figures: &BTreeMap<Hour, HourFigures>,
    ) -> Result<(), PortError> {
        self.store_figures(webhook, figures).await
    }

    async fn note_payload_erased(&self, erasure: &PayloadErasure) -> Result<Recorded, PortError> {
        self.update_all(erasure.key, update::note_payload_erased(erasure)).await
    }

    async fn erase_responses(&self, erasure: &ResponseErasure) -> Result<Recorded, PortError> {
        self.update_all(erasure.key, update::erase_responses(erasure)?).await
    }
}

impl CreateDeliveries for DeliveryStore {
    async fn create_delivery(&self, delivery: &Delivery) -> Result<Created, PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row::from_delivery(delivery)?))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match put {
            Ok(_) => return Ok(Created::New),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                match refused.item().cloned() {
                    Some(old) => Ok(Created::Existed(Box::new(row::to_delivery(old)?))),
                    None => Err(PortError::Unavailable(
                        "PutItem on deliveries: refused without the stored item".into(),
                    )),
                }
            }
            _ => Err(from_sdk("PutItem on deliveries", &error)),
        }
    }
}

impl UpdateDeliveries for DeliveryStore {
    async fn record_attempt(&self, record: &AttemptRecord) -> Result<Recorded, PortError> {
        self.update_by(&self.once, record.key, update::record(record)?).await
    }

    async fn reopen_delivery(&self, reopening: Reopening) -> Result<Recorded, PortError> {
        self.update(reopening.key, update::reopen(&reopening)?).await
    }

    async fn await_slot(&self, wait: SlotWait) -> Result<Recorded, PortError> {
        self.update(wait.key, update::await_slot(&wait)?).await
    }

    async fn park(&self, parking: Parking) -> Result<Recorded, PortError> {
        self.update(parking.key, update::park(&parking)?).await
    }

    async fn unpark(
        &self,
        key: DeliveryKey,
        due: Timestamp,
        attempts: u32,
    ) -> Result<(), PortError> {
        let row = ParkedRow { due, id: key.id };
        // If the condition fails, the delivery is parked until another time or no longer. Its next
        // wake-up is then another process's task.
        self.update(key, update::unpark(row, attempts)).await.map(|_| ())
    }

    async fn settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> Result<SettledPage, PortError> {
        self.find_settled(webhook, filter, after).await
    }
}
