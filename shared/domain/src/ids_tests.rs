use super::*;

fn user(text: &str) -> UserId {
    UserId::parse(text).expect("a valid user id")
}

#[test]
fn the_same_event_always_has_the_same_id() {
    let first = EventId::derive(&user("u1"), "platform", "42");
    assert_eq!(first, EventId::derive(&user("u1"), "platform", "42"));
    assert_ne!(first, EventId::derive(&user("u2"), "platform", "42"));
    assert_ne!(first, EventId::derive(&user("u1"), "platform4", "2"));
}

#[test]
fn the_documented_id_is_the_one_that_is_derived() {
    let documented = EventId::derive(&user("demo"), "demo.platform", "task-17");
    let docs = include_str!("../../../docs/events.md");
    assert!(docs.contains(&format!("== \"{documented}\"")), "{documented}");
}

#[test]
fn a_delivery_id_carries_its_time_and_sorts_by_it() {
    let webhook = WebhookId::from_uuid(Uuid::from_u128(7));
    let event = EventId::derive(&user("u1"), "platform", "42");
    let earlier = Timestamp::from_millis(1_795_000_000_123);
    let later = Timestamp::from_millis(1_795_000_000_124);
    let (a, b) = (
        DeliveryId::derive(&webhook, &event, earlier),
        DeliveryId::derive(&webhook, &event, later),
    );
    assert_eq!(a.event_stored_at(), earlier);
    assert!(a.to_string() < b.to_string());
    assert_eq!(a, DeliveryId::derive(&webhook, &event, earlier));
}

#[test]
fn an_id_has_one_spelling() {
    let id = "wh_00000000-0000-0000-0000-000000000007";
    assert_eq!(id.parse::<WebhookId>().expect("valid").to_string(), id);
    for other in [
        "00000000-0000-0000-0000-000000000007",
        "wh_00000000000000000000000000000007",
        "wh_{00000000-0000-0000-0000-000000000007}",
        "wh_AAAAAAAA-0000-0000-0000-000000000007",
        "evt_00000000-0000-0000-0000-000000000007",
        "wh_",
        "",
    ] {
        assert!(other.parse::<WebhookId>().is_err(), "{other}");
    }
}

#[test]
fn a_derived_webhook_is_the_users_and_sorts_by_its_time() {
    let user = |text: &str| UserId::parse(text).expect("valid");
    let at = |millis: i64| WebhookId::derive(&user("u"), "seed", Timestamp::from_millis(millis));
    let one = at(1_795_000_000_000);
    assert_eq!(one, at(1_795_000_000_000));
    assert!(one < at(1_795_000_000_001));
    assert_eq!(one.uuid().get_version_num(), 7);
    let time = Timestamp::from_millis(1_795_000_000_000);
    assert_ne!(one, WebhookId::derive(&user("v"), "seed", time));
    assert_ne!(one, WebhookId::derive(&user("u"), "other", time));
}

#[test]
fn a_user_id_is_visible_ascii_of_bounded_length() {
    for good in ["u", "auth0|5f7c", "a@b.example", &"x".repeat(128)] {
        assert!(UserId::parse(good).is_ok(), "{good}");
    }
    for bad in ["", "a b", "ü", "a\n", &"x".repeat(129)] {
        assert!(UserId::parse(bad).is_err(), "{bad:?}");
    }
}
