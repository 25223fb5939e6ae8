use super::*;
use grapnel_domain::{
    delivery::{DeliveryAttempt, DeliveryKey, Reason, Reopened},
    ids::{ReplayId, WebhookId},
    limit::Slot,
    time::Timestamp,
};
use grapnel_testing::builders::nth;
use uuid::Uuid;

const MINUTE: Minute = Minute::at_or_after(Timestamp::from_millis(1_795_000_020_000));

fn key() -> DeliveryKey {
    DeliveryKey {
        webhook_id: WebhookId::from_uuid(Uuid::from_u128(1)),
        id: DeliveryId::from_uuid(Uuid::from_u128(2)),
    }
}

fn attempt_record(number: u32) -> AttemptRecord {
    AttemptRecord {
        key: key(),
        attempt: DeliveryAttempt {
            attempt_number: nth(number),
            status_code: Some(500),
            response: None,
            response_remark: None,
            location: None,
            error: None,
            duration: 1,
            attempted_at: Timestamp::from_millis(0),
            manual: false,
        },
        status: Some(DeliveryStatus::Retrying),
        reason: None,
        next_attempt_at: Some(MINUTE.strikes_at()),
        waits_for: Some(MINUTE),
        expires_at: Timestamp::from_millis(1_797_600_000_999),
        drop_body: None,
    }
}

/// DynamoDB refuses an expression with a missing or an unused placeholder.
fn assert_placeholders_are_all_used(update: &Update) {
    let text = format!("{} {}", update.expression(), update.condition);
    let used = |sigil: char| {
        let mut found: Vec<String> = text
            .split(|c: char| !(c.is_alphanumeric() || c == '#' || c == ':'))
            .filter(|word| word.starts_with(sigil))
            .map(str::to_owned)
            .collect();
        found.sort();
        found.dedup();
        found
    };
    let sorted = |mut keys: Vec<String>| {
        keys.sort();
        keys
    };
    assert_eq!(used('#'), sorted(update.names.keys().cloned().collect()));
    assert_eq!(used(':'), sorted(update.values.keys().cloned().collect()));
}

#[test]
fn a_retry_is_recorded_with_its_due_time_and_its_wait() {
    let update = record(&attempt_record(3)).expect("built");
    assert_placeholders_are_all_used(&update);
    assert_eq!(update.condition, "#attemptCount = :seen AND #status IN (:pending, :retrying)");
    assert_eq!(
        update.expression(),
        "SET #attemptCount = :attemptCount, #attempts[2] = :attempt, #status = :status, \
         #nextAttemptAt = :nextAttemptAt, #waitSpread = :waitSpread, #waitMinute = :waitMinute, \
         #expiresAt = :expiresAt REMOVE #reason, #failedKey, #waitKey, #slot"
    );
    assert_eq!(update.values[":seen"], number(2));
    assert_eq!(update.values[":waitMinute"], text(MINUTE));
    assert_eq!(update.values[":waitSpread"], text(Spread::of(key().id)));
    assert_eq!(update.values[":expiresAt"], number(1_797_600_000));
}

#[test]
fn without_a_status_the_record_leaves_reason_and_due_time_alone() {
    let left =
        AttemptRecord { status: None, next_attempt_at: None, waits_for: None, ..attempt_record(1) };
    let update = record(&left).expect("built");
    assert_placeholders_are_all_used(&update);
    assert_eq!(
        update.expression(),
        "SET #attemptCount = :attemptCount, #attempts[0] = :attempt, #expiresAt = :expiresAt \
         REMOVE #waitSpread, #waitMinute, #waitKey, #slot"
    );
}

#[test]
fn a_body_in_the_middle_goes_in_the_same_write() {
    let dropping = AttemptRecord { drop_body: Some(5), ..attempt_record(11) };
    let update = record(&dropping).expect("built");
    assert_placeholders_are_all_used(&update);
    assert!(update.expression().contains("#attempts[10] = :attempt"));
    let removed = "REMOVE #attempts[5].#response, #attempts[5].#responseRemark, \
                   #attempts[5].#location, #reason, #failedKey";
    assert!(update.expression().contains(removed), "{}", update.expression());
}

#[test]
fn an_end_asks_for_the_attempts_seen_and_an_unsettled_status() {
    let ending = Ending {
        key: key(),
        attempts: 4,
        reason: Reason::WebhookDisabled,
        expires_at: Timestamp::from_millis(0),
    };
    let update = end(&ending).expect("built");
    assert_placeholders_are_all_used(&update);
    assert_eq!(update.condition, "#attemptCount = :seen AND #status IN (:pending, :retrying)");
    assert_eq!(update.values[":reason"], text("webhook_disabled"));
    assert_eq!(update.values[":failedKey"], text(key().id));
}

#[test]
fn a_record_that_fails_the_delivery_puts_it_into_its_index() {
    let failed = AttemptRecord {
        status: Some(DeliveryStatus::Failed),
        reason: Some(Reason::AttemptsExhausted),
        next_attempt_at: None,
        waits_for: None,
        ..attempt_record(5)
    };
    let update = record(&failed).expect("built");
    assert_placeholders_are_all_used(&update);
    assert_eq!(update.values[":failedKey"], text(key().id));
}

#[test]
fn only_what_failed_is_reopened_and_leaves_its_index() {
    let by = ReplayId::from_uuid(Uuid::from_u128(3));
    let reopening = Reopening {
        key: key(),
        reopened: Reopened { by, attempts: 5 },
        due: MINUTE.strikes_at(),
        expires_at: Timestamp::from_millis(1_797_600_000_999),
    };
    let update = reopen(&reopening).expect("built");
    assert_placeholders_are_all_used(&update);
    assert_eq!(
        update.condition,
        "#attemptCount = :seen AND #status = :failed AND (attribute_not_exists(#replay) OR \
         #replay < :replay) AND #reason <> :cancelled AND #reason <> :erased AND \
         attribute_not_exists(#payloadErasedAt)"
    );
    assert_eq!(
        update.expression(),
        "SET #status = :status, #nextAttemptAt = :nextAttemptAt, #replay = :replay, \
         #scheduleFrom = :scheduleFrom, #expiresAt = :expiresAt REMOVE #reason, #failedKey"
    );
    assert_eq!(update.values[":scheduleFrom"], number(5));
}

#[test]
fn leaving_the_index_asks_for_the_same_wait() {
    let update = stop_waiting(key().id, MINUTE, 1);
    assert_placeholders_are_all_used(&update);
    assert_eq!(update.expression(), "REMOVE #waitSpread, #waitMinute, #slot");
    assert_eq!(update.condition, "#attemptCount = :seen AND #waitMinute = :minute");
}

#[test]
fn parking_asks_for_an_unsettled_delivery_and_leaving_for_the_same_place() {
    let due = Timestamp::from_millis(1_795_000_000_123);
    let expires_at = Timestamp::from_millis(1_797_600_000_000);
    let update = park(&Parking { key: key(), due, attempts: 2, expires_at }).expect("built");
    assert_placeholders_are_all_used(&update);
    assert_eq!(update.condition, "#attemptCount = :seen AND #status IN (:pending, :retrying)");
    assert_eq!(
        update.expression(),
        "SET #waitKey = :waitKey, #expiresAt = :expiresAt REMOVE #waitSpread, #waitMinute, #slot"
    );
    assert_eq!(update.values[":waitKey"], text(format!("parked#1795000000123#{}", key().id)));

    let update = unpark(ParkedRow { due, id: key().id }, 2);
    assert_placeholders_are_all_used(&update);
    assert_eq!(update.condition, "#attemptCount = :seen AND #waitKey = :waitKey");
}

#[test]
fn waiting_for_a_slot_asks_for_an_unsettled_delivery() {
    let slot = Slot { at: MINUTE.strikes_at(), moved: false };
    let expires_at = Timestamp::from_millis(1_797_600_000_000);
    let wait = SlotWait { key: key(), slot, minute: MINUTE, attempts: 2, expires_at };
    let update = await_slot(&wait).expect("built");
    assert_placeholders_are_all_used(&update);
    assert_eq!(update.condition, "#attemptCount = :seen AND #status IN (:pending, :retrying)");
    assert_eq!(
        update.expression(),
        "SET #waitSpread = :waitSpread, #waitMinute = :waitMinute, #slot = :slot, \
         #expiresAt = :expiresAt REMOVE #waitKey"
    );
    assert_eq!(update.values[":waitMinute"], text(MINUTE));
}

#[test]
fn what_cannot_be_released_leaves_the_index_and_says_why() {
    let update = give_up("it cannot be read");
    assert_placeholders_are_all_used(&update);
    let expected = "SET #unreleased = :unreleased REMOVE #waitSpread, #waitMinute";
    assert_eq!(update.expression(), expected);
    assert_eq!(update.condition, "attribute_exists(#waitMinute)");
}

#[test]
fn a_delivery_is_told_of_an_erasure_by_as_many_updates_as_its_errors_take() {
    let erasure = |errors| PayloadErasure { key: key(), at: MINUTE.strikes_at(), errors };
    let updates = note_payload_erased(&erasure(vec![]));
    assert_eq!(updates.len(), 1);
    assert_placeholders_are_all_used(&updates[0]);
    assert_eq!(updates[0].condition, "attribute_exists(#id)");
    assert_eq!(
        updates[0].expression(),
        "SET #payloadErasedAt = if_not_exists(#payloadErasedAt, :at) REMOVE #failedKey"
    );
    let updates = note_payload_erased(&erasure((0..200).collect()));
    assert_eq!(updates.len(), 2);
    for update in &updates {
        assert_placeholders_are_all_used(update);
        assert!(update.expression().len() <= 4096);
    }
    assert!(updates[1].expression().contains("#attempts[199].#error = :short"));
}

#[test]
fn responses_are_erased_of_a_settled_delivery_as_it_was_read() {
    let (key, at) = (key(), MINUTE.strikes_at());
    let erasure = |responses| ResponseErasure { key, attempts: 12, at, responses };
    let updates = erase_responses(&erasure(vec![0, 11])).expect("built");
    assert_eq!(updates.len(), 1);
    assert_placeholders_are_all_used(&updates[0]);
    let condition = "#attemptCount = :seen AND #status IN (:success, :failed)";
    assert_eq!(updates[0].condition, condition);
    assert_eq!(
        updates[0].expression(),
        "SET #responsesErasedAt = :responsesErasedAt REMOVE #attempts[0].#response, \
         #attempts[0].#responseRemark, #attempts[0].#location, #attempts[11].#response, \
         #attempts[11].#responseRemark, #attempts[11].#location"
    );
    for update in erase_responses(&erasure((0..200).collect())).expect("built") {
        assert!(update.expression().len() <= 4096);
    }
}
