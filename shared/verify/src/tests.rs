use super::*;

const NOW: i64 = 1_800_000_000;

fn secret(byte: u8) -> Secret {
    Secret::from_random([byte; 32])
}

fn report(secrets: &[u8], body: &[u8], age: i64) -> Report {
    let signed = NOW - age;
    let (signature, time) = (secret(1).sign_body(b"{}"), signed.to_string());
    let standard = secret(1).sign_standard("evt_1", signed, b"{}");
    let received = Received::read(body, |name| match name {
        verify::BODY_SIGNATURE => Some(&signature),
        verify::ID => Some("evt_1"),
        verify::TIMESTAMP => Some(&time),
        verify::STANDARD_SIGNATURE => Some(&standard),
        _ => None,
    });
    let secrets = Secrets(secrets.iter().copied().map(secret).collect());
    let now = Timestamp::from_millis(NOW * 1000);
    secrets.judge(&received, now, verify::TOLERANCE).expect("a secret")
}

#[test]
fn what_is_wrong_is_said_exactly() {
    let old = report(&[1], b"{}", 7_380);
    let details: Vec<_> = old.checks.iter().map(|it| (it.header, detail(it))).collect();
    let expected = [
        ("x-webhook-signature", "fits"),
        ("webhook-id", "is there"),
        ("webhook-timestamp", "is too old: signed 2h 3m ago"),
        ("webhook-signature", "fits"),
    ];
    assert_eq!(details, expected.map(|(header, detail)| (header, detail.to_owned())));
    let changed = report(&[1], b"{}\n", 0);
    assert_eq!(summary(&changed), "x-webhook-signature does not fit");
    assert_eq!((faults(&old), faults(&changed)), (1, 2));
}

#[test]
fn any_of_several_secrets_will_do() {
    assert!(report(&[3, 1, 2], b"{}", 0).is_verified());
    assert!(!report(&[3, 2], b"{}", 0).is_verified());
}

#[test]
fn what_is_no_secret_is_named() {
    let wrong = "whsec_bm90IGxvbmcgZW5vdWdo".to_owned();
    let texts = [format!(" {}\n", secret(1).reveal()), wrong.clone()];
    assert!(Secrets::parse(&texts[..1]).is_ok_and(|secrets| !secrets.is_empty()));
    let refused = Secrets::parse(&texts).map(|_| ()).expect_err("refused");
    assert_eq!(refused, (wrong.as_str(), InvalidSecret));
}
