//! The keys table: `hash` alone is its key.

use crate::{
    clients::Clients,
    error::from_sdk,
    item::{Item, from_row, text, to_row},
};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use grapnel_domain::{
    ids::{KeyId, UserId},
    ports::{ApiKey, KeyHash, PortError, ReadKeys, StoreKeys},
    scope::Scope,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// API keys in DynamoDB.
#[derive(Debug, Clone)]
pub struct KeyStore {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    hash: String,
    id: KeyId,
    user_id: UserId,
    scopes: Vec<Scope>,
    created_at: Timestamp,
}

const ROW: &str = "a row of the keys table";

impl KeyStore {
    /// The store in this table.
    #[must_use]
    pub fn new(clients: &Clients, table: impl Into<String>) -> Self {
        Self { client: clients.dynamodb.clone(), table: table.into() }
    }
}

fn row_item(hash: &KeyHash, key: &ApiKey) -> Result<Item, PortError> {
    let row = Row {
        hash: hash.as_str().to_owned(),
        id: key.id,
        user_id: key.user_id.clone(),
        scopes: key.scopes.clone(),
        created_at: key.created_at,
    };
    from_row(ROW, row)
}

impl ReadKeys for KeyStore {
    /// By a consistent read: a key works from the moment it was shown.
    async fn key(&self, hash: &KeyHash) -> Result<Option<ApiKey>, PortError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("hash", text(hash.as_str()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| from_sdk("GetItem on keys", &error))?;
        let Some(item) = answer.item else { return Ok(None) };
        let row: Row = to_row(ROW, item)?;
        Ok(Some(ApiKey {
            id: row.id,
            user_id: row.user_id,
            scopes: row.scopes,
            created_at: row.created_at,
        }))
    }
}

impl StoreKeys for KeyStore {
    async fn store_key(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row_item(hash, key)?))
            .condition_expression("attribute_not_exists(#hash)")
            .expression_attribute_names("#hash", "hash")
            .send()
            .await;
        match put {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // The same key, written by a try whose answer was lost.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(from_sdk("PutItem on keys", &error)),
            },
        }
    }
}
