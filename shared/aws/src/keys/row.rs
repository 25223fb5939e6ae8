//! A key as a row of the table and of the index.

use crate::item::{Item, from_row, to_row, unusable};
use grapnel_domain::{
    ids::{KeyId, UserId},
    key::{ApiKey, KeyHash},
    ports::PortError,
    scope::Scope,
    time::{Day, Timestamp},
};
use serde::{Deserialize, Serialize};

const ROW: &str = "a row of the keys table";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    hash: String,
    id: KeyId,
    user_id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    scopes: Vec<Scope>,
    created_at: Timestamp,
    /// Seconds since 1970. Time-to-live removes the row some time later.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_on: Option<Day>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    portal: bool,
}

pub(super) fn of(hash: &KeyHash, key: &ApiKey) -> Result<Item, PortError> {
    let row = Row {
        hash: hash.as_str().to_owned(),
        id: key.id,
        user_id: key.user_id.clone(),
        name: key.name.clone(),
        description: key.description.clone(),
        scopes: key.scopes.clone(),
        created_at: key.created_at,
        expires_at: key.expires_at.map(Timestamp::as_secs),
        last_used_on: key.last_used_on,
        portal: key.portal,
    };
    from_row(ROW, row)
}

pub(super) fn to_key(item: Item) -> Result<ApiKey, PortError> {
    let row: Row = to_row(ROW, item)?;
    let expires_at = row.expires_at.map(|seconds| seconds.saturating_mul(1000));
    Ok(ApiKey {
        id: row.id,
        user_id: row.user_id,
        name: row.name,
        description: row.description,
        scopes: row.scopes,
        created_at: row.created_at,
        expires_at: expires_at.map(Timestamp::from_millis),
        last_used_on: row.last_used_on,
        portal: row.portal,
    })
}

/// The table's key of a row in the index.
pub(super) fn table_key(indexed: &Item) -> Option<Item> {
    let (name, hash) = indexed.get_key_value("hash")?;
    Some(Item::from([(name.clone(), hash.clone())]))
}

/// The id of a row in the index.
pub(super) fn index_id(indexed: &Item) -> Result<KeyId, PortError> {
    let id = indexed.get("id").and_then(|id| id.as_s().ok()).and_then(|id| id.parse().ok());
    id.ok_or_else(|| unusable("an entry of the index of keys", "has no id"))
}
