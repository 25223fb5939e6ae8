//! What a receiver should check before it believes a request.

use grapnel_domain::signature::Secret;
use http::HeaderMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A request older or newer than this is refused: somebody may have kept it.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Checks both signatures of a request against the webhook's secret.
///
/// # Errors
/// What is wrong, in a few words.
pub(crate) fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secret: &str,
    now: SystemTime,
) -> Result<(), String> {
    let secret = Secret::parse(secret.trim())
        .map_err(|_| "the webhook's secret is not known yet".to_owned())?;
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or_else(|| format!("no header {name}"))
    };

    if header("x-webhook-signature")? != secret.sign_body(body) {
        return Err("X-Webhook-Signature does not match".to_owned());
    }

    let id = header("webhook-id")?;
    let timestamp: u64 = header("webhook-timestamp")?
        .parse()
        .map_err(|_| "webhook-timestamp is no number of seconds".to_owned())?;
    let sent = UNIX_EPOCH.checked_add(Duration::from_secs(timestamp)).unwrap_or(UNIX_EPOCH);
    let age = now.duration_since(sent).unwrap_or_else(|ahead| ahead.duration());
    if age > TOLERANCE {
        return Err(format!("signed {} s away from now", age.as_secs()));
    }
    let expected = secret.sign_standard(id, timestamp.cast_signed(), body);
    // While a secret is being replaced there is one signature for each, separated by blanks.
    if header("webhook-signature")?.split(' ').any(|signature| signature == expected) {
        Ok(())
    } else {
        Err("webhook-signature does not match".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(check(&headers, BODY), Err(format!("no header {name}")));
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
