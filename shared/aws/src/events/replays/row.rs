//! A replay as an item, and the conditional writes to it.

use crate::item::{Item, from_row, number, text, to_row, unusable};
use aws_sdk_dynamodb::types::AttributeValue;
use grapnel_domain::{
    ids::{DeliveryId, ReplayId, UserId, WebhookId},
    ports::PortError,
    replay::{Place, Replay, ReplayFilter, ReplayOrder},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

const ROW: &str = "a replay in the events table";

/// The attributes of the key. An update may not set them.
const KEY: [&str; 2] = ["userId", "id"];

/// The attributes that a page changes.
const PROGRESS: [&str; 6] =
    ["page", "placeWebhookId", "placeAfter", "examined", "replayed", "finishedAt"];

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    user_id: UserId,
    id: ReplayId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    webhook_id: Option<WebhookId>,
    filter: ReplayFilter,
    created_at: Timestamp,
    page: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    place_webhook_id: Option<WebhookId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    place_after: Option<DeliveryId>,
    examined: u64,
    replayed: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    finished_at: Option<Timestamp>,
    /// Seconds since the epoch, as DynamoDB's time-to-live requires.
    expires_at: i64,
}

/// The parts of an `UpdateItem`.
pub(super) struct Change {
    pub(super) expression: String,
    pub(super) condition: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

pub(in crate::events) fn key(user: &UserId, id: ReplayId) -> Item {
    Item::from([("userId".to_owned(), text(user)), ("id".to_owned(), text(id))])
}

fn from_replay(replay: &Replay) -> Result<Item, PortError> {
    let row = Row {
        user_id: replay.user_id.clone(),
        id: replay.id,
        webhook_id: replay.order.webhook_id,
        filter: replay.order.filter.clone(),
        created_at: replay.order.created_at,
        page: replay.page,
        place_webhook_id: replay.place.map(|place| place.webhook_id),
        place_after: replay.place.and_then(|place| place.after),
        examined: replay.examined,
        replayed: replay.replayed,
        finished_at: replay.finished_at,
        expires_at: replay.expires_at.as_secs(),
    };
    from_row(ROW, row)
}

pub(in crate::events) fn to_replay(item: Item) -> Result<Replay, PortError> {
    let row: Row = to_row(ROW, item)?;
    let at = |webhook_id| Place { webhook_id, after: row.place_after };
    Ok(Replay {
        id: row.id,
        user_id: row.user_id,
        order: ReplayOrder {
            webhook_id: row.webhook_id,
            filter: row.filter,
            created_at: row.created_at,
        },
        page: row.page,
        place: row.place_webhook_id.map(at),
        examined: row.examined,
        replayed: row.replayed,
        finished_at: row.finished_at,
        expires_at: Timestamp::from_millis(row.expires_at.saturating_mul(1000)),
    })
}

/// Writes a new replay.
pub(super) fn store(replay: &Replay) -> Result<Change, PortError> {
    let mut item = from_replay(replay)?;
    item.retain(|name, _| !KEY.contains(&name.as_str()));
    Ok(change(item, &[], "attribute_not_exists(#page)".to_owned()))
}

/// Writes the progress after a page.
pub(super) fn advance(replay: &Replay) -> Result<Change, PortError> {
    let Some(before) = replay.page.checked_sub(1) else {
        return Err(unusable("a replay's progress", "is that of no page"));
    };
    let mut item = from_replay(replay)?;
    item.retain(|name, _| PROGRESS.contains(&name.as_str()));
    let mut change = change(item, &PROGRESS, "#page = :before".to_owned());
    change.values.insert(":before".to_owned(), number(before));
    Ok(change)
}

/// Sets the attributes in `item`, and removes the attributes of `all` that are not in it.
fn change(item: Item, all: &[&str], condition: String) -> Change {
    let removed: Vec<String> = all
        .iter()
        .filter(|name| !item.contains_key(**name))
        .map(|name| format!("#{name}"))
        .collect();
    let mut set: Vec<String> = item.keys().map(|name| format!("#{name} = :{name}")).collect();
    set.sort();
    let mut expression = format!("SET {}", set.join(", "));
    if !removed.is_empty() {
        expression = format!("{expression} REMOVE {}", removed.join(", "));
    }
    let names = item.keys().cloned().chain(all.iter().map(|name| (*name).to_owned()));
    Change {
        expression,
        condition,
        names: names.map(|name| (format!("#{name}"), name)).collect(),
        values: item.into_iter().map(|(name, value)| (format!(":{name}"), value)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::{event::Retention, replay::ReplayStatus};
    use uuid::Uuid;

    fn replay() -> Replay {
        let filter = ReplayFilter {
            status: ReplayStatus::Failed,
            event: Some("lead.*".parse().expect("a filter of types")),
            since: Some(Timestamp::from_millis(5)),
            until: Timestamp::from_millis(9),
        };
        let webhook_id = Some(WebhookId::from_uuid(Uuid::from_u128(7)));
        let created_at = Timestamp::from_millis(1_795_000_000_000);
        let order = ReplayOrder { webhook_id, filter, created_at };
        let user = UserId::parse("u-1").expect("valid");
        let id = ReplayId::from_uuid(Uuid::from_u128(3));
        Replay::new(id, user, order, Retention { days: 30 })
    }

    #[test]
    fn a_replay_survives_its_item() {
        let after = Some(DeliveryId::from_uuid(Uuid::from_u128(8)));
        let place = replay().place.map(|place| Place { after, ..place });
        let finished_at = Some(Timestamp::from_millis(1_795_000_000_001));
        let under_way = Replay { page: 3, place, examined: 300, replayed: 299, ..replay() };
        let finished = Replay { place: None, finished_at, ..under_way.clone() };
        for replay in [replay(), under_way, finished] {
            assert_eq!(to_replay(from_replay(&replay).expect("written")), Ok(replay));
        }
    }

    #[test]
    fn a_page_changes_progress_and_nothing_else() {
        let place = None;
        let finished_at = Some(Timestamp::from_millis(9));
        let last = Replay { page: 2, place, examined: 7, replayed: 5, finished_at, ..replay() };
        let change = advance(&last).expect("built");
        assert_eq!(change.condition, "#page = :before");
        assert_eq!(change.values[":before"], number(1));
        assert_eq!(
            change.expression,
            "SET #examined = :examined, #finishedAt = :finishedAt, #page = :page, \
             #replayed = :replayed REMOVE #placeWebhookId, #placeAfter"
        );
        assert_eq!(change.names.len(), PROGRESS.len());
        assert!(advance(&replay()).is_err(), "page 0 is nobody's progress");
    }

    #[test]
    fn a_new_replay_is_written_without_its_key() {
        let change = store(&replay()).expect("built");
        assert!(KEY.iter().all(|key| !change.names.contains_key(&format!("#{key}"))));
        assert_eq!(change.condition, "attribute_not_exists(#page)");
    }
}
