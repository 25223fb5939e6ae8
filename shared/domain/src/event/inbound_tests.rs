use super::*;
use rstest::rstest;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn event(detail: &str) -> String {
    format!(
        r#"{{"version":"0","id":"eb-1","detail-type":"lead.created","source":"demo.platform","account":"000000000000","time":"2026-11-24T06:00:00Z","region":"eu-west-1","resources":[],"detail":{detail}}}"#
    )
}

#[test]
fn an_event_is_read_with_its_data_untouched() {
    let detail = r#"{"userId":"u1",  "n":12345678901234567890,"x":1.0}"#;
    let read = InboundEvent::parse(&event(detail), NOW).expect("accepted");
    assert_eq!(read.content.data, detail);
    assert_eq!(read.content.event_type, "lead.created");
    assert_eq!(read.content.time, "2026-11-24T06:00:00Z".parse().expect("valid"));
    assert_eq!(read.user_id.as_str(), "u1");
    assert_eq!(read.id, EventId::derive(&read.user_id, "demo.platform", "eb-1"));
}

#[rstest]
#[case(r#""order-7""#, "order-7")]
#[case("7", "7")]
#[case("null", "eb-1")]
#[case("{}", "eb-1")]
#[case(r#""""#, "eb-1")]
fn the_id_in_the_data_names_the_event(#[case] id: &str, #[case] expected: &str) {
    let detail = format!(r#"{{"userId":"u1","id":{id}}}"#);
    let read = InboundEvent::parse(&event(&detail), NOW).expect("accepted");
    assert_eq!(read.id, EventId::derive(&read.user_id, "demo.platform", expected));
}

#[rstest]
#[case("{}", Rejection::NoUser)]
#[case(r#"{"userId":null}"#, Rejection::NoUser)]
#[case(r#"{"userId":7}"#, Rejection::InvalidUser)]
#[case(r#"{"userId":""}"#, Rejection::InvalidUser)]
#[case(r#"{"userId":"two words"}"#, Rejection::InvalidUser)]
#[case("[]", Rejection::DetailNotAnObject)]
#[case("\"text\"", Rejection::DetailNotAnObject)]
#[case("7", Rejection::DetailNotAnObject)]
fn what_has_no_owner_or_no_object_is_rejected(#[case] detail: &str, #[case] expected: Rejection) {
    assert_eq!(InboundEvent::parse(&event(detail), NOW), Err(expected));
}

#[test]
fn data_over_the_limit_is_rejected_and_data_at_it_is_not() {
    let with = |len: usize| {
        let frame = r#"{"userId":"u1","x":""}"#.len();
        event(&format!(r#"{{"userId":"u1","x":"{}"}}"#, "y".repeat(len - frame)))
    };
    assert!(InboundEvent::parse(&with(MAX_DATA_BYTES), NOW).is_ok());
    assert_eq!(InboundEvent::parse(&with(MAX_DATA_BYTES + 1), NOW), Err(Rejection::TooLarge));
}

#[rstest]
#[case("")]
#[case("{")]
#[case("null")]
#[case("[]")]
#[case("{}")]
#[case(r#"{"id":"1","source":"s","detail-type":"t"}"#)]
#[case(r#"{"id":"1","source":"","detail-type":"t","detail":{"userId":"u"}}"#)]
#[case(r#"{"id":1,"source":"s","detail-type":"t","detail":{"userId":"u"}}"#)]
#[case(r#"{"id":"1","source":"s","detail-type":"t","time":"noon","detail":{"userId":"u"}}"#)]
fn what_is_not_an_event_is_rejected(#[case] body: &str) {
    assert!(matches!(InboundEvent::parse(body, NOW), Err(Rejection::NotAnEvent(_))));
}

#[test]
fn deeply_nested_data_is_carried_and_not_a_crash() {
    let deep = format!(r#"{{"userId":"u1","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let read = InboundEvent::parse(&event(&deep), NOW).expect("accepted");
    assert_eq!(read.content.data, deep);
}

#[test]
fn a_test_order_comes_back_as_an_event_for_one_webhook() {
    let target =
        TestTarget { webhook_id: WebhookId::from_uuid(Uuid::from_u128(3)), ordered_at: NOW };
    let order = TestOrder {
        user_id: UserId::parse("u1").expect("valid"),
        target,
        source_id: "test-1".into(),
        event_type: "lead.created".into(),
        data: r#"{"id":"sample","name":"Example"}"#.into(),
    };
    let read = InboundEvent::parse(&order.to_json().expect("an object"), NOW).expect("accepted");
    assert_eq!(read.test, Some(target));
    assert_eq!(read.id, order.event_id());
    assert_eq!(read.user_id, order.user_id);
    assert_eq!(read.content.data, order.data);
}

fn published(data: &str) -> PublishedEvent {
    PublishedEvent {
        user_id: UserId::parse("u1").expect("valid"),
        source_id: "order-1".into(),
        content: EventContent {
            event_type: "Order placed".into(),
            source: "shop".into(),
            time: NOW,
            data: data.into(),
        },
    }
}

#[test]
fn a_published_event_comes_back_as_it_is_whatever_its_data_say() {
    let event = published(
        r#"{"id":"of the data",  "userId":"somebody else","n":1.0,"x":12345678901234567890}"#,
    );
    let read = InboundEvent::parse(&event.to_json().expect("an object"), NOW).expect("accepted");
    assert_eq!(read.id, event.event_id());
    assert_eq!((read.user_id, read.content, read.test), (event.user_id, event.content, None));
}

#[test]
fn what_fan_out_would_refuse_is_not_put_around() {
    for data in ["", "[]", "7", "{", "{} {}"] {
        assert_eq!(published(data).to_json(), Err(Rejection::DetailNotAnObject), "{data}");
    }
    let large = format!(r#"{{"x":"{}"}}"#, "y".repeat(MAX_DATA_BYTES));
    assert_eq!(published(&large).to_json(), Err(Rejection::TooLarge));
}
