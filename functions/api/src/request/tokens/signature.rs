//! Signatures, by the cryptography that TLS uses already: ring.
//!
//! `jsonwebtoken` reads tokens and keys and leaves the mathematics to a provider. This one verifies
//! and does nothing else: there is nothing here to sign, and no shared secret to compare.

use grapnel_domain::token::Refusal;
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, Validation,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    decode,
    errors::{Error, ErrorKind},
    signature::{self, Verifier},
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};
use std::collections::HashSet;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Chooses the provider of this process.
pub(super) fn install() {
    // Refused if one was chosen before, which was this one: nothing else here knows the library.
    let _ = PROVIDER.install_default();
}

/// The claims of a token that was signed with `key` by `algorithm`. Of them, nothing is checked:
/// that takes the time of day, which is a port's.
pub(super) fn verified_claims(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
) -> Result<Map<String, Value>, Refusal> {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    decode(token, key, &validation).map(|token| token.claims).map_err(|_| Refusal::Signature)
}

/// One algorithm with one key.
struct Signed {
    algorithm: Algorithm,
    with: With,
    key: DecodingKey,
}

#[derive(Clone, Copy)]
enum With {
    Rsa(&'static RsaParameters),
    Point(&'static dyn VerificationAlgorithm),
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let (family, with) = match algorithm {
        Algorithm::RS256 => (AlgorithmFamily::Rsa, With::Rsa(&RSA_PKCS1_2048_8192_SHA256)),
        Algorithm::RS384 => (AlgorithmFamily::Rsa, With::Rsa(&RSA_PKCS1_2048_8192_SHA384)),
        Algorithm::RS512 => (AlgorithmFamily::Rsa, With::Rsa(&RSA_PKCS1_2048_8192_SHA512)),
        Algorithm::PS256 => (AlgorithmFamily::Rsa, With::Rsa(&RSA_PSS_2048_8192_SHA256)),
        Algorithm::PS384 => (AlgorithmFamily::Rsa, With::Rsa(&RSA_PSS_2048_8192_SHA384)),
        Algorithm::PS512 => (AlgorithmFamily::Rsa, With::Rsa(&RSA_PSS_2048_8192_SHA512)),
        Algorithm::ES256 => (AlgorithmFamily::Ec, With::Point(&ECDSA_P256_SHA256_FIXED)),
        Algorithm::ES384 => (AlgorithmFamily::Ec, With::Point(&ECDSA_P384_SHA384_FIXED)),
        Algorithm::EdDSA => (AlgorithmFamily::Ed, With::Point(&ED25519)),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    if key.family() != family {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    Ok(Box::new(Signed { algorithm: *algorithm, with, key: key.clone() }))
}

impl Verifier<Vec<u8>> for Signed {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match (self.with, self.key.kind()) {
            (With::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            (With::Point(algorithm), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(algorithm, point).verify(message, signature)
            }
            _ => return Err(signature::Error::new()),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Signed {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::jwk::Jwk;
    use rstest::rstest;
    use serde_json::json;

    /// The claims of the examples in RFC 7515, appendices A.2 and A.3.
    const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    fn rsa() -> (DecodingKey, String) {
        let key = json!({"kty": "RSA", "e": "AQAB", "n": concat!(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0",
            "Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXnd",
            "S5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5Ihl",
            "JH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        )});
        let signature = concat!(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2",
            "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjt",
            "QBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6",
            "IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        );
        (read(key), format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}.{signature}"))
    }

    fn ec() -> (DecodingKey, String) {
        let key = json!({
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        });
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        (read(key), format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS}.{signature}"))
    }

    fn read(key: Value) -> DecodingKey {
        install();
        let key: Jwk = serde_json::from_value(key).expect("a key");
        DecodingKey::from_jwk(&key).expect("a usable key")
    }

    #[rstest]
    #[case::rsa(rsa(), Algorithm::RS256)]
    #[case::ec(ec(), Algorithm::ES256)]
    fn the_examples_of_rfc_7515_verify_and_no_change_of_them_does(
        #[case] (key, token): (DecodingKey, String),
        #[case] algorithm: Algorithm,
    ) {
        let claims = verified_claims(&token, algorithm, &key).expect("verified");
        assert_eq!(claims["iss"], "joe");
        let (signed, signature) = token.rsplit_once('.').expect("a signature");
        for other in [
            format!("{signed}."),
            format!("{signed}.{}", &signature[4..]),
            format!("{signed}.{}", signature.replacen(&signature[..4], "AAAA", 1)),
            format!("{}.{signature}", signed.replacen("eyJpc3M", "eyJpc3N", 1)),
            format!("{token}.{signature}"),
            signed.to_owned(),
        ] {
            assert_eq!(
                verified_claims(&other, algorithm, &key),
                Err(Refusal::Signature),
                "{other}"
            );
        }
    }

    #[test]
    fn a_key_verifies_the_algorithms_of_its_own_type_only() {
        let ((rsa, by_rsa), (ec, by_ec)) = (rsa(), ec());
        for (token, algorithm, key) in [
            (&by_rsa, Algorithm::RS256, &ec),
            (&by_ec, Algorithm::ES256, &rsa),
            (&by_rsa, Algorithm::RS384, &rsa),
            (&by_rsa, Algorithm::PS256, &rsa),
            (&by_ec, Algorithm::ES384, &ec),
            (&by_ec, Algorithm::HS256, &ec),
        ] {
            let refused = verified_claims(token, algorithm, key);
            assert_eq!(refused, Err(Refusal::Signature), "{algorithm:?}");
        }
    }
}
