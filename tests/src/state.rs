//! What lies behind the doors: rows and executions. Mostly read; written only to bring about what
//! no door can, such as a delivery whose wake-up was lost.

use crate::{aws::Aws, model, stack::Stack};
use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sfn::types::ExecutionStatus;
use grapnel_aws::{Clients, DeliveryStore, EventStore, WebhookStore};
use grapnel_domain::{
    delivery::{AttemptRecord, Delivery, DeliveryKey},
    event::Event,
    ids::UserId,
    limit::{RateLimit, Reservation},
    ports::{
        CreateDeliveries, Created, Deliveries, DeliveryLog, Recorded, ReserveSlots, StoreEvents,
        StoreWebhooks, UpdateDeliveries,
    },
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use std::collections::HashMap;

/// A stack's rows and executions.
#[derive(Debug, Clone)]
pub struct State {
    deliveries: DeliveryStore,
    events: EventStore,
    webhooks: WebhookStore,
    dynamodb: aws_sdk_dynamodb::Client,
    sfn: aws_sdk_sfn::Client,
    tables: Tables,
    machine: String,
}

#[derive(Debug, Clone)]
struct Tables {
    events: String,
}

/// A shared wait, as Step Functions runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The minute in its name.
    pub minute: Minute,
    /// Whether it runs.
    pub running: bool,
    /// Its status in full.
    pub status: ExecutionStatus,
}

impl State {
    /// The stack's state.
    #[must_use]
    pub fn of(stack: &Stack, aws: &Aws) -> Self {
        let clients = Clients::new(aws.config());
        let outputs = &stack.outputs;
        Self {
            deliveries: DeliveryStore::new(&clients, &outputs.deliveries_table),
            events: EventStore::new(&clients, &outputs.events_table),
            webhooks: WebhookStore::new(&clients, &outputs.webhooks_table),
            dynamodb: aws_sdk_dynamodb::Client::new(aws.config()),
            sfn: aws_sdk_sfn::Client::new(aws.config()),
            tables: Tables { events: outputs.events_table.clone() },
            machine: outputs.wait_state_machine_arn.clone(),
        }
    }

    /// A delivery's row, read consistently.
    ///
    /// # Errors
    /// If there is none.
    pub async fn delivery(&self, key: DeliveryKey) -> anyhow::Result<Delivery> {
        let row = self.deliveries.delivery(key).await?;
        row.with_context(|| format!("no row for {} of {}", key.id, key.webhook_id))
    }

    /// A webhook's rows, newest first, whether it still exists or not. At most 100.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn deliveries(&self, webhook_id: &str) -> anyhow::Result<Vec<Delivery>> {
        Ok(self.deliveries.list_deliveries(webhook_id.parse()?, 100, None).await?.items)
    }

    /// An event's row, as it is.
    ///
    /// # Errors
    /// If there is none.
    pub async fn event_item(
        &self,
        user: &str,
        id: &str,
    ) -> anyhow::Result<HashMap<String, AttributeValue>> {
        let answer = self
            .dynamodb
            .get_item()
            .table_name(&self.tables.events)
            .key("userId", AttributeValue::S(user.to_owned()))
            .key("id", AttributeValue::S(id.to_owned()))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.with_context(|| format!("no row for {id}"))
    }

    /// How many events of this user are stored.
    ///
    /// # Errors
    /// If they cannot be counted.
    pub async fn count_events(&self, user: &str) -> anyhow::Result<i32> {
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.tables.events)
            .key_condition_expression("userId = :user")
            .expression_attribute_values(":user", AttributeValue::S(user.to_owned()))
            .select(aws_sdk_dynamodb::types::Select::Count)
            .consistent_read(true)
            .send()
            .await?;
        Ok(answer.count())
    }

    /// Stores a webhook, unchecked.
    ///
    /// # Errors
    /// If it is not stored.
    pub async fn store_webhook(&self, webhook: &Webhook) -> anyhow::Result<()> {
        Ok(self.webhooks.create_webhook(webhook).await?)
    }

    /// Takes slots of a webhook, one a second from `now`, as so many deliveries would.
    ///
    /// # Errors
    /// If they are not handed out.
    pub async fn hand_out_slots(
        &self,
        user: &str,
        webhook: &model::Webhook,
        count: u32,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let limit = RateLimit::new(1).context("a limit")?;
        let asked = Reservation { count, limit, now, seen: None };
        let id = webhook.id.parse()?;
        self.webhooks.reserve_slots(&UserId::parse(user)?, id, &asked).await?;
        Ok(())
    }

    /// Stores an event, as fan-out would.
    ///
    /// # Errors
    /// If it is not stored.
    pub async fn store_event(&self, event: &Event) -> anyhow::Result<()> {
        self.events.store_event(event).await?;
        Ok(())
    }

    /// Stores a delivery, as fan-out would; no message is sent.
    ///
    /// # Errors
    /// If it is not stored, or was there before.
    pub async fn store_delivery(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let created = self.deliveries.create_delivery(delivery).await?;
        anyhow::ensure!(created == Created::New, "{} was there before", delivery.id);
        Ok(())
    }

    /// Records an attempt, as the delivery function would; nothing is scheduled.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn record(&self, record: &AttemptRecord) -> anyhow::Result<()> {
        let recorded = self.deliveries.record_attempt(record).await?;
        anyhow::ensure!(recorded == Recorded::Yes, "the record was refused: {recorded:?}");
        Ok(())
    }

    /// The shared wait for a minute, if it was ever started.
    ///
    /// # Errors
    /// If Step Functions does not answer.
    pub async fn wait(&self, minute: Minute) -> anyhow::Result<Option<Wait>> {
        let all = self.waits().await?;
        Ok(all.into_iter().find(|wait| wait.minute == minute))
    }

    /// The shared waits that were ever started, by minute.
    ///
    /// # Errors
    /// If they cannot be listed, or one has a name that is not a minute.
    pub async fn waits(&self) -> anyhow::Result<Vec<Wait>> {
        let mut waits = Vec::new();
        let mut pages =
            self.sfn.list_executions().state_machine_arn(&self.machine).into_paginator().send();
        while let Some(page) = pages.next().await {
            for execution in page?.executions() {
                waits.push(Wait {
                    minute: execution.name().parse()?,
                    running: *execution.status() == ExecutionStatus::Running,
                    status: execution.status().clone(),
                });
            }
        }
        waits.sort_unstable_by_key(|wait| wait.minute);
        Ok(waits)
    }

    /// What went wrong in the calls of every wait, as Step Functions tells it.
    ///
    /// # Errors
    /// If a history cannot be read.
    pub async fn wait_failures(&self) -> anyhow::Result<Vec<String>> {
        let mut failures = Vec::new();
        let executions = self.machine.replace(":stateMachine:", ":execution:");
        for wait in self.waits().await? {
            let arn = format!("{executions}:{}", wait.minute);
            let mut pages =
                self.sfn.get_execution_history().execution_arn(arn).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page?;
                let failed = page.events().iter().filter_map(|e| e.task_failed_event_details());
                failures.extend(failed.map(|details| format!("{details:?}")));
            }
        }
        Ok(failures)
    }
}
