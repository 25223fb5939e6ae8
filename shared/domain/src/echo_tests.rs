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
    let request = EchoedRequest { message_id: "evt_1".to_owned(), at: NOW };
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
