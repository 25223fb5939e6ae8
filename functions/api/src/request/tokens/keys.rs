//! The issuer's public keys, each with the algorithms that it may verify.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// What a token may be signed with: all of them take a private key that only the issuer has.
pub(super) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Most keys that are read. Issuers publish a handful.
const MAX_KEYS: usize = 100;

/// The keys of an issuer.
pub(super) struct IssuerKeySet(Vec<IssuerKey>);

struct IssuerKey {
    id: String,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl IssuerKeySet {
    /// Reads a JSON Web Key Set (RFC 7517). Keys that cannot be used here are passed over (section
    /// 5): encryption keys, unknown types and curves, shared secrets, keys without an id.
    ///
    /// # Errors
    /// A sentence, if it is no key set or holds no usable key.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set =
            serde_json::from_str(text).map_err(|_| "the issuer's keys are not a key set")?;
        let keys = set.keys.into_iter().take(MAX_KEYS);
        let keys: Vec<IssuerKey> =
            keys.filter_map(|key| usable(serde_json::from_value(key).ok()?)).collect();
        if keys.is_empty() { Err("the issuer has no usable key") } else { Ok(Self(keys)) }
    }

    /// Whether there is a key with this id.
    pub(super) fn contain(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id == id)
    }

    /// The key with this id, if it may verify this algorithm.
    pub(super) fn find(&self, id: &str, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut keys = self.0.iter();
        let found = keys.find(|key| key.id == id && key.algorithms.contains(&algorithm));
        found.map(|key| &key.key)
    }
}

fn usable(jwk: Jwk) -> Option<IssuerKey> {
    let common = &jwk.common;
    let is_for_signatures = common
        .public_key_use
        .as_ref()
        .is_none_or(|it| *it == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|them| them.contains(&KeyOperations::Verify));
    let mut algorithms: Vec<Algorithm> = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => ALGORITHMS[..6].to_vec(),
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            vec![Algorithm::EdDSA]
        }
        _ => return None,
    };
    if let Some(named) = common.key_algorithm {
        let named = Algorithm::try_from(named).ok();
        algorithms.retain(|algorithm| Some(*algorithm) == named);
    }
    if !is_for_signatures || algorithms.is_empty() {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some(IssuerKey { id: common.key_id.clone()?, algorithms, key })
}
