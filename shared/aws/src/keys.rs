//! The keys table: its key is `hash` alone, so that the check of a presented key costs one read.
//!
//! To list a user's keys, and to revoke a key by its id, there is the index `ofUser` (`userId`,
//! `id`), which has no further attributes. It changes when a key is created or removed, not when
//! the key's use is noted. No request is authorized by it: the row is always read from the table
//! itself, or deleted there. A second item for each key could replace the index without its lag,
//! but would cost two more writes for each key, and the two items could disagree.

mod echoes;
mod portal;
mod row;

use crate::{
    batch_get,
    clients::Clients,
    error::from_sdk,
    item::{Item, number, text},
};
use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    config::Builder,
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError,
    },
    types::{AttributeValue, ReturnValue},
};
use grapnel_domain::{
    ids::{KeyId, UserId},
    key::{ApiKey, KeyHash},
    ports::{Keys, Page, PortError},
    time::{Day, Minute, Timestamp},
};
use std::{collections::HashMap, time::Duration};

/// Time limit for noting the use of a key. A request waits for it, and the note is not worth more.
const NOTE_TIMEOUT: Duration = Duration::from_millis(500);

/// The index of a user's keys.
const OF_USER: &str = "ofUser";

#[derive(Debug, Clone)]
pub struct KeyStore {
    client: aws_sdk_dynamodb::Client,
    table: String,
    note_timeout: Duration,
}

impl KeyStore {
    #[must_use]
    pub fn new(clients: &Clients, table: impl Into<String>) -> Self {
        let client = clients.dynamodb.clone();
        Self { client, table: table.into(), note_timeout: NOTE_TIMEOUT }
    }

    /// The same store with another time limit for noting the use of a key: for callers where no
    /// request waits and the table may be slow.
    #[must_use]
    pub fn noting_within(self, note_timeout: Duration) -> Self {
        Self { note_timeout, ..self }
    }

    /// A client for calls that are tried once, with a short time limit.
    fn once(&self) -> Builder {
        let timeout = TimeoutConfig::builder().operation_timeout(self.note_timeout).build();
        Builder::new().retry_config(RetryConfig::disabled()).timeout_config(timeout)
    }

    /// Puts an item with a new key. If the key exists, it is this item, written by a try whose
    /// response was lost: the keys of this table are hashes of 256 random bits.
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

    /// The rows of a user's keys and sessions, newest first by the index, but in no order. At most `limit` after
    /// `after`, without rows that do not exist any more; and where the next ones begin.
    async fn rows_of(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<Page<Item, KeyId>, PortError> {
        // A cursor is an id. A condition on it needs no hash, which the index's own pagination key
        // would need.
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
            // One row more than requested shows whether there is a next page.
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
        let items =
            batch_get::items(&self.client, &self.table, keys, None, "BatchGetItem on keys").await?;
        Ok(Page { items, next })
    }
}

impl Keys for KeyStore {
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

    async fn store_key(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), PortError> {
        self.put_new(row::of(hash, key)?).await
    }

    async fn list_keys(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, PortError> {
        let Page { items, next } = self.rows_of(user, limit, after).await?;
        let mut items: Vec<ApiKey> =
            items.into_iter().map(row::to_key).collect::<Result<_, _>>()?;
        items.sort_unstable_by_key(|key| std::cmp::Reverse(key.id));
        Ok(Page { items, next })
    }

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
                // Deleted already; the index lags.
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(from_sdk("DeleteItem on keys", &error)),
            },
        }
    }

    async fn delete_key(&self, hash: &KeyHash) -> Result<(), PortError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("hash", text(hash.as_str()))
            .send()
            .await
            .map_err(|error| from_sdk("DeleteItem of a session", &error))?;
        Ok(())
    }

    /// Tried once, with a short time limit.
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

    async fn list_sessions(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<Page<KeyHash, KeyId>, PortError> {
        let Page { items, next } = self.rows_of(user, limit, after).await?;
        Ok(Page { items: items.iter().filter_map(row::session_hash).collect(), next })
    }

    /// Tried once, with a short time limit: the next request tries again.
    async fn move_end(
        &self,
        hash: &KeyHash,
        end: Timestamp,
        later: Timestamp,
    ) -> Result<(), PortError> {
        let moved = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("hash", text(hash.as_str()))
            .update_expression("SET expiresAt = :later")
            .condition_expression("expiresAt = :end")
            .expression_attribute_values(":end", number(end.as_secs()))
            .expression_attribute_values(":later", number(later.as_secs()))
            .customize()
            .config_override(self.once())
            .send()
            .await;
        match moved {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(from_sdk("UpdateItem of a session", &error)),
            },
        }
    }

    /// The counts are in this table, because only requests with a key are counted. Their key is
    /// `requests#`, the minute and the user, which no look-up of a key finds, and they are in no
    /// list. Time-to-live removes them.
    ///
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
