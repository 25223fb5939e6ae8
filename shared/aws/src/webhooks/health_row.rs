//! An endpoint's health as an item.

use super::{
    attributes,
    row::{health_id, owner},
};
use crate::item::{Item, from_row, number, to_row, unusable};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use grapnel_domain::{
    health::{Behind, Circuit, DisabledCause, Health, Note, Notified},
    ids::{DeliveryId, UserId, WebhookId},
    ports::PortError,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

const ROW: &str = "the health of an endpoint";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    user_id: UserId,
    id: String,
    version: u64,
    /// The due time of an open circuit breaker, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    open_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    disabled: Option<DisabledCause>,
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    failing_since: Option<Timestamp>,
    deliveries: u32,
    intervals: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    last_due: Option<i64>,
    /// Only read here: notes are written alone, and compared as numbers.
    #[serde(skip_serializing, default)]
    wake_up: Option<i64>,
    #[serde(skip_serializing, default)]
    release: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    last_tried: Option<DeliveryId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    tried_before: Option<DeliveryId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    behind: Option<Behind>,
    notified: Notified,
}

pub(super) fn from_health(
    user: &UserId,
    webhook: WebhookId,
    health: &Health,
) -> Result<Item, PortError> {
    let (open_until, disabled) = match health.circuit {
        Circuit::Closed => (None, None),
        Circuit::Open { due } => (Some(due.as_millis()), None),
        Circuit::Disabled { cause } => (None, Some(cause)),
    };
    let row = Row {
        user_id: user.clone(),
        id: health_id(webhook),
        version: health.version,
        open_until,
        disabled,
        failures: health.failures,
        failing_since: health.failing_since,
        deliveries: health.deliveries,
        intervals: health.intervals,
        last_due: health.last_due.map(Timestamp::as_millis),
        wake_up: None,
        release: None,
        last_tried: health.last_tried,
        tried_before: health.tried_before,
        behind: health.behind,
        notified: health.notified,
    };
    from_row(ROW, row)
}

/// The health in an item, and its webhook.
pub(super) fn to_health(item: Item) -> Result<(WebhookId, Health), PortError> {
    let row: Row = to_row(ROW, item)?;
    let webhook = owner(&row.id).ok_or_else(|| unusable(ROW, "belongs to no webhook"))?;
    let circuit = match (row.disabled, row.open_until) {
        (Some(cause), _) => Circuit::Disabled { cause },
        (None, Some(due)) => Circuit::Open { due: Timestamp::from_millis(due) },
        (None, None) => Circuit::Closed,
    };
    let health = Health {
        version: row.version,
        circuit,
        failures: row.failures,
        failing_since: row.failing_since,
        deliveries: row.deliveries,
        intervals: row.intervals,
        last_due: row.last_due.map(Timestamp::from_millis),
        wakes_at: row.wake_up.map(Timestamp::from_millis),
        release_began: row.release.map(Timestamp::from_millis),
        last_tried: row.last_tried,
        tried_before: row.tried_before,
        behind: row.behind,
        notified: row.notified,
    };
    Ok((webhook, health))
}

/// Writes a note, unless that or a later one is there. Does not create an item.
pub(super) fn note(update: UpdateItemFluentBuilder, note: Note) -> UpdateItemFluentBuilder {
    let (name, at) = match note {
        Note::WakeUp(due) => (attributes::WAKE_UP, due),
        Note::Release(began) => (attributes::RELEASE, began),
    };
    update
        .update_expression("SET #note = :at")
        .condition_expression(
            "attribute_exists(id) AND (attribute_not_exists(#note) OR #note < :at)",
        )
        .expression_attribute_names("#note", name)
        .expression_attribute_values(":at", number(at.as_millis()))
}

/// Sets all attributes of the item, and removes the other attributes of a health.
pub(super) fn set_all(
    mut update: UpdateItemFluentBuilder,
    mut item: Item,
) -> UpdateItemFluentBuilder {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for name in attributes::HEALTH {
        let Some(value) = item.remove(name) else {
            update = update.expression_attribute_names(format!("#{name}"), name);
            remove.push(format!("#{name}"));
            continue;
        };
        if ["userId", "id"].contains(&name) {
            update = update.key(name, value);
            continue;
        }
        update = update
            .expression_attribute_names(format!("#{name}"), name)
            .expression_attribute_values(format!(":{name}"), value);
        set.push(format!("#{name} = :{name}"));
    }
    let mut expression = format!("SET {}", set.join(", "));
    if !remove.is_empty() {
        expression.push_str(&format!(" REMOVE {}", remove.join(", ")));
    }
    update.update_expression(expression)
}

#[cfg(test)]
mod tests {
    use super::super::attributes::{HEALTH, NOTES};
    use super::*;
    use crate::item::{WRITE_UNIT_BYTES, size};
    use uuid::Uuid;

    #[test]
    fn health_survives_its_item_within_one_write_unit() {
        let at = Timestamp::from_millis(1_795_000_000_123);
        let user = UserId::parse("u".repeat(128)).expect("valid");
        let webhook = WebhookId::from_uuid(Uuid::from_u128(7));
        for circuit in [
            Circuit::Closed,
            Circuit::Open { due: at },
            Circuit::Disabled { cause: DisabledCause::Failing },
        ] {
            let health = Health {
                version: 1_000_000,
                circuit,
                failures: 10,
                failing_since: Some(at),
                deliveries: 4_000_000,
                intervals: 240,
                last_due: Some(at),
                wakes_at: Some(at),
                release_began: Some(at),
                last_tried: Some(DeliveryId::first_at(at)),
                tried_before: Some(DeliveryId::first_at(at)),
                behind: Some(Behind { since: at, age_seconds: 1_209_600, noted_at: at }),
                notified: Notified {
                    failing: Some(at),
                    recovered: Some(at),
                    disabled: Some(at),
                    exhausted: Some(at),
                    behind: Some(at),
                },
            };
            let mut item = from_health(&user, webhook, &health).expect("written");
            for name in item.keys() {
                assert!(HEALTH.contains(&name.as_str()), "{name} would not be stored");
            }
            item.extend(NOTES.map(|name| (name.to_owned(), number(at.as_millis()))));
            assert!(size(&item) <= WRITE_UNIT_BYTES, "{} bytes", size(&item));
            assert_eq!(to_health(item), Ok((webhook, health)));
        }
        let new = Health { version: 1, ..Health::default() };
        let item = from_health(&user, webhook, &new).expect("written");
        assert_eq!(to_health(item), Ok((webhook, new)));
    }
}
