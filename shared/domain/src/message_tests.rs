use super::*;
use crate::{
    delivery::ParkedRow,
    replay::{ReplayFilter, ReplayOrder, ReplayStatus},
    samples::nth,
};
use uuid::Uuid;

fn target() -> Target {
    let webhook_id = WebhookId::from_uuid(Uuid::from_u128(1));
    let user_id = UserId::parse("u1").expect("valid");
    let event_id = EventId::derive(&user_id, "platform", "1");
    let delivery_id = DeliveryId::derive(&webhook_id, &event_id, Timestamp::from_millis(1));
    Target { delivery_id, webhook_id, user_id, event_id }
}

fn content(data: &str) -> EventContent {
    EventContent {
        event_type: "lead.created".into(),
        source: "demo.platform".into(),
        time: Timestamp::from_millis(1_795_000_000_000),
        data: data.into(),
    }
}

#[test]
fn every_message_survives_the_queue() {
    let attempt = MakeAttempt {
        manual: true,
        resolver_silent_since: Some(Timestamp::from_millis(5)),
        event: Some(content(r#"{"n": 12345678901234567890, "x":1.0,  "b":"\u00e9é"}"#)),
        ..MakeAttempt::scheduled(target(), nth(3))
    };
    let check = Check {
        target: target(),
        attempt: nth(2),
        not_before: Timestamp::from_millis(9),
        after_parking: false,
        after_slots: true,
    };
    let release = ReleaseParked::now(target().user_id, target().webhook_id);
    let row = ParkedRow { due: Timestamp::from_millis(1), id: target().delivery_id };
    let wake_up = ReleaseParked::wake_up(target().user_id, target().webhook_id, row.due);
    let filter = ReplayFilter {
        status: ReplayStatus::Failed,
        event: Some("lead.*".parse().expect("a filter of types")),
        since: None,
        until: Timestamp::from_millis(7),
    };
    let order = ReplayOrder {
        webhook_id: Some(target().webhook_id),
        filter,
        created_at: Timestamp::from_millis(8),
    };
    let replay_id = ReplayId::from_uuid(Uuid::from_u128(3));
    let page = |page, order| ReplayPage { user_id: target().user_id, replay_id, page, order };
    let slot = Slot { at: Timestamp::from_millis(1_795_000_000_123), moved: true };
    let limited = MakeAttempt { slot: Some(slot), ..MakeAttempt::scheduled(target(), nth(2)) };
    let replayed =
        MakeAttempt { replay: Some(replay_id), ..MakeAttempt::scheduled(target(), nth(6)) };
    for message in [
        QueueMessage::MakeAttempt(attempt),
        QueueMessage::MakeAttempt(replayed),
        QueueMessage::MakeAttempt(limited),
        QueueMessage::Replay(page(0, Some(order))),
        QueueMessage::Replay(page(7, None)),
        QueueMessage::MakeAttempt(MakeAttempt::scheduled(target(), nth(1))),
        QueueMessage::Check(check),
        QueueMessage::ReleaseParked(release.clone().next_page(row)),
        QueueMessage::ReleaseParked(release),
        QueueMessage::ReleaseParked(wake_up),
    ] {
        assert_eq!(QueueMessage::parse(&message.to_json()), Ok(message));
    }
}

#[test]
fn data_travels_byte_for_byte() {
    let data = r#"{ "z":1, "a" : [1.0, 1e3, 12345678901234567890] , "dup":1,"dup":2}"#;
    let attempt =
        MakeAttempt { event: Some(content(data)), ..MakeAttempt::scheduled(target(), nth(1)) };
    let Ok(QueueMessage::MakeAttempt(read)) =
        QueueMessage::parse(&QueueMessage::MakeAttempt(attempt).to_json())
    else {
        panic!("not an attempt")
    };
    assert_eq!(read.event.expect("inline").data, data);
}

#[test]
fn large_data_stays_behind() {
    let data = format!("\"{}\"", "x".repeat(INLINE_DATA_BYTES));
    assert_eq!(MakeAttempt::scheduled(target(), nth(1)).carrying(&content(&data)).event, None);
    let small = content("{}");
    assert_eq!(MakeAttempt::scheduled(target(), nth(1)).carrying(&small).event, Some(small));
}

#[test]
fn ten_messages_with_inline_data_fit_into_one_billed_request() {
    let data = format!("\"{}\"", "x".repeat(INLINE_DATA_BYTES - 2));
    let attempt = MakeAttempt {
        event: Some(content(&data)),
        target: Target { user_id: UserId::parse("u".repeat(128)).expect("valid"), ..target() },
        ..MakeAttempt::scheduled(target(), nth(1))
    };
    assert!(QueueMessage::MakeAttempt(attempt).to_json().len() * 10 < 64 * 1024);
}

#[test]
fn unreadable_messages_are_told_apart_without_repeating_them() {
    for text in [
        "",
        "null",
        "[]",
        "{",
        r#"{"kind":"secret-kind"}"#,
        r#"{"kind":"attempt"}"#,
        r#"{"kind":"releaseParked","webhookId":"secret"}"#,
        &QueueMessage::MakeAttempt(MakeAttempt::scheduled(target(), nth(1)))
            .to_json()
            .replace(":1", ":0"),
        &QueueMessage::MakeAttempt(MakeAttempt::scheduled(target(), nth(1)))
            .to_json()
            .replace("attempt\"", "check\""),
    ] {
        let error = QueueMessage::parse(text).expect_err(text);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
