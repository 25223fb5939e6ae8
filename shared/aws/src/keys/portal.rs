//! Portal links. They are in the keys table, because they become keys. Their key is `link#` and the
//! hash, which no look-up of a key finds. They have no attribute `id`, so they are in no list.
//!
//! An exchange is a transaction. If its response is lost, the SDK sends it again with the same
//! token and gets the first result. If the process dies, either nothing has happened, or there is a
//! session whose key nobody knows, and which expires.

use super::{KeyStore, row};
use crate::{
    error::from_sdk,
    item::{Item, from_row, text, to_row},
};
use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Delete, Put, TransactWriteItem},
};
use grapnel_domain::{
    ids::UserId,
    key::{ApiKey, KeyHash, Look, PortalLink, Theme},
    ports::{PortError, PortalLinks},
    scope::Scope,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const ROW: &str = "a portal link in the keys table";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    hash: String,
    user_id: UserId,
    scopes: Vec<Scope>,
    session_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<Theme>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    hides_navigation: bool,
    /// Seconds since 1970. Time-to-live removes the row some time later.
    expires_at: i64,
}

fn place(hash: &KeyHash) -> String {
    format!("link#{}", hash.as_str())
}

fn of(hash: &KeyHash, link: &PortalLink) -> Result<Item, PortError> {
    let row = Row {
        hash: place(hash),
        user_id: link.user_id.clone(),
        scopes: link.scopes.clone(),
        session_seconds: link.session.as_secs(),
        next: link.next.clone(),
        theme: link.look.theme.clone(),
        hides_navigation: link.look.hides_navigation,
        expires_at: link.expires_at.as_secs(),
    };
    from_row(ROW, row)
}

fn to_link(item: Item) -> Result<PortalLink, PortError> {
    let row: Row = to_row(ROW, item)?;
    Ok(PortalLink {
        user_id: row.user_id,
        scopes: row.scopes,
        session: Duration::from_secs(row.session_seconds),
        next: row.next,
        look: Look { theme: row.theme, hides_navigation: row.hides_navigation },
        expires_at: Timestamp::from_millis(row.expires_at.saturating_mul(1000)),
    })
}

impl PortalLinks for KeyStore {
    async fn store_link(&self, hash: &KeyHash, link: &PortalLink) -> Result<(), PortError> {
        self.put_new(of(hash, link)?).await
    }

    async fn link(&self, hash: &KeyHash) -> Result<Option<PortalLink>, PortError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("hash", text(place(hash)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| from_sdk("GetItem of a portal link", &error))?;
        answer.item.map(to_link).transpose()
    }

    async fn exchange_link(
        &self,
        link: &KeyHash,
        hash: &KeyHash,
        key: &ApiKey,
    ) -> Result<bool, PortError> {
        let take = Delete::builder()
            .table_name(&self.table)
            .key("hash", text(place(link)))
            .condition_expression("attribute_exists(#hash)")
            .expression_attribute_names("#hash", "hash");
        let store = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row::of(hash, key)?))
            .condition_expression("attribute_not_exists(#hash)")
            .expression_attribute_names("#hash", "hash");
        let incomplete = |_| PortError::Unusable("an exchange could not be built".into());
        let take = TransactWriteItem::builder().delete(take.build().map_err(incomplete)?);
        let store = TransactWriteItem::builder().put(store.build().map_err(incomplete)?);
        let done = self
            .client
            .transact_write_items()
            .transact_items(take.build())
            .transact_items(store.build())
            .send()
            .await;
        let Err(error) = done else { return Ok(true) };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                refused(cancelled.cancellation_reasons())
            }
            _ => Err(from_sdk("TransactWriteItems on keys", &error)),
        }
    }
}

/// The result of a cancelled transaction, from the reasons of its two writes.
fn refused(reasons: &[CancellationReason]) -> Result<bool, PortError> {
    const CONDITION: &str = "ConditionalCheckFailed";
    let codes: Vec<&str> = reasons.iter().filter_map(CancellationReason::code).collect();
    if codes.first() == Some(&CONDITION) {
        return Ok(false);
    }
    let code = codes.into_iter().find(|code| *code != "None").unwrap_or("no reason");
    let text = format!("TransactWriteItems on keys: {code}");
    match code {
        // Another exchange of the same link at the same time, or too many writes.
        "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => {
            Err(PortError::Throttled(text))
        }
        "ValidationError" | CONDITION => Err(PortError::Unusable(text)),
        _ => Err(PortError::Unavailable(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_of_before_there_were_looks_reads_as_one_without() {
        let row = serde_json::json!({
            "hash": "link#x", "userId": "user-1", "scopes": ["webhooks:read"],
            "sessionSeconds": 3600, "expiresAt": 1_795_501_440,
        });
        let link = to_link(from_row(ROW, row).expect("an item")).expect("a link");
        assert_eq!((link.next, link.look), (None, Look::default()));
    }
}
