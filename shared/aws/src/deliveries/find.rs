//! Settled deliveries, for replays: failed ones come from the sparse index `failed`, successful ones
//! from the table.

use super::{DeliveryStore, row};
use crate::{
    error::from_sdk,
    item::{Item, text, to_row},
};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use grapnel_domain::{
    delivery::DeliveryStatus,
    ids::{DeliveryId, EventId, ReplayId, WebhookId},
    ports::{PortError, SettledPage},
    replay::{ReplayFilter, ReplayStatus, SettledRow},
};
use serde::Deserialize;

/// The index over `failedKey`, which has the same value as the id, so it sorts by time as the table
/// does.
const FAILED_INDEX: &str = "failed";

/// Maximum number of rows that are read for one page. A replay sends a message for each of them.
const PAGE_ROWS: i32 = 100;

/// The attributes in the `failed` index in addition to its keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailedRow {
    webhook_id: WebhookId,
    id: DeliveryId,
    event_id: EventId,
    event: String,
    attempt_count: u32,
    #[serde(default)]
    test: bool,
    #[serde(default)]
    replay: Option<ReplayId>,
}

impl From<FailedRow> for SettledRow {
    fn from(row: FailedRow) -> Self {
        Self {
            webhook_id: row.webhook_id,
            id: row.id,
            event_id: row.event_id,
            event_type: row.event,
            status: DeliveryStatus::Failed,
            test: row.test,
            attempts: row.attempt_count,
            reopened_by: row.replay,
            last_attempt_at: None,
            payload_erased: false,
        }
    }
}

/// The id of the row at which a query stopped.
#[derive(Deserialize)]
struct Stopped {
    id: DeliveryId,
}

impl DeliveryStore {
    /// A query over the webhook's rows, in the index or in the table.
    fn of_webhook(&self, webhook: WebhookId, status: ReplayStatus) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .limit(PAGE_ROWS)
            .expression_attribute_values(":webhook", text(webhook));
        match status {
            ReplayStatus::Failed => query.index_name(FAILED_INDEX).key_condition_expression(
                "webhookId = :webhook AND failedKey BETWEEN :from AND :to",
            ),
            ReplayStatus::Success => query
                .key_condition_expression("webhookId = :webhook AND id BETWEEN :from AND :to")
                .filter_expression("#status = :success")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":success", text("success")),
        }
    }

    /// [`UpdateDeliveries::settled`](grapnel_domain::ports::UpdateDeliveries::settled).
    pub(super) async fn find_settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> Result<SettledPage, PortError> {
        let Some(ids) = filter.ids(after) else {
            return Ok(SettledPage { rows: Vec::new(), examined: 0, next: None });
        };
        let answer = self
            .of_webhook(webhook, filter.status)
            .expression_attribute_values(":from", text(ids.start()))
            .expression_attribute_values(":to", text(ids.end()))
            .send()
            .await
            .map_err(|error| from_sdk("Query of settled deliveries", &error))?;
        let read: fn(Item) -> Result<SettledRow, PortError> = match filter.status {
            ReplayStatus::Failed => {
                |item| to_row::<FailedRow>("a row of the failed index", item).map(SettledRow::from)
            }
            ReplayStatus::Success => {
                |item| row::to_delivery(item).map(|delivery| SettledRow::of(&delivery))
            }
        };
        let examined = u64::try_from(answer.scanned_count).unwrap_or(0);
        let rows = answer.items.unwrap_or_default().into_iter().map(read);
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let stopped = answer
            .last_evaluated_key
            .map(|key| to_row::<Stopped>("a key of the deliveries table", key))
            .transpose()?;
        Ok(SettledPage { rows, examined, next: stopped.map(|key| key.id) })
    }
}
