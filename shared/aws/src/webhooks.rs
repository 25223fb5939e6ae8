//! The webhooks table: `userId`, `id`. A webhook may have two more items: `<id>#health`, its
//! endpoint's health, and `<id>#limiter`, the first free slot of its rate limit. Event types have a
//! separate partition.

pub mod attributes;
mod health_row;
mod items;
mod limiter;
mod limiter_row;
mod row;
mod together;

use crate::{
    clients::Clients,
    error::from_sdk,
    item::{Item, number, text},
};
use aws_sdk_dynamodb::{
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError,
    },
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure, Select},
};
use grapnel_domain::{
    health::{Health, Note},
    ids::{UserId, WebhookId},
    ports::{
        Consistency, Page, PortError, ReadSubscriptions, ReadTogether, StoreWebhooks, Webhooks,
    },
    time::Timestamp,
    webhook::{Subscription, Webhook},
};
use std::collections::HashMap;

#[derive(Debug, Clone)]
pub struct WebhookStore {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

impl WebhookStore {
    #[must_use]
    pub fn new(clients: &Clients, table: impl Into<String>) -> Self {
        Self { client: clients.dynamodb.clone(), table: table.into() }
    }

    /// A consistent query over all items of the user.
    fn query(
        &self,
        user: &UserId,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("userId = :user")
            .expression_attribute_values(":user", text(user))
            .consistent_read(true)
    }

    /// Removes a webhook's other items before the webhook: if this stops half-way, the webhook
    /// still exists and can be deleted again.
    async fn delete_beside(&self, user: &UserId, id: WebhookId) -> Result<(), PortError> {
        self.delete(user, row::health_id(id)).await?;
        self.delete(user, row::limiter_id(id)).await?;
        Ok(())
    }

    async fn delete(&self, user: &UserId, id: String) -> Result<Option<Item>, PortError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("userId", text(user))
            .key("id", text(id))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| from_sdk("DeleteItem on webhooks", &error))?;
        Ok(answer.attributes.filter(|old| !old.is_empty()))
    }
}

impl Webhooks for WebhookStore {
    async fn webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        consistency: Consistency,
    ) -> Result<Option<Webhook>, PortError> {
        // One query for all of the webhook's items: DynamoDB adds their sizes before it rounds up
        // to a unit.
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("userId = :user AND begins_with(id, :id)")
            .expression_attribute_values(":user", text(user))
            .expression_attribute_values(":id", text(id))
            .consistent_read(consistency == Consistency::Strong)
            .send()
            .await
            .map_err(|error| from_sdk("Query on webhooks", &error))?;
        Ok(items::to_webhooks(answer.items.unwrap_or_default())?.into_iter().next())
    }

    async fn webhooks_together(
        &self,
        user: &UserId,
        ids: &[WebhookId],
    ) -> Result<ReadTogether<Webhook, WebhookId>, PortError> {
        together::read(&self.client, &self.table, user, ids).await
    }

    /// Uses consistent reads, so that a new webhook is in the list at once.
    async fn list_webhooks(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<WebhookId>,
    ) -> Result<Page<Webhook, WebhookId>, PortError> {
        let mut webhooks: Vec<Webhook> = Vec::new();
        let mut start = after.map(|id| row::key(user, id));
        // One webhook more than requested shows whether there is a next page, and that the last
        // one's health was read.
        let wanted = limit + 1;
        while webhooks.len() < wanted {
            let missing = i32::try_from(wanted - webhooks.len()).unwrap_or(i32::MAX);
            let answer = self
                .query(user)
                .limit(missing)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| from_sdk("Query on webhooks", &error))?;
            for item in answer.items.unwrap_or_default() {
                items::take_in(&mut webhooks, item)?;
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let more = webhooks.len() > limit;
        webhooks.truncate(limit);
        let next = webhooks.last().filter(|_| more).map(|webhook| webhook.id);
        Ok(Page { items: webhooks, next })
    }

    async fn count_webhooks(&self, user: &UserId) -> Result<usize, PortError> {
        let mut count = 0;
        let mut start = None;
        loop {
            let answer = self
                .query(user)
                // Only webhooks have a URL.
                .filter_expression("attribute_exists(#url)")
                .expression_attribute_names("#url", "url")
                .select(Select::Count)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| from_sdk("Query on webhooks", &error))?;
            count += usize::try_from(answer.count).unwrap_or_default();
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    /// Uses an update, not a put: a put may replace the item of any key, including a webhook, and
    /// no policy can prevent that.
    async fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> Result<bool, PortError> {
        let item = health_row::from_health(user, webhook, health)?;
        let update = health_row::set_all(self.client.update_item().table_name(&self.table), item);
        let update = match health.version.saturating_sub(1) {
            0 => update.condition_expression("attribute_not_exists(id)"),
            before => update
                .condition_expression("#version = :before")
                .expression_attribute_values(":before", number(before)),
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(from_sdk("UpdateItem on webhooks", &error)),
            },
        }
    }

    async fn note(&self, user: &UserId, webhook: WebhookId, note: Note) -> Result<bool, PortError> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update.key("userId", text(user)).key("id", text(row::health_id(webhook)));
        match health_row::note(update, note).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                // That or a later note is there, or the webhook was deleted.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(from_sdk("UpdateItem on webhooks", &error)),
            },
        }
    }
}

/// A placeholder for each name, because some are reserved words.
fn placeholders(names: &[&str]) -> String {
    names.iter().map(|name| format!("#{name}")).collect::<Vec<_>>().join(", ")
}

/// The names of the placeholders.
fn aliases(names: &[&str]) -> HashMap<String, String> {
    names.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect()
}

impl ReadSubscriptions for WebhookStore {
    async fn subscriptions(&self, user: &UserId) -> Result<Vec<Subscription>, PortError> {
        let mut found: Vec<Subscription> = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .query(user)
                // Explicit, because the policy of fan-out's role requires it.
                .select(Select::SpecificAttributes)
                .projection_expression(placeholders(&attributes::SUBSCRIPTION))
                .set_expression_attribute_names(Some(aliases(&attributes::SUBSCRIPTION)))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| from_sdk("Query on webhooks", &error))?;
            for item in answer.items.unwrap_or_default() {
                if row::is_webhook(&item) {
                    found.push(row::to_subscription(item)?);
                } else if let Some(subscription) = found.last_mut() {
                    // The webhook's other items follow it directly.
                    row::apply_health(subscription, &item);
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}

impl StoreWebhooks for WebhookStore {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<(), PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row::from_webhook(webhook)?))
            .condition_expression("attribute_not_exists(id)")
            .send()
            .await;
        match put {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // The id is new, so this is the webhook itself, written by a try whose response was
                // lost.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(from_sdk("PutItem on webhooks", &error)),
            },
        }
    }

    async fn replace_webhook(
        &self,
        webhook: &Webhook,
        read_at: Timestamp,
    ) -> Result<bool, PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row::from_webhook(webhook)?))
            .condition_expression("attribute_exists(id) AND updatedAt = :read")
            .expression_attribute_values(":read", text(read_at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                // A try whose response was lost may have stored exactly this. If that counted as
                // another writer's change, the rotation of a secret would run twice.
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    let stored = refused.item().cloned().map(row::to_webhook).transpose()?;
                    Ok(stored
                        .is_some_and(|stored| stored.configuration() == webhook.configuration()))
                }
                _ => Err(from_sdk("PutItem on webhooks", &error)),
            },
        }
    }

    async fn delete_webhook(&self, user: &UserId, id: WebhookId) -> Result<bool, PortError> {
        self.delete_beside(user, id).await?;
        Ok(self.delete(user, id.to_string()).await?.is_some())
    }

    async fn delete_unchanged_webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        read_at: Timestamp,
    ) -> Result<bool, PortError> {
        self.delete_beside(user, id).await?;
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(row::key(user, id)))
            .condition_expression("updatedAt = :read")
            .expression_attribute_values(":read", text(read_at))
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(from_sdk("DeleteItem on webhooks", &error)),
            },
        }
    }
}
