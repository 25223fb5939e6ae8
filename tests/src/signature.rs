//! Checks signatures as a receiver does, without any of the sender's code.

use anyhow::{Context, ensure};
use grapnel_receiver::ReceivedRequest;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Checks both signatures of a request: the body's, with the whole secret as the key, and Standard
/// Webhooks', with the official verifier.
///
/// # Errors
/// If one of them is missing or wrong.
pub fn verify(request: &ReceivedRequest, secret: &str) -> anyhow::Result<()> {
    let sent = request.header("x-webhook-signature").context("no x-webhook-signature")?;
    ensure!(sent == of_body(secret, &request.body)?, "x-webhook-signature is wrong: {sent}");
    verify_standard(request, secret)
}

/// The expected `X-Webhook-Signature`.
///
/// # Errors
/// None in practice: a key may have any length.
pub fn of_body(secret: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body);
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

/// Checks Standard Webhooks' headers with the official verifier.
///
/// # Errors
/// If it refuses them.
pub fn verify_standard(request: &ReceivedRequest, secret: &str) -> anyhow::Result<()> {
    let verifier = standardwebhooks::Webhook::new(secret)?;
    Ok(verifier.verify(&request.body, &request.headers)?)
}
