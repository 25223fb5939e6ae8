//! The checks that a receiver should make before it accepts a request.

use grapnel_domain::{
    signature::{
        Secret,
        verify::{self, Received, TOLERANCE},
    },
    time::Timestamp,
};
use http::HeaderMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Checks both signatures of a request with the webhook's secret.
///
/// # Errors
/// A short description of the fault.
pub(crate) fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secret: &str,
    now: SystemTime,
) -> Result<(), String> {
    let secret = Secret::parse(secret.trim())
        .map_err(|_| "the webhook's secret is not known yet".to_owned())?;
    let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let report = verify::verify(&Received::read(body, header), &secret, now, TOLERANCE);
    match report.first_fault() {
        Some((header, fault)) => Err(format!("{header} {fault}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const BODY: &[u8] = br#"{"type":"lead.created"}"#;

    fn secret() -> Secret {
        Secret::from_random([5; 32])
    }

    fn signed_at(seconds: u64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: String| {
            headers.insert(name, value.parse().expect("a header value"));
        };
        set("x-webhook-signature", secret().sign_body(BODY));
        set("webhook-id", "evt_1".to_owned());
        set("webhook-timestamp", seconds.to_string());
        let standard = secret().sign_standard("evt_1", seconds.cast_signed(), BODY);
        set("webhook-signature", format!("v1,c29tZXRoaW5nIGVsc2U= {standard}"));
        headers
    }

    fn check(headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        verify(headers, body, secret().reveal(), now)
    }

    #[test]
    fn a_request_with_both_signatures_is_believed() {
        assert_eq!(check(&signed_at(1_000_000), BODY), Ok(()));
        assert_eq!(check(&signed_at(999_701), BODY), Ok(()));
        assert_eq!(check(&signed_at(1_000_299), BODY), Ok(()));
    }

    #[test]
    fn a_changed_body_an_old_request_or_a_missing_header_is_not() {
        let headers = signed_at(1_000_000);
        assert!(check(&headers, b"{}").is_err());
        assert!(check(&signed_at(999_000), BODY).is_err());
        assert!(check(&signed_at(u64::MAX), BODY).is_err());
        for name in ["x-webhook-signature", "webhook-id", "webhook-timestamp", "webhook-signature"]
        {
            let mut headers = headers.clone();
            headers.remove(name);
            assert_eq!(check(&headers, BODY), Err(format!("{name} is missing")));
        }
    }

    #[test]
    fn each_signature_is_checked_for_itself() {
        for name in ["x-webhook-signature", "webhook-signature", "webhook-id"] {
            let mut headers = signed_at(1_000_000);
            headers.insert(name, "v1,AAAA".parse().expect("a header value"));
            assert!(check(&headers, BODY).is_err(), "{name}");
        }
    }
}
