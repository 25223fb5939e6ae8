//! Echoes. They are in the keys table, because the API's role reaches no other table that has a
//! time-to-live and allows deletes. Their key is `echo#` and the id, which no look-up of a key
//! finds. They have no attribute `id`, so they are in no list.
//!
//! A request is recorded by one update, which counts it by adding it to the list.

use super::KeyStore;
use crate::{
    error::from_sdk,
    item::{Item, from_row, number, text, to_row, unusable},
};
use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::{
    config::Builder,
    operation::{delete_item::DeleteItemError, update_item::UpdateItemError},
    types::{AttributeValue, ReturnValue},
};
use grapnel_domain::{
    echo::{Echo, EchoedRequest, MAX_REQUESTS},
    ids::EchoId,
    ports::{Echoes, PortError},
    signature::Secret,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

const ROW: &str = "an echo in the keys table";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    hash: String,
    secret: String,
    fail_first: usize,
    requests: Vec<StoredRequest>,
    /// Seconds since 1970. Time-to-live removes the row some time later.
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredRequest {
    message_id: String,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_version: Option<String>,
}

fn place(id: EchoId) -> String {
    format!("echo#{id}")
}

fn stored(request: &EchoedRequest) -> StoredRequest {
    StoredRequest {
        message_id: request.message_id.clone(),
        at: request.at,
        sender_version: request.sender_version.clone(),
    }
}

fn of(echo: &Echo) -> Result<Item, PortError> {
    let row = Row {
        hash: place(echo.id),
        secret: echo.secret.reveal().to_owned(),
        fail_first: echo.fail_first,
        requests: echo.requests.iter().map(stored).collect(),
        expires_at: echo.expires_at.as_secs(),
    };
    from_row(ROW, row)
}

fn to_echo(id: EchoId, item: Item) -> Result<Echo, PortError> {
    let row: Row = to_row(ROW, item)?;
    let secret = Secret::parse(row.secret).map_err(|_| unusable(ROW, "has no secret"))?;
    let requests = row.requests.into_iter();
    Ok(Echo {
        id,
        secret,
        fail_first: row.fail_first,
        expires_at: Timestamp::from_millis(row.expires_at.saturating_mul(1000)),
        requests: requests
            .map(|request| EchoedRequest {
                message_id: request.message_id,
                at: request.at,
                sender_version: request.sender_version,
            })
            .collect(),
    })
}

impl Echoes for KeyStore {
    async fn store_echo(&self, echo: &Echo) -> Result<(), PortError> {
        self.put_new(of(echo)?).await
    }

    async fn echo(&self, id: EchoId) -> Result<Option<Echo>, PortError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("hash", text(place(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| from_sdk("GetItem of an echo", &error))?;
        answer.item.map(|item| to_echo(id, item)).transpose()
    }

    async fn record_request(
        &self,
        id: EchoId,
        request: &EchoedRequest,
    ) -> Result<Option<usize>, PortError> {
        let new = from_row(ROW, stored(request))?;
        let recorded = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("hash", text(place(id)))
            .update_expression("SET #requests = list_append(#requests, :new)")
            .condition_expression("attribute_exists(#hash) AND size(#requests) < :most")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_names("#requests", "requests")
            .expression_attribute_values(":new", AttributeValue::L(vec![AttributeValue::M(new)]))
            .expression_attribute_values(":most", number(MAX_REQUESTS))
            .return_values(ReturnValue::UpdatedNew)
            .customize()
            .config_override(Builder::new().retry_config(RetryConfig::disabled()))
            .send()
            .await;
        let answer = match recorded {
            Ok(answer) => answer,
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => return Ok(None),
                _ => return Err(from_sdk("UpdateItem of an echo", &error)),
            },
        };
        let requests = answer.attributes.as_ref().and_then(|item| item.get("requests"));
        let count = requests.and_then(|value| Some(value.as_l().ok()?.len()));
        let place = count.and_then(|count| count.checked_sub(1));
        place.map(Some).ok_or_else(|| unusable(ROW, "has no list of requests"))
    }

    async fn delete_echo(&self, id: EchoId) -> Result<bool, PortError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("hash", text(place(id)))
            .condition_expression("attribute_exists(#hash)")
            .expression_attribute_names("#hash", "hash")
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(from_sdk("DeleteItem of an echo", &error)),
            },
        }
    }
}
