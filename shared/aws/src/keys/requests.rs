//! Counts of requests. They are in the keys table, because only requests with a key are counted.
//! Their key is `requests#`, the minute and the user, which no look-up of a key finds, and they are
//! in no list. Time-to-live removes them.

use super::KeyStore;
use crate::{
    error::from_sdk,
    item::{number, text},
};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use grapnel_domain::{
    ids::UserId,
    ports::{CountRequests, PortError},
    time::Minute,
};

impl CountRequests for KeyStore {
    /// Tried once, with a short time limit: a second try after a lost response would count twice.
    async fn count_requests(
        &self,
        user: &UserId,
        minute: Minute,
        requests: u32,
    ) -> Result<u32, PortError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("hash", text(format!("requests#{minute}#{user}")))
            .update_expression("ADD #count :requests SET expiresAt = :end")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":requests", number(requests))
            // One minute longer, because a slow clock still counts in this minute.
            .expression_attribute_values(
                ":end",
                number(minute.next().next().strikes_at().as_secs()),
            )
            .return_values(ReturnValue::UpdatedNew)
            .customize()
            .config_override(self.once())
            .send()
            .await
            .map_err(|error| from_sdk("UpdateItem of a count of requests", &error))?;
        let count = answer.attributes.as_ref().and_then(|item| item.get("count"));
        let count = count.and_then(|value| AttributeValue::as_n(value).ok()?.parse().ok());
        count.ok_or_else(|| PortError::Unusable("a count of requests is no number".into()))
    }
}
