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
    let between = Secret::from_random([7; 32]).sign_body(BODY);
    let previous = format!("{between} {}", secret().sign_body(BODY));
    headers = with(headers, PREVIOUS_BODY_SIGNATURE, &previous);
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
    Change::Reserialised(Rewriting::default())
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

const ENVELOPE: &str = concat!(
    r#"{"id":"evt_1","type":"lead.created","timestamp":"2026-11-24T06:24:00.000Z","#,
    r#""data":{"name":"Z\u00fc <Rich>/Ost","total":12.50,"count":1e3,"user":"u"}}"#
);

/// The body as it was sent, and as it was kept after another program wrote it.
fn rewritten(sent: &str, writer: impl Fn(&str) -> String) -> (String, String) {
    let sent = sent.to_owned();
    let kept = writer(&sent);
    assert_ne!(sent, kept);
    (sent, kept)
}

#[rstest]
#[case::python(rewritten(ENVELOPE, |it| it.replace("\":", "\": ").replace(",\"", ", \"")))]
#[case::javascript(rewritten(ENVELOPE, |it| it.replace("\\u00fc", "ü").replace("12.50", "12.5").replace("1e3", "1000")))]
#[case::numbers_alone(rewritten(ENVELOPE, |it| it.replace("12.50", "12.5").replace("1e3", "1000.0")))]
#[case::escapes_alone(rewritten(ENVELOPE, |it| it.replace("\\u00fc", "ü")))]
#[case::sorted(rewritten(ENVELOPE, |_| concat!(
    r#"{"data":{"count":1e3,"name":"Z\u00fc <Rich>/Ost","total":12.50,"user":"u"},"id":"evt_1","#,
    r#""timestamp":"2026-11-24T06:24:00.000Z","type":"lead.created"}"#
).to_owned()))]
#[case::data_in_another_order(rewritten(ENVELOPE, |it| it.replace(r#""total":12.50,"count":1e3"#, r#""count":1e3,"total":12.50"#)))]
#[case::pretty_with_a_line_break(rewritten(ENVELOPE, |it| it.replace(',', ",\n  ") + "\n"))]
#[case::raw_with_blanks_before(rewritten(r#"{"a": 1, "b": [1, 2]}"#, |it| it.replace(' ', "")))]
#[case::data_with_blanks_before(rewritten(
    r#"{"id":"evt_1","type":"a","timestamp":"t","data":{"a": 1, "b": [1, 2]}}"#,
    |it| it.replace(' ', "")
))]
#[case::raw_umlaut(rewritten("{\"name\":\"Zürich\"}", |it| it.replace('ü', "\\u00fc")))]
#[case::raw_surrogates(rewritten(r#"{"name":"\ud83e\udd9e"}"#, |it| it.replace("\\ud83e\\udd9e", "🦞")))]
#[case::raw_slash(rewritten(r#"{"url":"https:\/\/a"}"#, |it| it.replace('\\', "")))]
#[case::raw_html(rewritten(r#"{"html":"\u003cb\u003e"}"#, |it| it.replace("\\u003c", "<").replace("\\u003e", ">")))]
#[case::raw_order(rewritten(r#"{"b":1,"a":2,"c":3}"#, |_| r#"{"a":2,"b":1,"c":3}"#.to_owned()))]
fn json_that_was_serialised_again_says_so(
    #[case] (sent, kept): (String, String),
    #[values(false, true)] with_length: bool,
    #[values(false, true)] other_secret: bool,
) {
    let mut headers = signed_at(NOW, sent.as_bytes());
    if with_length {
        headers.push(("content-length", sent.len().to_string()));
    }
    let secret = if other_secret { Secret::from_random([6; 32]) } else { secret() };
    let report = check_with(&headers, kept.as_bytes(), &secret);
    assert!(!report.is_verified());
    let cause = report.cause.expect("a cause");
    let text = cause.to_string();
    if other_secret && matches!(cause, Cause::SecretOrBody) {
        // A change that leaves no trace.
        assert!(!with_length || sent.len() == kept.len(), "{text}");
    } else {
        assert!(text.contains("JSON was serialised again"), "{text}");
    }
}

#[rstest]
#[case::shorter(r#"{"a":"#, "It was cut off.")]
#[case::longer("{\"a\":1}, and more", "(Content-Length).")]
fn a_body_of_another_length_is_told(#[case] kept: &str, #[case] end: &str) {
    let mut headers = signed_at(NOW, b"{\"a\":1}");
    headers.push(("content-length", "7".to_owned()));
    let cause = check(&headers, kept.as_bytes()).cause.expect("a cause");
    assert!(matches!(cause, Cause::Length { sent: 7, is_json: false, .. }), "{cause}");
    assert!(cause.to_string().ends_with(end), "{cause}");
}

#[test]
fn another_secret_is_not_taken_for_a_change() {
    for body in [ENVELOPE.to_owned(), format!("{ENVELOPE}\n"), r#"{"a": 1}"#.to_owned()] {
        let headers = signed_at(NOW, body.as_bytes());
        let report = check_with(&headers, body.as_bytes(), &Secret::from_random([6; 32]));
        assert_eq!(report.cause, Some(Cause::SecretOrBody), "{body}");
    }
}

#[test]
fn what_cannot_be_told_apart_is_not() {
    let report = check_with(&signed_at(NOW, BODY), BODY, &Secret::from_random([6; 32]));
    assert_eq!(report.cause, Some(Cause::SecretOrBody));
    let report = check(&signed_at(NOW, BODY), b"{}");
    assert_eq!(report.cause, Some(Cause::SecretOrBody));
}

fn standard<'a>(headers: &'a Headers) -> Option<StandardHeaders<'a>> {
    StandardHeaders::read(|name| {
        headers.iter().find(|(there, _)| *there == name).map(|(_, value)| value.as_str())
    })
}

#[test]
fn the_standard_headers_fit_the_signed_body_and_secret_alone() {
    let signed = signed_at(NOW, BODY);
    let good = signed[3].1.clone();
    let wrong = Secret::from_random([6; 32]).sign_standard("evt_1", NOW, BODY);
    for signature in [good.clone(), format!("{wrong} {good}"), format!("v1a,x v1,AA== {good}")] {
        let headers = with(signed.clone(), STANDARD_SIGNATURE, &signature);
        let headers = standard(&headers).expect("well formed");
        assert!(headers.fit(BODY, &secret()), "{signature}");
        assert!(!headers.fit(b"{}", &secret()), "{signature}");
    }
    for (name, value) in [
        (STANDARD_SIGNATURE, wrong.as_str()),
        (STANDARD_SIGNATURE, "v1,AA=="),
        (STANDARD_SIGNATURE, "v1,"),
        (ID, "evt_2"),
        (ID, ""),
        (TIMESTAMP, "1800000001"),
    ] {
        let headers = with(signed.clone(), name, value);
        let headers = standard(&headers).expect("well formed");
        assert!(!headers.fit(BODY, &secret()), "{name} {value}");
    }
}

#[rstest]
#[case(ID, None)]
#[case(TIMESTAMP, None)]
#[case(TIMESTAMP, Some(""))]
#[case(TIMESTAMP, Some("-1"))]
#[case(TIMESTAMP, Some("99999999999999999999"))]
#[case(STANDARD_SIGNATURE, None)]
#[case(STANDARD_SIGNATURE, Some(""))]
#[case(STANDARD_SIGNATURE, Some("v2,AAAA"))]
#[case(STANDARD_SIGNATURE, Some("v1,%"))]
fn standard_headers_that_are_missing_or_malformed_are_none(
    #[case] name: &'static str,
    #[case] value: Option<&str>,
) {
    let mut headers = signed_at(NOW, BODY);
    headers.retain(|(there, _)| *there != name);
    headers.extend(value.map(|value| (name, value.to_owned())));
    assert!(standard(&headers).is_none());
}

#[test]
fn standard_headers_are_fresh_within_the_tolerance() {
    let now = Timestamp::from_millis(NOW * 1000 + 999);
    for (time, fresh) in [
        (NOW - 301, false),
        (NOW - 300, true),
        (NOW + 300, true),
        (NOW + 301, false),
        (i64::MAX, false),
    ] {
        let headers = signed_at(time, BODY);
        let headers = standard(&headers).expect("well formed");
        assert_eq!(headers.is_fresh(now, TOLERANCE), fresh, "{time}");
    }
}
