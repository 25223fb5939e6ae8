use super::{WebhookStore, attributes, health_row};
use crate::{
    error::from_sdk,
    item::{Item, number},
};
use aws_sdk_dynamodb::operation::update_item::{
    UpdateItemError, builders::UpdateItemFluentBuilder,
};
use grapnel_domain::{
    health::Health,
    ids::{UserId, WebhookId},
    ports::{PortError, StoreHealth},
};

impl StoreHealth for WebhookStore {
    /// Uses an update, not a put: a put may replace the item of any key, including a webhook, and
    /// no policy can prevent that.
    async fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> Result<bool, PortError> {
        let item = health_row::from_health(user, webhook, health)?;
        let update = set_all(self.client.update_item().table_name(&self.table), item);
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
}

/// Sets all attributes of the item, and removes the other attributes of a health.
fn set_all(mut update: UpdateItemFluentBuilder, mut item: Item) -> UpdateItemFluentBuilder {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for name in attributes::HEALTH {
        let Some(value) = item.remove(name) else {
            update = update.expression_attribute_names(format!("#{name}"), name);
            remove.push(format!("#{name}"));
            continue;
        };
        if ["userId", "id"].contains(&name) {
            update = update.key(name, value);
            continue;
        }
        update = update
            .expression_attribute_names(format!("#{name}"), name)
            .expression_attribute_values(format!(":{name}"), value);
        set.push(format!("#{name} = :{name}"));
    }
    let mut expression = format!("SET {}", set.join(", "));
    if !remove.is_empty() {
        expression.push_str(&format!(" REMOVE {}", remove.join(", ")));
    }
    update.update_expression(expression)
}
