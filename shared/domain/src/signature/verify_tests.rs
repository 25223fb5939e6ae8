use super::*;
use rstest::rstest;

const BODY: &[u8] = br#"{"id":"evt_1","data":{"note":"a \" b\\","n":1}}"#;
const NOW: i64 = 1_800_000_000;

fn secret() -> Secret {
    Secret::from_random([5; 32])
}

/// A signed request, as name and value.
fn signed_at(seconds: i64, body: &[u8]) -> Vec<(&'static str, String)> {
    vec![
        (BODY_SIGNATURE, secret().sign_body(body)),
        (ID, "evt_1".to_owned()),
        (TIMESTAMP, seconds.to_string()),
        (STANDARD_SIGNATURE, secret().sign_standard("evt_1", seconds, body)),
    ]
}

fn with(mut headers: Vec<(&'static str, String)>, name: &'static str, value: &str) -> Headers {
    headers.retain(|(there, _)| *there != name);
    headers.push((name, value.to_owned()));
    headers
}

type Headers = Vec<(&'static str, String)>;

fn check_with(headers: &Headers, body: &[u8], secret: &Secret) -> Report {
    let header = |name| headers.iter().find(|(there, _)| *there == name).map(|(_, v)| v.as_str());
    let now = Timestamp::from_millis(NOW * 1000 + 999);
    verify(&Received::read(body, header), secret, now, TOLERANCE)
}

fn check(headers: &Headers, body: &[u8]) -> Report {
    check_with(headers, body, &secret())
}

#[rstest]
fn a_request_with_both_signatures_is_verified(#[values(-300, 0, 300)] seconds: i64) {
    let report = check(&signed_at(NOW + seconds, BODY), BODY);
    assert!(report.is_verified(), "{report:?}");
    assert_eq!((report.first_fault(), report.cause), (None, None));
}

#[rstest]
fn a_missing_header_is_named(
    #[values(BODY_SIGNATURE, ID, TIMESTAMP, STANDARD_SIGNATURE)] name: &'static str,
) {
    let mut headers = signed_at(NOW, BODY);
    headers.retain(|(there, _)| *there != name);
    let report = check(&headers, BODY);
    assert_eq!(report.first_fault(), Some((name, Fault::Missing)));
    assert_eq!(report.cause, None, "nothing that is there is wrong");
}

#[test]
fn a_request_out_of_its_time_is_refused_with_how_far() {
    let at = |seconds| check(&signed_at(seconds, BODY), BODY).first_fault();
    assert_eq!(at(NOW - 301), Some((TIMESTAMP, Fault::TooOld(Duration::from_secs(301)))));
    assert_eq!(at(NOW + 301), Some((TIMESTAMP, Fault::TooNew(Duration::from_secs(301)))));
    assert!(at(0).is_some());
    assert!(at(i64::MAX).is_some());
}

#[rstest]
#[case::no_prefix(BODY_SIGNATURE, "00")]
#[case::no_hex(BODY_SIGNATURE, "sha256=xy")]
#[case::too_short(BODY_SIGNATURE, "sha256=00")]
#[case::no_number(TIMESTAMP, "now")]
#[case::signed_number(TIMESTAMP, "-5")]
#[case::past_all_numbers(TIMESTAMP, "99999999999999999999")]
#[case::empty(TIMESTAMP, "")]
#[case::no_version(STANDARD_SIGNATURE, "AAAA")]
#[case::other_version(STANDARD_SIGNATURE, "v2,AAAA")]
#[case::no_base64(STANDARD_SIGNATURE, "v1,*")]
fn a_malformed_header_is_named(#[case] name: &'static str, #[case] value: &str) {
    let report = check(&with(signed_at(NOW, BODY), name, value), BODY);
    let (header, fault) = report.first_fault().expect("a fault");
    assert_eq!(header, name);
    assert!(matches!(fault, Fault::Malformed(_)), "{fault:?}");
}

#[test]
fn each_signature_is_checked_for_itself() {
    let other = Secret::from_random([6; 32]);
    let body = with(signed_at(NOW, BODY), BODY_SIGNATURE, &other.sign_body(BODY));
    let standard = other.sign_standard("evt_1", NOW, BODY);
    let standard = with(signed_at(NOW, BODY), STANDARD_SIGNATURE, &standard);
    let id = with(signed_at(NOW, BODY), ID, "evt_2");
    let time = with(signed_at(NOW, BODY), TIMESTAMP, &(NOW - 1).to_string());
    for (headers, at_fault) in [
        (body, BODY_SIGNATURE),
        (standard, STANDARD_SIGNATURE),
        (id, STANDARD_SIGNATURE),
        (time, STANDARD_SIGNATURE),
    ] {
        let report = check(&headers, BODY);
        assert_eq!(report.first_fault(), Some((at_fault, Fault::Mismatch)));
        assert_eq!(report.cause, Some(Cause::HeaderChanged));
    }
}

#[test]
fn during_a_rotation_either_secret_verifies() {
    let new = Secret::from_random([6; 32]);
    let mut headers = signed_at(NOW, BODY);
    let both =
        format!("{} {}", new.sign_standard("evt_1", NOW, BODY), headers.last().expect("it").1);
    headers = with(headers, STANDARD_SIGNATURE, &both);
    headers = with(headers, BODY_SIGNATURE, &new.sign_body(BODY));
    headers = with(headers, PREVIOUS_BODY_SIGNATURE, &secret().sign_body(BODY));
    let old = check(&headers, BODY);
    assert!(old.is_verified(), "{old:?}");
    assert_eq!(old.checks[0].result, Ok(Proof::FitsAsPrevious));
    let new = check_with(&headers, BODY, &new);
    assert_eq!(new.checks[0].result, Ok(Proof::Fits));
    assert!(new.is_verified());
}

#[rstest]
#[case::saved_by_an_editor(BODY, [BODY, b"\n"].concat(), Change::NewlineAdded)]
#[case::saved_on_windows(BODY, [BODY, b"\r\n"].concat(), Change::NewlineAdded)]
#[case::trimmed(b"{}\n", b"{}".to_vec(), Change::NewlineLost)]
#[case::marked(BODY, [b"\xEF\xBB\xBF", BODY].concat(), Change::ByteOrderMark)]
#[case::other_line_ends(b"{\n}\n", b"{\r\n}\r\n".to_vec(), Change::LineBreaks)]
#[case::pretty(
    BODY,
    b"{\n  \"id\": \"evt_1\",\n  \"data\": { \"note\": \"a \\\" b\\\\\", \"n\": 1 }\n}".to_vec(),
    Change::Reformatted
)]
fn a_body_that_was_changed_says_how(
    #[case] sent: &[u8],
    #[case] arrived: Vec<u8>,
    #[case] change: Change,
) {
    let report = check(&signed_at(NOW, sent), &arrived);
    assert!(!report.is_verified());
    assert_eq!(report.cause, Some(Cause::BodyChanged(change)));
}

#[test]
fn what_cannot_be_told_apart_is_not() {
    let report = check_with(&signed_at(NOW, BODY), BODY, &Secret::from_random([6; 32]));
    assert_eq!(report.cause, Some(Cause::SecretOrBody));
    let report = check(&signed_at(NOW, BODY), b"{}");
    assert_eq!(report.cause, Some(Cause::SecretOrBody));
}
