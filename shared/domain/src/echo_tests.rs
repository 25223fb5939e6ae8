use super::*;
use rstest::rstest;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const BODY: &[u8] = br#"{"id":"evt_1"}"#;

fn echo(fail_first: usize) -> Echo {
    Echo {
        id: EchoId::from_uuid(Uuid::from_u128(7)),
        secret: Secret::from_random([5; 32]),
        fail_first,
        expires_at: NOW.plus(LIFETIME),
        requests: Vec::new(),
    }
}

/// Whether an echo takes a request with this id, signed with this secret so many seconds from now.
fn takes(echo: &Echo, secret: &Secret, id: &str, seconds: i64, body: &[u8]) -> bool {
    let time = NOW.as_secs() + seconds;
    let (signature, time) = (secret.sign_standard(id, time, BODY), time.to_string());
    let header = |name: &str| match name {
        "webhook-id" => Some(id),
        "webhook-timestamp" => Some(time.as_str()),
        "webhook-signature" => Some(signature.as_str()),
        _ => None,
    };
    let headers = StandardHeaders::read(header).expect("well formed");
    echo.is_signed_for(&headers, body, NOW)
}

#[rstest]
#[case(0, 0)]
#[case(1, 1)]
#[case(5, 5)]
fn the_first_requests_fail_and_the_others_succeed(#[case] fail_first: usize, #[case] fail: usize) {
    let echo = echo(fail_first);
    for place in 0..MAX_REQUESTS {
        let expected = if place < fail { EchoAnswer::Failure } else { EchoAnswer::Success };
        assert_eq!(echo.answer(place), expected, "{place}");
    }
}

#[test]
fn requests_are_counted_down() {
    let mut echo = echo(0);
    assert_eq!(echo.requests_left(), MAX_REQUESTS);
    let request = EchoedRequest { message_id: "evt_1".to_owned(), at: NOW, sender_version: None };
    echo.requests = vec![request.clone(); MAX_REQUESTS - 1];
    assert_eq!(echo.requests_left(), 1);
    echo.requests.push(request);
    assert_eq!(echo.requests_left(), 0);
}

#[test]
fn a_request_is_taken_if_its_own_secret_signed_it_in_time() {
    let (echo, other) = (echo(0), Secret::from_random([6; 32]));
    for seconds in [-300, 0, 300] {
        assert!(takes(&echo, &echo.secret, "evt_1", seconds, BODY), "{seconds}");
    }
    for seconds in [-301, 301] {
        assert!(!takes(&echo, &echo.secret, "evt_1", seconds, BODY), "{seconds}");
    }
    assert!(!takes(&echo, &other, "evt_1", 0, BODY));
    assert!(!takes(&echo, &echo.secret, "evt_1", 0, b"{}"));
    assert!(takes(&echo, &echo.secret, &"i".repeat(MAX_MESSAGE_ID_BYTES), 0, BODY));
    assert!(!takes(&echo, &echo.secret, &"i".repeat(MAX_MESSAGE_ID_BYTES + 1), 0, BODY));
}

#[test]
fn an_echo_takes_nothing_from_its_end_on() {
    let live = echo(0);
    let ended = Echo { expires_at: NOW, ..live.clone() };
    assert!(live.is_live(NOW) && takes(&live, &live.secret, "evt_1", 0, BODY));
    assert!(!ended.is_live(NOW) && !takes(&ended, &ended.secret, "evt_1", 0, BODY));
}

#[rstest]
#[case("Grapnel/0.1.0", Some("0.1.0"))]
#[case("Grapnel/10.20.30-rc.1+build-7", Some("10.20.30-rc.1+build-7"))]
#[case::another_case("grapnel/0.1.0", None)]
#[case::more_than_that("Grapnel/0.1.0 (x)", None)]
#[case::more_before_it("x Grapnel/0.1.0", None)]
#[case::two_numbers("Grapnel/0.1", None)]
#[case::four_numbers("Grapnel/0.1.0.0", None)]
#[case::padded("Grapnel/0.01.0", None)]
#[case::signed("Grapnel/0.+1.0", None)]
#[case::an_empty_suffix("Grapnel/0.1.0-", None)]
#[case::an_empty_identifier("Grapnel/0.1.0-a..b", None)]
#[case::other_digits("Grapnel/0.1.\u{663}", None)]
#[case::nothing("Grapnel/", None)]
#[case::a_browser("Mozilla/5.0", None)]
fn the_version_of_a_sender_is_read_exactly(
    #[case] user_agent: &str,
    #[case] expected: Option<&str>,
) {
    assert_eq!(sender_version(user_agent), expected);
}

#[test]
fn the_version_of_a_sender_is_bounded() {
    let of_length =
        |length: usize| format!("Grapnel/0.1.0-{}", "a".repeat(length - "0.1.0-".len()));
    assert!(sender_version(&of_length(MAX_VERSION_BYTES)).is_some());
    assert_eq!(sender_version(&of_length(MAX_VERSION_BYTES + 1)), None);
}

#[test]
fn the_requests_of_deliveries_name_their_version() {
    let version = sender_version(crate::request::USER_AGENT);
    assert_eq!(version, Some(env!("CARGO_PKG_VERSION")));
}
