//! Tokens of the one OpenID Connect issuer that a deployment may believe.
//!
//! A token passes, in this order: its size and header (`header`), which names an algorithm and a
//! key; its claims ([`TokenRules`]), so that what is not meant for us costs no look-up; the issuer's
//! key (`cache`, `keys`); and its signature (`signature`). The user is taken from what was signed.
//!
//! Algorithms are pinned: signatures with public keys only, each key for the algorithms of its own
//! type. `none` and the ones with shared secrets are refused before any key is looked at.

mod cache;
mod keys;
mod signature;

use cache::{Cache, Plan};
use grapnel_domain::{
    ports::{FetchIssuerKeys, PortError},
    time::Timestamp,
    token::{Refusal, TokenRules, TokenUser},
};
use jsonwebtoken::{Algorithm, Header, dangerous::insecure_decode_claims, decode_header};
use keys::IssuerKeySet;
use serde_json::{Map, Value};
use std::fmt;
use tokio::sync::Mutex;

/// Most bytes of a token. API Gateway takes 10,240 bytes of headers in all.
const MAX_TOKEN_BYTES: usize = 8192;

/// What `typ` may be, in any case: a JWT (RFC 7519 section 5.1), or an access token (RFC 9068).
/// Other kinds of tokens of the same issuer are no credentials.
const TYPES: [&str; 4] = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"];

/// Believes an issuer's tokens, and keeps its public keys while the function's instance lives.
pub struct Tokens<F> {
    rules: TokenRules,
    issuer: F,
    cache: Mutex<Cache>,
}

impl<F> fmt::Debug for Tokens<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// Why a token gets nobody in.
#[derive(Debug)]
pub(crate) enum Denied {
    /// It is not believed.
    Refused(Refusal),
    /// The issuer's keys are not known, so that nobody can tell.
    Unknown(PortError),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Whether this can only be a token: three parts with dots between them, as no key has.
pub(crate) fn is_token(presented: &str) -> bool {
    presented.split('.').count() == 3
}

impl<F: FetchIssuerKeys> Tokens<F> {
    /// Tokens that these rules believe, with no key known yet.
    #[must_use]
    pub fn new(rules: TokenRules, issuer: F) -> Self {
        signature::install();
        Self { rules, issuer, cache: Mutex::default() }
    }

    /// The user that the token stands for.
    pub(crate) async fn user(&self, token: &str, now: Timestamp) -> Result<TokenUser, Denied> {
        let (algorithm, key_id) = header(token)?;
        let unverified: Map<String, Value> =
            insecure_decode_claims(token).map_err(|_| Refusal::Unreadable("its claims"))?;
        self.rules.user(&unverified, now)?;

        let mut cache = self.cache.lock().await;
        self.refresh(&mut cache, &key_id, now).await?;
        let key = cache.keys(now).and_then(|keys| keys.find(&key_id, algorithm));
        let key = key.ok_or(Refusal::UnknownKey)?;
        let claims = signature::verified_claims(token, algorithm, key)?;
        Ok(self.rules.user(&claims, now)?)
    }

    /// Asks the issuer if it is time to. If that fails, the keys that are still usable are used.
    async fn refresh(&self, cache: &mut Cache, key_id: &str, now: Timestamp) -> Result<(), Denied> {
        match cache.plan(key_id, now) {
            Plan::Use => return Ok(()),
            Plan::Wait => {
                let error = "the issuer's keys could not be fetched a moment ago";
                return Err(Denied::Unknown(PortError::Unavailable(error.into())));
            }
            Plan::Fetch => {}
        }
        cache.tried(now);
        let fetched = self.issuer.fetch_keys().await;
        let parsed = fetched.and_then(|text| {
            IssuerKeySet::parse(&text).map_err(|error| PortError::Unavailable(error.into()))
        });
        match parsed {
            Ok(keys) => cache.fetched(keys, now),
            Err(error) if cache.keys(now).is_some() => {
                tracing::warn!(%error, "the issuer's keys were not fetched; older ones are used");
            }
            Err(error) => return Err(Denied::Unknown(error)),
        }
        Ok(())
    }
}

/// The algorithm and the key that the token's header names.
fn header(token: &str) -> Result<(Algorithm, String), Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::Unreadable("it is too long"));
    }
    let header = decode_header(token).map_err(|_| Refusal::Unreadable("its header"))?;
    let Header { alg, typ, kid, crit, .. } = header;
    if !keys::ALGORITHMS.contains(&alg) {
        return Err(Refusal::Algorithm);
    }
    if typ.is_some_and(|typ| !TYPES.contains(&typ.to_ascii_lowercase().as_str())) {
        return Err(Refusal::Unreadable("it is of another type"));
    }
    if crit.is_some() {
        return Err(Refusal::Unreadable("it asks for extensions"));
    }
    Ok((alg, kid.ok_or(Refusal::UnknownKey)?))
}
