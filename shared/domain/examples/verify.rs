//! How a receiver checks `X-Webhook-Signature`; the README shows this file.
//! Usage: `verify <secret> <body> <signature>`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

fn verify(secret: &str, body: &[u8], signature: &str) -> bool {
    let Some(digest) = signature.strip_prefix("sha256=").and_then(|hex| hex::decode(hex).ok())
    else {
        return false;
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(body);
    mac.verify_slice(&digest).is_ok() // takes the same time wherever they differ
}

/// Checks the program's arguments.
pub(crate) fn run([secret, body, signature]: [String; 3]) -> bool {
    verify(&secret, body.as_bytes(), &signature)
}

fn main() {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    println!("{}", run(arguments.try_into().expect("three arguments")));
}
