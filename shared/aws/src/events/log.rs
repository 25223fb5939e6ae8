//! What only the API does on this table: list a user's events and replays, and erase data.
//!
//! A user's events are listed by time, from the index `byTime` (`userId`, `storedAt`). Only events have
//! a `storedAt`, so neither replays nor idempotency keys are in the index.

use super::{EventStore, replays::row as replay_row, row};
use crate::{
    error::from_sdk,
    item::{Item, text, to_row},
};
use aws_sdk_dynamodb::{operation::update_item::UpdateItemError, types::ReturnValue};
use grapnel_domain::{
    event::{EventPlace, EventSpan, ListedEvent},
    ids::{EventId, ReplayId, UserId},
    ports::{EventLog, Page, PortError},
    replay::Replay,
    time::Timestamp,
};
use serde::Deserialize;

const INDEX: &str = "byTime";

/// The attributes of an event in the index.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: EventId,
    #[serde(rename = "type")]
    event_type: String,
    source: String,
    time: Timestamp,
    stored_at: Timestamp,
    #[serde(default)]
    payload_erased_at: Option<Timestamp>,
}

fn to_listed(item: Item) -> Result<ListedEvent, PortError> {
    let row: Row = to_row("a row of the index of events", item)?;
    Ok(ListedEvent {
        id: row.id,
        event_type: row.event_type,
        source: row.source,
        time: row.time,
        stored_at: row.stored_at,
        payload_erased_at: row.payload_erased_at,
    })
}

/// A position as DynamoDB's start key: the key in the index and the key in the table.
fn start_key(user: &UserId, place: EventPlace) -> Item {
    Item::from([
        ("userId".to_owned(), text(user)),
        ("id".to_owned(), text(place.id)),
        ("storedAt".to_owned(), text(place.stored_at)),
    ])
}

impl EventLog for EventStore {
    async fn list_events(
        &self,
        span: &EventSpan,
        limit: usize,
        after: Option<EventPlace>,
    ) -> Result<Page<ListedEvent, EventPlace>, PortError> {
        let Some((first, last)) = span.arrivals(after) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        // A start key outside the span of the query is an error.
        let start = after.filter(|after| after.stored_at <= last);
        // One row more than requested shows whether there is a next page. A row has less than 1 KB,
        // so a page is far below the 1 MB at which a query stops.
        let wanted = i32::try_from(limit + 1).unwrap_or(i32::MAX);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("userId = :user AND storedAt BETWEEN :first AND :last")
            .expression_attribute_values(":user", text(&span.user))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .scan_index_forward(false)
            .limit(wanted)
            .set_exclusive_start_key(start.map(|place| start_key(&span.user, place)))
            .send()
            .await
            .map_err(|error| from_sdk("Query of events by time", &error))?;
        let found = answer.items.unwrap_or_default().into_iter().map(to_listed);
        let mut items = found.collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(ListedEvent::place);
        Ok(Page { items, next })
    }

    async fn erase_payload(
        &self,
        user: &UserId,
        id: EventId,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, PortError> {
        let erased = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("userId", text(user))
            .key("id", text(id))
            .update_expression(row::ERASE_DATA)
            .condition_expression(row::IS_DECIDED)
            .expression_attribute_names("#data", row::DATA)
            .expression_attribute_values(":at", text(at))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match erased {
            Ok(answer) => {
                let event = answer.attributes.map(row::to_event).transpose()?;
                Ok(event.and_then(|event| event.payload_erased_at))
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(from_sdk("UpdateItem on events", &error)),
            },
        }
    }

    /// Uses consistent reads, so that a replay is in the list at once.
    async fn list_replays(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<ReplayId>,
    ) -> Result<Page<Replay, ReplayId>, PortError> {
        // One row more than requested shows whether there is a next page. A row has some hundred
        // bytes, so a page is far below the 1 MB at which a query stops.
        let wanted = i32::try_from(limit + 1).unwrap_or(i32::MAX);
        let start: Option<Item> = after.map(|id| replay_row::key(user, id));
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("userId = :user AND begins_with(id, :prefix)")
            .expression_attribute_values(":user", text(user))
            .expression_attribute_values(":prefix", text(ReplayId::PREFIX))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(wanted)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| from_sdk("Query of replays", &error))?;
        let found = answer.items.unwrap_or_default().into_iter().map(replay_row::to_replay);
        let mut items = found.collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|replay| replay.id);
        Ok(Page { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        events::row::from_event,
        item::{WRITE_UNIT_BYTES, size},
    };
    use grapnel_domain::event::{Event, EventContent, inbound::MAX_NAME_BYTES};

    /// Keys and projection of the index in `template.yaml`.
    const HELD: [&str; 7] =
        ["userId", "id", "storedAt", "type", "source", "time", "payloadErasedAt"];

    #[test]
    fn the_largest_row_of_the_index_is_one_write_unit_and_reads_back() {
        let at = Timestamp::from_millis(1_795_000_000_123);
        let user_id = UserId::parse("u".repeat(128)).expect("valid");
        let event = Event {
            id: EventId::derive(&user_id, "shop", "1"),
            user_id,
            content: EventContent {
                event_type: "t".repeat(MAX_NAME_BYTES),
                source: "s".repeat(MAX_NAME_BYTES),
                time: at,
                data: String::new(),
            },
            audience: Some(Vec::new()),
            stored_at: at,
            expires_at: at,
            payload_erased_at: Some(at),
        };
        let mut item = from_event(&event).expect("written");
        item.retain(|name, _| HELD.contains(&name.as_str()));
        assert_eq!(item.len(), HELD.len());
        assert!(size(&item) <= WRITE_UNIT_BYTES, "{} bytes", size(&item));
        assert_eq!(to_listed(item), Ok(ListedEvent::from(&event)));
    }
}
