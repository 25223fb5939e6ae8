use super::*;
use crate::item::{WRITE_UNIT_BYTES, size};
use grapnel_domain::{
    delivery::{AttemptNumber, SUCCESS_RESPONSE_BYTES},
    time::Minute,
};
use uuid::Uuid;

fn delivery() -> Delivery {
    let webhook_id = WebhookId::from_uuid(Uuid::from_u128(7));
    let event_id = EventId::from_uuid(Uuid::from_u128(9));
    let stored = Timestamp::from_millis(1_795_000_000_123);
    Delivery {
        id: DeliveryId::derive(&webhook_id, &event_id, stored),
        webhook_id,
        user_id: UserId::parse("u-1").expect("valid"),
        event_id,
        event_type: "workflow.completed".into(),
        status: DeliveryStatus::Pending,
        test: false,
        undecided_filter: None,
        attempts: vec![],
        created_at: stored,
        next_attempt_at: None,
        waits_for: None,
        parked_until: None,
        slot: None,
        reason: None,
        reopened: None,
        expires_at: Timestamp::from_millis(1_797_600_000_000),
        payload_erased_at: None,
        responses_erased_at: None,
    }
}

fn success(response: &str) -> DeliveryAttempt {
    DeliveryAttempt {
        attempt_number: AttemptNumber::FIRST,
        status_code: Some(200),
        response: Some(response.into()),
        response_remark: None,
        location: None,
        error: None,
        duration: 29_999,
        attempted_at: Timestamp::from_millis(1_795_000_000_999),
        manual: false,
    }
}

#[test]
fn a_new_delivery_survives_its_item() {
    let item = from_delivery(&delivery()).expect("written");
    for absent in [
        "waitKey",
        "slot",
        "nextAttemptAt",
        "reason",
        "test",
        "undecidedFilter",
        "failedKey",
        "replay",
        "scheduleFrom",
    ] {
        assert!(!item.contains_key(absent), "{absent}");
    }
    assert_eq!(to_delivery(item), Ok(delivery()));
}

#[test]
fn a_delivery_with_everything_survives_its_item() {
    let minute = Minute::at_or_after(Timestamp::from_millis(1_795_000_000_123));
    let failure = DeliveryAttempt {
        attempt_number: AttemptNumber::after(1),
        status_code: None,
        response: None,
        error: Some("the receiver did not answer within 10 s".into()),
        manual: true,
        ..success("")
    };
    let delivery = Delivery {
        status: DeliveryStatus::Failed,
        test: true,
        undecided_filter: Some(Undecided::OutOfSteps),
        attempts: vec![success("\u{0} ✓"), failure],
        next_attempt_at: Some(minute.strikes_at()),
        waits_for: Some(minute),
        reason: Some(Reason::WebhookDeleted),
        reopened: Some(Reopened { by: ReplayId::from_uuid(Uuid::from_u128(11)), attempts: 1 }),
        ..delivery()
    };
    let item = from_delivery(&delivery).expect("written");
    assert_eq!(to_delivery(item), Ok(delivery));
}

#[test]
fn a_row_whose_count_and_list_differ_is_unusable() {
    let mut item = from_delivery(&delivery()).expect("written");
    item.insert("attemptCount".into(), crate::item::number(1));
    assert!(matches!(to_delivery(item), Err(PortError::Unusable(_))));
}

#[test]
fn a_wait_key_that_names_no_time_is_unusable() {
    let mut item = from_delivery(&delivery()).expect("written");
    item.insert("waitKey".into(), text("parked#soon#dlv"));
    assert!(matches!(to_delivery(item), Err(PortError::Unusable(_))));
}

#[test]
fn a_parked_delivery_survives_its_item() {
    let due = Timestamp::from_millis(1_795_000_000_123);
    let parked = Delivery { parked_until: Some(due), ..delivery() };
    let item = from_delivery(&parked).expect("written");
    assert_eq!(to_parked(item.clone()), Ok(ParkedRow { due, id: parked.id }));
    assert_eq!(to_delivery(item), Ok(parked));
}

#[test]
fn a_delivery_that_waits_for_its_slot_survives_its_item() {
    let at = Timestamp::from_millis(1_795_000_000_123);
    for moved in [false, true] {
        let (waits_for, slot) = (Some(Minute::at_or_before(at)), Some(Slot { at, moved }));
        let waiting = Delivery { waits_for, slot, ..delivery() };
        let item = from_delivery(&waiting).expect("written");
        assert_eq!(to_delivery(item), Ok(waiting));
    }
}

/// The budget without failures: creating and recording cost one write unit each.
#[test]
fn a_delivered_row_fits_into_one_write_unit() {
    let response = "x".repeat(SUCCESS_RESPONSE_BYTES);
    let delivered = |user: &str| Delivery {
        user_id: UserId::parse(user).expect("valid"),
        status: DeliveryStatus::Success,
        attempts: vec![success(&response)],
        ..delivery()
    };
    let bytes = |delivery: &Delivery| size(&from_delivery(delivery).expect("written"));
    assert_eq!(bytes(&delivery()), 255);
    assert_eq!(bytes(&delivered("u-1")), 603);
    // The longest possible user id.
    let longest = bytes(&delivered(&"u".repeat(128)));
    assert!(longest <= WRITE_UNIT_BYTES, "{longest} bytes");
}
