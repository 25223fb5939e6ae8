//! Replays. They are in the events table, as `userId` and `rpl_…`, because it is partitioned by
//! user and has a time-to-live. No event's id has this prefix.
//!
//! A new replay is also written by `UpdateItem`: a role that writes replays needs no right to put
//! events.

pub(super) mod row;

use super::EventStore;
use crate::error::from_sdk;
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError, types::ReturnValuesOnConditionCheckFailure,
};
use grapnel_domain::{
    ids::{ReplayId, UserId},
    ports::{Consistency, PortError, Replays, Stored},
    replay::Replay,
};
use row::Change;

impl EventStore {
    async fn change(&self, replay: &Replay, change: Change) -> Result<Stored, PortError> {
        let done = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row::key(&replay.user_id, replay.id)))
            .update_expression(change.expression)
            .condition_expression(change.condition)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match done {
            Ok(_) => return Ok(Stored::Yes),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                let old = refused.item().filter(|item| !item.is_empty()).cloned();
                let old = old.map(row::to_replay).transpose()?;
                Ok(Stored::Refused(old.map(Box::new)))
            }
            _ => Err(from_sdk("UpdateItem of a replay", &error)),
        }
    }
}

impl Replays for EventStore {
    async fn replay(
        &self,
        user: &UserId,
        id: ReplayId,
        consistency: Consistency,
    ) -> Result<Option<Replay>, PortError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(row::key(user, id)))
            .consistent_read(consistency == Consistency::Strong)
            .send()
            .await
            .map_err(|error| from_sdk("GetItem of a replay", &error))?;
        answer.item.map(row::to_replay).transpose()
    }

    async fn store_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        self.change(replay, row::store(replay)?).await
    }

    async fn advance_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        self.change(replay, row::advance(replay)?).await
    }
}
