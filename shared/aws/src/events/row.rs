//! An event as an item.

use super::data::{compress, decompress};
use crate::item::{Item, WRITE_UNIT_BYTES, from_row, size, text, to_row, unusable, write_units};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use grapnel_domain::{
    event::{Event, EventContent},
    ids::{EventId, UserId, WebhookId},
    ports::PortError,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const ROW: &str = "a row of the events table";

/// The payload, as a binary attribute: the AWS console would show text as JSON.
pub(super) const DATA: &str = "data";
/// Present, with the value [`ZLIB`], when the payload is compressed.
const ENCODING: &str = "encoding";
const ZLIB: &str = "zlib";

/// The ids of the event's webhooks, as a binary attribute: the 16 bytes of each id. As text they
/// would take two and a half times the room, and a user may have a hundred webhooks.
const AUDIENCE: &str = "audience";
const ID_BYTES: usize = 16;

/// Removes the payload, and notes when that was first done.
pub(super) const ERASE_DATA: &str =
    "SET payloadErasedAt = if_not_exists(payloadErasedAt, :at) REMOVE #data, encoding";
/// The condition that the event's webhooks are decided. It is false if the row does not exist, so
/// that no update creates one.
pub(super) const IS_DECIDED: &str = "attribute_exists(audience)";

/// All attributes except the payload and the webhooks.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    user_id: UserId,
    id: EventId,
    #[serde(rename = "type")]
    event_type: String,
    source: String,
    time: Timestamp,
    stored_at: Timestamp,
    /// Seconds since the epoch, as DynamoDB's time-to-live requires.
    expires_at: i64,
    /// Since this time there is no payload.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    payload_erased_at: Option<Timestamp>,
}

pub(super) fn from_event(event: &Event) -> Result<Item, PortError> {
    let row = Row {
        user_id: event.user_id.clone(),
        id: event.id,
        event_type: event.content.event_type.clone(),
        source: event.content.source.clone(),
        time: event.content.time,
        stored_at: event.stored_at,
        expires_at: event.expires_at.as_secs(),
        payload_erased_at: event.payload_erased_at,
    };
    let mut item = from_row(ROW, row)?;
    if let Some(audience) = &event.audience {
        let bytes: Vec<u8> = audience.iter().flat_map(|id| id.uuid().into_bytes()).collect();
        item.insert(AUDIENCE.to_owned(), AttributeValue::B(Blob::new(bytes)));
    }
    if event.payload_erased_at.is_some() {
        return Ok(item);
    }
    let data = event.content.data.as_bytes();
    item.insert(DATA.to_owned(), AttributeValue::B(Blob::new(data)));
    let plain = size(&item);
    if plain > WRITE_UNIT_BYTES
        && let Some(compressed) = compress(data)
    {
        let saved = data.len().saturating_sub(compressed.len());
        let smaller = plain - saved + ENCODING.len() + ZLIB.len();
        if write_units(smaller) < write_units(plain) {
            item.insert(DATA.to_owned(), AttributeValue::B(Blob::new(compressed)));
            item.insert(ENCODING.to_owned(), text(ZLIB));
        }
    }
    Ok(item)
}

pub(super) fn to_event(mut item: Item) -> Result<Event, PortError> {
    let data = to_data(item.remove(DATA), item.remove(ENCODING))?;
    let audience = match item.remove(AUDIENCE) {
        None => None,
        Some(AttributeValue::B(bytes)) => Some(
            to_audience(bytes.as_ref()).ok_or_else(|| unusable(ROW, "has a damaged audience"))?,
        ),
        Some(_) => return Err(unusable(ROW, "has a damaged audience")),
    };
    let row: Row = to_row(ROW, item)?;
    let data = match (data, row.payload_erased_at) {
        (Some(data), None) => data,
        (None, Some(_)) => String::new(),
        (None, None) => return Err(unusable(ROW, "has no data")),
        (Some(_), Some(_)) => return Err(unusable(ROW, "has data that was erased")),
    };
    Ok(Event {
        id: row.id,
        user_id: row.user_id,
        content: EventContent {
            event_type: row.event_type,
            source: row.source,
            time: row.time,
            data,
        },
        audience,
        stored_at: row.stored_at,
        expires_at: Timestamp::from_millis(row.expires_at.saturating_mul(1000)),
        payload_erased_at: row.payload_erased_at,
    })
}

/// The payload, if it was not erased.
fn to_data(
    data: Option<AttributeValue>,
    encoding: Option<AttributeValue>,
) -> Result<Option<String>, PortError> {
    let stored = match data {
        None => return Ok(None),
        Some(AttributeValue::B(stored)) => stored,
        Some(_) => return Err(unusable(ROW, "has data of another type")),
    };
    let bytes = match encoding {
        None => stored.into_inner(),
        Some(AttributeValue::S(encoding)) if encoding == ZLIB => {
            decompress(stored.as_ref()).ok_or_else(|| unusable(ROW, "has damaged data"))?
        }
        Some(_) => return Err(unusable(ROW, "has data in an unknown encoding")),
    };
    let data = String::from_utf8(bytes).map_err(|_| unusable(ROW, "has data that is no text"))?;
    Ok(Some(data))
}

fn to_audience(bytes: &[u8]) -> Option<Vec<WebhookId>> {
    let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
    let read = |id: &[u8; ID_BYTES]| WebhookId::from_uuid(Uuid::from_bytes(*id));
    rest.is_empty().then(|| ids.iter().map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::{
        event::{MAX_DATA_BYTES, inbound::MAX_NAME_BYTES},
        fan_out::MAX_WEBHOOKS_PER_USER,
    };
    use rstest::rstest;

    fn event(data: String) -> Event {
        let user_id = UserId::parse("u-1").expect("valid");
        Event {
            id: EventId::derive(&user_id, "shop.orders", "1"),
            user_id,
            content: EventContent {
                event_type: "lead.created".into(),
                source: "shop.orders".into(),
                time: Timestamp::from_millis(1_795_000_000_123),
                data,
            },
            audience: Some(vec![WebhookId::from_uuid(Uuid::from_u128(7))]),
            stored_at: Timestamp::from_millis(1_795_000_000_456),
            expires_at: Timestamp::from_millis(1_800_000_000_000),
            payload_erased_at: None,
        }
    }

    /// Letters that hardly compress.
    fn noise(bytes: usize) -> String {
        let mut state = 42_u64;
        (0..bytes)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b' ' + u8::try_from((state >> 33) % 90).expect("below 90"))
            })
            .collect()
    }

    #[rstest]
    #[case::small(r#"{"n":12345678901234567890,"f":1.0}"#.to_owned())]
    #[case::compressible(format!(r#"{{"text":"{}"}}"#, "abc ".repeat(1000)))]
    #[case::incompressible(noise(5000))]
    fn an_event_survives_its_item_byte_for_byte(#[case] data: String) {
        let event = event(data);
        assert_eq!(to_event(from_event(&event).expect("written")), Ok(event));
    }

    /// DynamoDB's limit of an item.
    const MAX_ITEM_BYTES: usize = 400 * 1024;

    #[test]
    fn the_largest_event_of_a_user_with_the_most_webhooks_fits_an_item() {
        let mut event = event(noise(MAX_DATA_BYTES));
        event.user_id = UserId::parse("u".repeat(128)).expect("valid");
        event.content.event_type = "t".repeat(MAX_NAME_BYTES);
        event.content.source = "s".repeat(MAX_NAME_BYTES);
        let id = |number: u32| WebhookId::from_uuid(Uuid::from_u128(number.into()));
        event.audience = Some((0..MAX_WEBHOOKS_PER_USER).map(id).collect());
        let item = from_event(&event).expect("written");
        assert!(size(&item) <= MAX_ITEM_BYTES, "{}", size(&item));
        assert_eq!(to_event(item), Ok(event));
    }

    #[test]
    fn an_erased_event_has_no_data() {
        let mut event = event(String::new());
        event.payload_erased_at = Some(Timestamp::from_millis(1_796_000_000_000));
        let item = from_event(&event).expect("written");
        assert_eq!(item.get(DATA), None);
        assert_eq!(to_event(item), Ok(event));
    }

    #[test]
    fn data_is_compressed_only_where_that_saves_write_units() {
        let encoding = |data| from_event(&event(data)).expect("written").remove(ENCODING);
        assert_eq!(encoding("a".repeat(500)), None);
        assert_eq!(encoding("a".repeat(2000)), Some(text(ZLIB)));
        // Two write units in both cases: compression saves too little to reach the next boundary.
        assert_eq!(encoding(noise(1500)), None);
        let units = |data| write_units(size(&from_event(&event(data)).expect("written")));
        assert_eq!(units("a".repeat(200_000)), 1);
    }

    #[test]
    fn damaged_data_is_unusable() {
        let stored = from_event(&event("a".repeat(2000))).expect("written");
        let mut damaged = stored.clone();
        damaged.insert(DATA.into(), AttributeValue::B(Blob::new(b"no zlib".to_vec())));
        let mut unknown = stored.clone();
        unknown.insert(ENCODING.into(), text("lzma"));
        let mut not_text = stored.clone();
        not_text.remove(ENCODING);
        not_text.insert(DATA.into(), AttributeValue::B(Blob::new(vec![0xff])));
        let mut half_an_id = stored.clone();
        half_an_id.insert(AUDIENCE.into(), AttributeValue::B(Blob::new(vec![0; 24])));
        let mut missing = stored.clone();
        missing.remove(DATA);
        let mut back_again = stored;
        back_again.insert("payloadErasedAt".into(), text("2026-11-24T06:24:00.000Z"));
        for item in [damaged, unknown, not_text, half_an_id, missing, back_again] {
            assert!(matches!(to_event(item), Err(PortError::Unusable(_))));
        }
    }
}
