//! The events table: `userId`, `id`, and its index `byTime` (`userId`, `storedAt`). It stores each
//! payload once, compressed when that is cheaper. It also has the users' replays and idempotency
//! keys.

mod claims;
mod data;
mod log;
mod replays;
mod row;

use crate::{clients::Clients, error::from_sdk, item::text};
use aws_sdk_dynamodb::{
    operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};
use grapnel_domain::{
    event::Event,
    ids::{EventId, UserId},
    ports::{Consistency, PortError, ReadEvents, StoreEvents},
};

#[derive(Debug, Clone)]
pub struct EventStore {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

impl EventStore {
    #[must_use]
    pub fn new(clients: &Clients, table: impl Into<String>) -> Self {
        Self { client: clients.dynamodb.clone(), table: table.into() }
    }
}

impl ReadEvents for EventStore {
    async fn event(
        &self,
        user: &UserId,
        id: EventId,
        consistency: Consistency,
    ) -> Result<Option<Event>, PortError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("userId", text(user))
            .key("id", text(id))
            .consistent_read(consistency == Consistency::Strong)
            .send()
            .await
            .map_err(|error| from_sdk("GetItem on events", &error))?;
        answer.item.map(row::to_event).transpose()
    }
}

impl StoreEvents for EventStore {
    async fn store_event(&self, event: &Event) -> Result<Event, PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row::from_event(event)?))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match put {
            Ok(_) => return Ok(event.clone()),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                match refused.item().cloned() {
                    Some(first) => row::to_event(first),
                    None => Err(PortError::Unavailable(
                        "PutItem on events: refused without the stored item".into(),
                    )),
                }
            }
            _ => Err(from_sdk("PutItem on events", &error)),
        }
    }
}
