//! Secrets and signatures.
//!
//! Each request has two signatures. `X-Webhook-Signature: sha256=<hex>` is HMAC-SHA256 over the
//! exact body, with the secret as its owner sees it as the key, including `whsec_`. Standard
//! Webhooks' `webhook-signature: v1,<base64>` is HMAC-SHA256 over `<id>.<timestamp>.<body>`, with
//! the bytes that the secret encodes as the key. [`verify`] checks both as a receiver does.

pub mod verify;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Random bytes in a generated secret.
pub const SECRET_BYTES: usize = 32;

const PREFIX: &str = "whsec_";

/// A signing secret: `whsec_` + base64. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: String,
    key: Vec<u8>,
}

/// A text that is not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `whsec_` followed by base64 of 24 to 64 bytes")]
pub struct InvalidSecret;

impl Secret {
    /// The secret with these random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; SECRET_BYTES]) -> Self {
        Self { text: format!("{PREFIX}{}", STANDARD.encode(bytes)), key: bytes.to_vec() }
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// [`InvalidSecret`] if the prefix is missing, the rest is not base64, or it is not 24–64
    /// bytes.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidSecret> {
        let text = text.into();
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let key = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        if (24..=64).contains(&key.len()) { Ok(Self { text, key }) } else { Err(InvalidSecret) }
    }

    /// The whole secret, to store it or to show it to its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The text in place of the secret. It contains no part of the secret.
    #[must_use]
    pub const fn masked(&self) -> &'static str {
        "whsec_********"
    }

    /// The value of `X-Webhook-Signature` for this body.
    #[must_use]
    pub fn sign_body(&self, body: &[u8]) -> String {
        format!("sha256={}", hex::encode(digest(mac(self.text.as_bytes(), &[body]))))
    }

    /// One entry of `webhook-signature`. `timestamp` is in seconds since the epoch.
    #[must_use]
    pub fn sign_standard(&self, message_id: &str, timestamp: i64, body: &[u8]) -> String {
        let head = format!("{message_id}.{timestamp}.");
        format!("v1,{}", STANDARD.encode(digest(mac(&self.key, &[head.as_bytes(), body]))))
    }

    /// Whether `digest` is the result of [`Secret::sign_body`] for this body. The comparison takes
    /// constant time.
    fn signed_body(&self, body: &[u8], digest: &[u8]) -> bool {
        mac(self.text.as_bytes(), &[body]).verify_slice(digest).is_ok()
    }

    /// Whether one of `digests` is the result of [`Secret::sign_standard`] for this body. Reads the
    /// body once for all digests, because the sender decides their number.
    fn signed_standard(
        &self,
        message_id: &str,
        time: i64,
        body: &[u8],
        digests: &[Vec<u8>],
    ) -> bool {
        let head = format!("{message_id}.{time}.");
        let mac = mac(&self.key, &[head.as_bytes(), body]);
        digests.iter().any(|digest| mac.clone().verify_slice(digest).is_ok())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.masked())
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    // HMAC accepts a key of any length, so the error case does not exist. An empty key would be no
    // protection, but `Secret` has a minimum length.
    let mut mac = match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC accepts keys of any length"),
    };
    for part in parts {
        mac.update(part);
    }
    mac
}

fn digest(mac: Hmac<Sha256>) -> [u8; 32] {
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 gives the function; this is the header of the documentation, with the whole secret
    /// as the key, made with `printf '%s' '{"id":"evt_1"}' | openssl dgst -sha256 -hmac
    /// 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='` (OpenSSL 3.0).
    #[test]
    fn the_body_signature_is_a_plain_hmac_with_the_whole_secret_as_key() {
        let secret = Secret::from_random(*b"0123456789abcdef0123456789abcdef");
        assert_eq!(secret.reveal(), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        assert_eq!(
            secret.sign_body(br#"{"id":"evt_1"}"#),
            "sha256=cc4db1ad6a9540421309ab817333060bb7d84494e15878ae78e91a44dcc21747"
        );
    }

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        let mac = mac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(
            hex::encode(digest(mac)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn the_official_verifier_accepts_the_standard_signature() {
        let secret = Secret::from_random([7; 32]);
        let body = br#"{"type":"lead.created"}"#;
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
        let now = i64::try_from(now).expect("fits");
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", "evt_1".parse().expect("valid"));
        headers.insert("webhook-timestamp", now.to_string().parse().expect("valid"));
        let signature = secret.sign_standard("evt_1", now, body);
        headers.insert("webhook-signature", signature.parse().expect("valid"));
        let verifier = standardwebhooks::Webhook::new(secret.reveal()).expect("a valid secret");
        verifier.verify(body, &headers).expect("accepted");
        assert!(verifier.verify(br#"{"type":"lead.deleted"}"#, &headers).is_err());
    }

    #[test]
    fn a_secret_reads_back_and_hides_itself() {
        let secret = Secret::from_random([9; 32]);
        assert_eq!(Secret::parse(secret.reveal()), Ok(secret.clone()));
        assert!(!format!("{secret:?}").contains(&secret.reveal()[6..]));
        for bad in
            ["", "whsec_", "whsec_AAAA", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "whsec_é"]
        {
            assert_eq!(Secret::parse(bad), Err(InvalidSecret), "{bad}");
        }
    }
}
