//! Counts of requests lie in the keys table, since only who has a key is counted: as `requests#`, the
//! minute and the user, which no look-up of a key finds, and in no list. Time-to-live drops them.

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
    /// Tried once, and not for long: asked again after a lost answer, it would count twice.
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
            // The minute after it: a clock that is late still counts in it.
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
