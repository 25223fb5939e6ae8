use super::{WebhookStore, health_row};
use crate::{error::from_sdk, item::number};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use grapnel_domain::{
    health::Health,
    ids::{UserId, WebhookId},
    ports::{PortError, StoreHealth},
};

impl StoreHealth for WebhookStore {
    async fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> Result<bool, PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(health_row::from_health(user, webhook, health)?));
        let put = match health.version.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(id)"),
            before => put
                .condition_expression("version = :before")
                .expression_attribute_values(":before", number(before)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(from_sdk("PutItem on webhooks", &error)),
            },
        }
    }
}
