//! The keys table: `hash` alone is its key, so that a request that presents a key costs one read.
//!
//! Listing a user's keys and revoking one by its id need another way in: the index `ofUser`
//! (`userId`, `id`), which holds nothing else. It is written when a key is made and when it goes,
//! never when its use is noted, and no request is let in by it: what it finds is read from the table
//! itself, or deleted there. An item beside each key would say the same without the lag of an index,
//! for two more writes a key and with the risk that the two disagree.

mod echoes;
mod portal;
mod requests;
mod row;

use crate::{
    clients::Clients,
    error::from_sdk,
    item::{Item, text},
    together,
};
use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    config::Builder,
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError,
    },
};
use grapnel_domain::{
    ids::{KeyId, UserId},
    ports::{
        ApiKey, KeyHash, ListKeys, NoteKeyUse, Page, PortError, ReadKeys, RevokeKeys, StoreKeys,
    },
    time::Day,
};
use std::{collections::HashMap, time::Duration};

/// Longest wait for what is merely noted. A request waits for it, and it is worth less than that.
const NOTE_TIMEOUT: Duration = Duration::from_millis(500);

/// The index of a user's keys.
const OF_USER: &str = "ofUser";

/// API keys in DynamoDB.
#[derive(Debug, Clone)]
pub struct KeyStore {
    client: aws_sdk_dynamodb::Client,
    table: String,
    note_timeout: Duration,
}

impl KeyStore {
    /// The store in this table.
    #[must_use]
    pub fn new(clients: &Clients, table: impl Into<String>) -> Self {
        let client = clients.dynamodb.clone();
        Self { client, table: table.into(), note_timeout: NOTE_TIMEOUT }
    }

    /// The same store, which waits for so long until the use of a key is noted: where no request
    /// waits for it, and the table may be slow.
    #[must_use]
    pub fn noting_within(self, note_timeout: Duration) -> Self {
        Self { note_timeout, ..self }
    }

    /// For what is tried once, and not for long.
    fn once(&self) -> Builder {
        let timeout = TimeoutConfig::builder().operation_timeout(self.note_timeout).build();
        Builder::new().retry_config(RetryConfig::disabled()).timeout_config(timeout)
    }

    /// Puts an item whose key nothing has. If something does, that is this very item, written by a try
    /// whose answer was lost: the keys of this table are hashes of 256 random bits.
    async fn put_new(&self, item: Item) -> Result<(), PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#hash)")
            .expression_attribute_names("#hash", "hash")
            .send()
            .await;
        match put {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(from_sdk("PutItem on keys", &error)),
            },
        }
    }

    /// The rows of these keys, in no order; without those that are gone.
    async fn rows(&self, keys: Vec<Item>) -> Result<Vec<ApiKey>, PortError> {
        let found =
            together::items(&self.client, &self.table, keys, "BatchGetItem on keys").await?;
        found.into_iter().map(row::to_key).collect()
    }
}

impl ReadKeys for KeyStore {
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
        answer.item.map(row::to_key).transpose()
    }
}

impl StoreKeys for KeyStore {
    async fn store_key(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), PortError> {
        self.put_new(row::of(hash, key)?).await
    }
}

impl ListKeys for KeyStore {
    async fn list_keys(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, PortError> {
        // A cursor is an id. Going on by a condition on it takes no hash, as the index's own
        // pagination key would.
        let (condition, bound) = match after {
            Some(after) => ("userId = :user AND id < :bound", after.to_string()),
            None => ("userId = :user AND begins_with(id, :bound)", KeyId::PREFIX.to_owned()),
        };
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(OF_USER)
            .key_condition_expression(condition)
            .expression_attribute_values(":user", text(user))
            .expression_attribute_values(":bound", text(bound))
            .scan_index_forward(false)
            // One more than asked for tells whether there is a next page.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| from_sdk("Query of a user's keys", &error))?;
        let mut indexed = answer.items.unwrap_or_default();
        let more = indexed.len() > limit;
        indexed.truncate(limit);
        let last = indexed.last().filter(|_| more);
        let next = last.map(row::index_id).transpose()?;
        let keys = indexed.iter().filter_map(row::table_key).collect();
        let mut items = self.rows(keys).await?;
        items.sort_unstable_by_key(|key| std::cmp::Reverse(key.id));
        Ok(Page { items, next })
    }
}

impl RevokeKeys for KeyStore {
    async fn revoke_key(&self, user: &UserId, id: KeyId) -> Result<bool, PortError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(OF_USER)
            .key_condition_expression("userId = :user AND id = :id")
            .expression_attribute_values(":user", text(user))
            .expression_attribute_values(":id", text(id))
            .send()
            .await
            .map_err(|error| from_sdk("Query of a user's key", &error))?;
        let indexed = answer.items.unwrap_or_default();
        let Some(key) = indexed.first().and_then(row::table_key) else { return Ok(false) };
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression("userId = :user AND id = :id")
            .expression_attribute_values(":user", text(user))
            .expression_attribute_values(":id", text(id))
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                // Gone already; the index lags.
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(from_sdk("DeleteItem on keys", &error)),
            },
        }
    }
}

impl NoteKeyUse for KeyStore {
    /// Tried once, and not for long.
    async fn note_key_use(&self, hash: &KeyHash, day: Day) -> Result<(), PortError> {
        let noted = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(HashMap::from([("hash".to_owned(), text(hash.as_str()))])))
            .update_expression("SET lastUsedOn = :day")
            .condition_expression(
                "attribute_exists(#hash) \
                 AND (attribute_not_exists(lastUsedOn) OR lastUsedOn < :day)",
            )
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":day", text(day))
            .customize()
            .config_override(self.once())
            .send()
            .await;
        match noted {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(from_sdk("UpdateItem on keys", &error)),
            },
        }
    }
}
