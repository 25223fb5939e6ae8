//! A key as a row of the table and of the index.

use crate::item::{Item, from_row, to_row, unusable};
use grapnel_domain::{
    ids::{KeyId, UserId},
    key::{ApiKey, KeyHash, KeyUse, Look, Opener, Theme},
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    console: bool,
    /// The hash of the key that opened this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_by: Option<String>,
    /// Seconds since 1970: how far `expiresAt` may be moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_end: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<Theme>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    hides_navigation: bool,
}

/// A time that is stored in seconds.
fn of_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000))
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
        portal: key.is_of_portal(),
        console: key.is_of_console(),
        opened_by: match &key.purpose {
            KeyUse::Console(Opener::Key(opener)) => Some(opener.as_str().to_owned()),
            _ => None,
        },
        latest_end: key.latest_end.map(Timestamp::as_secs),
        theme: key.look.theme.clone(),
        hides_navigation: key.look.hides_navigation,
    };
    from_row(ROW, row)
}

pub(super) fn to_key(item: Item) -> Result<ApiKey, PortError> {
    let row: Row = to_row(ROW, item)?;
    let purpose = purpose(&row)?;
    Ok(ApiKey {
        id: row.id,
        user_id: row.user_id,
        name: row.name,
        description: row.description,
        scopes: row.scopes,
        created_at: row.created_at,
        expires_at: row.expires_at.map(of_seconds),
        latest_end: row.latest_end.map(of_seconds),
        look: Look { theme: row.theme, hides_navigation: row.hides_navigation },
        last_used_on: row.last_used_on,
        purpose,
    })
}

/// What a row is for. A session of the console ends with the key that opened it, so a row that does not name the
/// key is refused.
fn purpose(row: &Row) -> Result<KeyUse, PortError> {
    let opener = row.opened_by.as_deref().map(str::parse).transpose();
    match (row.console, row.portal, opener) {
        (false, false, _) => Ok(KeyUse::Api),
        (false, true, _) => Ok(KeyUse::Portal),
        (true, true, _) => Ok(KeyUse::Console(Opener::Link)),
        (true, false, Ok(Some(opener))) => Ok(KeyUse::Console(Opener::Key(opener))),
        (true, false, _) => Err(unusable(ROW, "does not say who opened the session")),
    }
}

/// The hash of a row that is a session.
pub(super) fn session_hash(item: &Item) -> Option<KeyHash> {
    let is = |name: &str| item.get(name).and_then(|flag| flag.as_bool().ok()).copied();
    let is_session = is("portal") == Some(true) || is("console") == Some(true);
    let hash = item.get("hash").filter(|_| is_session)?;
    hash.as_s().ok()?.parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::text;
    use aws_sdk_dynamodb::types::AttributeValue;
    use grapnel_domain::key::KeyHash;

    /// A row as it was written before there were sessions of the console.
    fn old() -> Item {
        let of = |name: &str, value| (name.to_owned(), value);
        Item::from([
            of("hash", text(KeyHash::of("a key").as_str())),
            of("id", text("key_01938d2e-7b1c-7c3a-9f00-1234567890ab")),
            of("userId", text("user-1")),
            of("scopes", AttributeValue::L(Vec::new())),
            of("createdAt", text("2026-11-24T06:24:00.000Z")),
        ])
    }

    #[test]
    fn an_old_session_has_no_look_and_an_end_that_stays() {
        let mut item = old();
        item.insert("portal".to_owned(), AttributeValue::Bool(true));
        item.insert("console".to_owned(), AttributeValue::Bool(true));
        item.insert("expiresAt".to_owned(), AttributeValue::N("1795501440".to_owned()));
        let session = to_key(item).expect("a session");
        assert_eq!((session.latest_end, session.look), (None, Look::default()));
    }

    fn with(fields: &[(&str, AttributeValue)]) -> Result<KeyUse, PortError> {
        let mut item = old();
        item.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        to_key(item).map(|key| key.purpose)
    }

    #[test]
    fn an_old_row_is_a_key_or_the_session_of_a_link() {
        assert_eq!(with(&[]), Ok(KeyUse::Api));
        assert_eq!(with(&[("portal", AttributeValue::Bool(true))]), Ok(KeyUse::Portal));
    }

    #[test]
    fn a_session_of_the_console_without_its_opener_is_refused() {
        let console = ("console", AttributeValue::Bool(true));
        let opener = KeyHash::of("the key that opened it");
        let known = [console.clone(), ("openedBy", text(opener.as_str()))];
        assert_eq!(with(&known), Ok(KeyUse::Console(Opener::Key(opener))));
        for fields in [vec![console.clone()], vec![console, ("openedBy", text("no hash"))]] {
            assert!(matches!(with(&fields), Err(PortError::Unusable(_))), "{fields:?}");
        }
    }
}
