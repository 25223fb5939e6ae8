//! Idempotency keys. They are in the events table, under their user, with a prefix that no event's
//! or replay's id has. Like replays, they are written by `UpdateItem`: a role that publishes needs
//! no right to put events.

use super::EventStore;
use crate::{
    error::from_sdk,
    item::{Item, number, text, to_row},
};
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError, types::ReturnValuesOnConditionCheckFailure,
};
use grapnel_domain::{
    event::publish::{Claim, IdempotencyKey},
    ids::UserId,
    ports::{ClaimKeys, PortError},
    time::Timestamp,
};
use serde::Deserialize;

const ROW: &str = "an idempotency key in the events table";
const PREFIX: &str = "idempotency-key#";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    body_hash: String,
    seed: String,
    accepted_at: Timestamp,
    /// Seconds since the epoch, as DynamoDB's time-to-live requires.
    expires_at: i64,
}

fn row_key(user: &UserId, key: &IdempotencyKey) -> Item {
    let id = format!("{PREFIX}{}", key.as_str());
    Item::from([("userId".to_owned(), text(user)), ("id".to_owned(), text(id))])
}

fn to_claim(user: &UserId, key: &IdempotencyKey, item: Item) -> Result<Claim, PortError> {
    let row: Row = to_row(ROW, item)?;
    Ok(Claim {
        user_id: user.clone(),
        key: key.clone(),
        body_hash: row.body_hash,
        seed: row.seed,
        accepted_at: row.accepted_at,
        expires_at: Timestamp::from_millis(row.expires_at.saturating_mul(1000)),
    })
}

impl ClaimKeys for EventStore {
    async fn claim_key(&self, claim: &Claim, now: Timestamp) -> Result<Claim, PortError> {
        let done = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row_key(&claim.user_id, &claim.key)))
            .update_expression(
                "SET bodyHash = :hash, seed = :seed, acceptedAt = :accepted, expiresAt = :expires",
            )
            // Time-to-live removes a row days after its time: an expired row counts as removed.
            .condition_expression("attribute_not_exists(id) OR expiresAt <= :now")
            .expression_attribute_values(":hash", text(&claim.body_hash))
            .expression_attribute_values(":seed", text(&claim.seed))
            .expression_attribute_values(":accepted", text(claim.accepted_at))
            .expression_attribute_values(":expires", number(claim.expires_at.as_secs()))
            .expression_attribute_values(":now", number(now.as_secs()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = done else { return Ok(claim.clone()) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                let old = refused.item().filter(|item| !item.is_empty()).cloned();
                let lost = || PortError::Unavailable(format!("{ROW}: refused without the item"));
                to_claim(&claim.user_id, &claim.key, old.ok_or_else(lost)?)
            }
            _ => Err(from_sdk("UpdateItem of an idempotency key", &error)),
        }
    }

    async fn claimed(
        &self,
        user: &UserId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Claim>, PortError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(row_key(user, key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| from_sdk("GetItem of an idempotency key", &error))?;
        let found = answer.item.map(|item| to_claim(user, key, item)).transpose()?;
        Ok(found.filter(|claim| claim.is_live(now)))
    }
}
