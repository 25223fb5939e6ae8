//! An issuer of tokens for tests: it signs any claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

/// A key pair (ES256) of an issuer.
pub struct TokenSigner {
    id: String,
    pair: EcdsaKeyPair,
}

impl TokenSigner {
    /// A new key pair with this id.
    ///
    /// # Panics
    /// If the operating system has no random numbers.
    #[must_use]
    pub fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key");
        Self { id: id.to_owned(), pair }
    }

    /// The public point: a byte for the form, and its two coordinates.
    #[must_use]
    pub fn public_point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The public key as a JSON Web Key.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let coordinate = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = self.public_point();
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": coordinate(&point[1..33]), "y": coordinate(&point[33..])})
    }

    /// A token with this header and these claims, always signed with ES256, even if the header has
    /// another algorithm.
    ///
    /// # Panics
    /// If the operating system has no random numbers.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token with these claims and an issuer's usual header.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        self.sign(&json!({"alg": "ES256", "typ": "JWT", "kid": self.id}), claims)
    }
}

/// The part of a token that is signed.
#[must_use]
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// These public keys as an issuer publishes them.
#[must_use]
pub fn key_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}
