//! Reads a webhook's rate limiter from its item.

use super::row::owner;
use crate::item::{Item, unusable};
use grapnel_domain::{ids::WebhookId, limit::SlotTime, ports::PortError};

const ROW: &str = "the limiter of a webhook";

pub(super) fn next_of(item: Option<&Item>) -> Result<SlotTime, PortError> {
    let next = item.and_then(|item| item.get("next")).and_then(|next| next.as_n().ok());
    let micros = next.and_then(|digits| digits.parse().ok());
    micros.map(SlotTime::from_micros).ok_or_else(|| unusable(ROW, "has no free slot"))
}

/// The first free slot in an item, and its webhook.
pub(super) fn to_next_slot(item: &Item) -> Result<(WebhookId, SlotTime), PortError> {
    let id = item.get("id").and_then(|id| id.as_s().ok());
    let webhook = id.and_then(|id| owner(id));
    let webhook = webhook.ok_or_else(|| unusable(ROW, "belongs to no webhook"))?;
    Ok((webhook, next_of(Some(item))?))
}

#[cfg(test)]
mod tests {
    use super::{super::row::limiter_id, *};
    use crate::item::text;
    use uuid::Uuid;

    #[test]
    fn a_limiter_without_a_slot_is_unusable() {
        let id = limiter_id(WebhookId::from_uuid(Uuid::from_u128(7)));
        let item = Item::from([("id".to_owned(), text(id))]);
        assert!(matches!(to_next_slot(&item), Err(PortError::Unusable(_))));
    }
}
