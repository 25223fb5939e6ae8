//! Figures: what they are counted from, and those that are kept. A row has the hours of one day, `h00` to
//! `h23`, as far as they were counted. It is in a partition of its own, which no delivery reads or writes.

use super::{DeliveryStore, row};
use crate::{
    error::from_sdk,
    item::{Item, number, text, to_row, unusable},
};
use futures::{StreamExt, TryStreamExt, stream};
use grapnel_domain::{
    delivery::{DeliveryAttempt, DeliveryKey, DeliveryStatus},
    figures::{HourFigures, KEPT, Outcome, Span},
    ids::{DeliveryId, WebhookId},
    ports::{Page, PortError},
    time::{Day, Hour},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

const ROW: &str = "a row of figures";

/// Days that are written side by side.
const SIDE_BY_SIDE: usize = 8;

/// What is read of a delivery.
#[derive(Deserialize)]
struct OutcomeRow {
    id: DeliveryId,
    event: String,
    status: DeliveryStatus,
    #[serde(default)]
    test: bool,
    attempts: Vec<DeliveryAttempt>,
}

impl From<OutcomeRow> for Outcome {
    fn from(row: OutcomeRow) -> Self {
        Self::new(row.id, row.event, row.status, row.test, &row.attempts)
    }
}

/// The key of the row at which a query stopped.
#[derive(Deserialize)]
struct Stopped {
    id: DeliveryId,
}

#[derive(Deserialize)]
struct DayRow {
    id: Day,
    /// By the names of the hours, beside the row's other attributes.
    #[serde(flatten)]
    hours: HashMap<String, Kept>,
}

/// An attribute of a row.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Hour(HourFigures),
    Other(serde::de::IgnoredAny),
}

fn partition(webhook: WebhookId) -> String {
    format!("figures#{webhook}")
}

fn name(hour: Hour) -> String {
    format!("h{:02}", hour.of_day())
}

impl DeliveryStore {
    /// [`DeliveryLog::outcomes`](grapnel_domain::ports::DeliveryLog::outcomes): one query.
    pub(super) async fn find_outcomes(
        &self,
        webhook: WebhookId,
        span: Span,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> Result<Page<Outcome, DeliveryId>, PortError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("webhookId = :webhook AND id BETWEEN :from AND :to")
            .projection_expression("id, #event, #status, #test, #attempts")
            .expression_attribute_names("#event", "event")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#test", "test")
            .expression_attribute_names("#attempts", "attempts")
            .expression_attribute_values(":webhook", text(webhook))
            .expression_attribute_values(":from", text(span.from))
            .expression_attribute_values(":to", text(span.to))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(
                after.map(|id| row::key(DeliveryKey { webhook_id: webhook, id })),
            )
            .send()
            .await
            .map_err(|error| from_sdk("Query of outcomes", &error))?;
        let items = answer.items.unwrap_or_default().into_iter();
        let items = items.map(|item| to_row::<OutcomeRow>(row::ROW, item).map(Outcome::from));
        // The end of a span that was cut short is a delivery that is counted.
        let items = items.filter(|outcome| outcome.as_ref().map_or(true, |it| it.id < span.to));
        let items = items.collect::<Result<_, _>>()?;
        let stopped = answer
            .last_evaluated_key
            .map(|key| to_row::<Stopped>("a key of the deliveries table", key))
            .transpose()?;
        Ok(Page { items, next: stopped.map(|key| key.id) })
    }

    /// [`DeliveryLog::kept_figures`](grapnel_domain::ports::DeliveryLog::kept_figures): one query for
    /// each MB.
    pub(super) async fn find_figures(
        &self,
        webhook: WebhookId,
        hours: Range<Hour>,
    ) -> Result<BTreeMap<Hour, HourFigures>, PortError> {
        let mut found = BTreeMap::new();
        let mut start: Option<Item> = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("webhookId = :figures AND id BETWEEN :from AND :to")
                .expression_attribute_values(":figures", text(partition(webhook)))
                .expression_attribute_values(":from", text(hours.start.day()))
                .expression_attribute_values(":to", text(hours.end.day()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| from_sdk("Query of figures", &error))?;
            for item in answer.items.unwrap_or_default() {
                let mut row: DayRow = to_row(ROW, item)?;
                let first = row.id.first_hour();
                for hour in (0..24).map(|hour| first.plus(hour)) {
                    if let Some(Kept::Hour(figures)) = row.hours.remove(&name(hour)) {
                        found.insert(hour, figures);
                    }
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        found.retain(|hour, _| hours.contains(hour));
        Ok(found)
    }

    /// [`DeliveryLog::keep_figures`](grapnel_domain::ports::DeliveryLog::keep_figures): one write for each
    /// day.
    pub(super) async fn store_figures(
        &self,
        webhook: WebhookId,
        figures: &BTreeMap<Hour, HourFigures>,
    ) -> Result<(), PortError> {
        let mut days: BTreeMap<Day, Vec<(Hour, &HourFigures)>> = BTreeMap::new();
        for (hour, figures) in figures {
            days.entry(hour.day()).or_default().push((*hour, figures));
        }
        let mut writes = Vec::new();
        for (day, hours) in days {
            writes.push(self.store_day(webhook, day, hours));
        }
        stream::iter(writes).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await
    }

    async fn store_day(
        &self,
        webhook: WebhookId,
        day: Day,
        hours: Vec<(Hour, &HourFigures)>,
    ) -> Result<(), PortError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("webhookId", text(partition(webhook)))
            .key("id", text(day))
            .expression_attribute_values(":expires", number(day.begins_at().plus(KEPT).as_secs()));
        let mut sets = vec!["expiresAt = :expires".to_owned()];
        for (hour, figures) in hours {
            let name = name(hour);
            let value = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(figures)
                .map_err(|_| unusable(ROW, "cannot be written"))?;
            sets.push(format!("{name} = :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        update
            .update_expression(format!("SET {}", sets.join(", ")))
            .send()
            .await
            .map_err(|error| from_sdk("UpdateItem of figures", &error))?;
        Ok(())
    }
}
