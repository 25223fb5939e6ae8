//! Replays. They are in the events table, as `userId` and `rpl_…`, because it is partitioned by
//! user and has a time-to-live. No event's id has this prefix.
//!
//! A new replay is also written by `UpdateItem`: a role that writes replays needs no right to put
//! events.

mod row;

use super::EventStore;
use crate::{
    error::from_sdk,
    item::{Item, text},
};
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError, types::ReturnValuesOnConditionCheckFailure,
};
use grapnel_domain::{
    ids::{ReplayId, UserId},
    ports::{Consistency, ListReplays, Page, PortError, ReadReplays, Stored, WriteReplays},
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

impl ReadReplays for EventStore {
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
}

impl ListReplays for EventStore {
    /// Uses consistent reads, so that a replay is in the list at once.
    async fn list_replays(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<ReplayId>,
    ) -> Result<Page<Replay, ReplayId>, PortError> {
        // One row more than requested shows whether there is a next page. A row has some hundred
        // bytes, so a page is far below the 1 MB at which a query stops.
        let wanted = i32::try_from(limit + 1).unwrap_or(i32::MAX);
        let start: Option<Item> = after.map(|id| row::key(user, id));
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("userId = :user AND begins_with(id, :prefix)")
            .expression_attribute_values(":user", text(user))
            .expression_attribute_values(":prefix", text(ReplayId::PREFIX))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(wanted)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| from_sdk("Query of replays", &error))?;
        let found = answer.items.unwrap_or_default().into_iter().map(row::to_replay);
        let mut items = found.collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|replay| replay.id);
        Ok(Page { items, next })
    }
}

impl WriteReplays for EventStore {
    async fn store_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        self.change(replay, row::store(replay)?).await
    }

    async fn advance_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        self.change(replay, row::advance(replay)?).await
    }
}
