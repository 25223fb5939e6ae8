//! The user of an OpenID Connect token.
//!
//! This module decides by the token's claims, after its signature was verified. It also decides
//! where the issuer's public keys are; a port, [`crate::ports::FetchIssuerKeys`], reads them.

use crate::{ids::UserId, scope::Scope, time::Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

/// Maximum difference between the clocks of issuer and service.
pub const LEEWAY: Duration = Duration::from_secs(60);

/// The tokens that a deployment accepts, and the claims that it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRules {
    /// `iss`, character by character.
    pub issuer: String,
    /// One of them must be in `aud`, or must be the `client_id` of a token without `aud`.
    pub audiences: Vec<String>,
    /// The claim with the user's id.
    pub user_claim: String,
    /// The claim with the scopes: a list, or one text with spaces between them.
    pub scope_claim: String,
    /// The prefix of our scopes in that claim; may be empty.
    pub scope_prefix: String,
    /// Scopes that every accepted token has.
    pub default_scopes: Vec<Scope>,
}

/// The user of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUser {
    pub id: UserId,
    /// Sorted, without duplicates. Never [`Scope::Admin`].
    pub scopes: Vec<Scope>,
}

/// Why a token is refused. No text repeats any part of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not a signed token that this service can read.
    #[error("not a readable token: {0}")]
    Unreadable(&'static str),
    /// Its signature's algorithm is not accepted.
    #[error("its algorithm is not accepted")]
    Algorithm,
    /// The issuer has no such key, or none for this algorithm.
    #[error("its key is not one of the issuer's")]
    UnknownKey,
    /// It was not signed with the key that it names, or was changed since.
    #[error("its signature is wrong")]
    Signature,
    /// `iss` is another issuer.
    #[error("it comes from another issuer")]
    Issuer,
    /// `aud` names other audiences.
    #[error("it is meant for another audience")]
    Audience,
    /// `exp` is past.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("it is not valid yet")]
    NotYet,
    /// A required claim is missing or invalid.
    #[error("its claim {0} is missing or unusable")]
    Claim(&'static str),
}

impl TokenRules {
    /// The user of these claims.
    ///
    /// A token never has the scope `admin`: it acts only for its user. Other scopes (`openid`,
    /// another service's) are ignored.
    ///
    /// # Errors
    /// The first reason to refuse them.
    pub fn user(&self, claims: &Map<String, Value>, now: Timestamp) -> Result<TokenUser, Refusal> {
        let issuer = claims.get("iss").and_then(Value::as_str).ok_or(Refusal::Claim("iss"))?;
        if issuer != self.issuer {
            return Err(Refusal::Issuer);
        }
        if !self.is_audience_of(claims) {
            return Err(Refusal::Audience);
        }
        check_times(claims, now)?;
        let id = claims.get(&self.user_claim).and_then(Value::as_str);
        let id = id.and_then(|id| UserId::parse(id).ok()).ok_or(Refusal::Claim("of the user"))?;
        Ok(TokenUser { id, scopes: self.scopes(claims) })
    }

    /// Access tokens of Amazon Cognito have no `aud` and name their client instead.
    fn is_audience_of(&self, claims: &Map<String, Value>) -> bool {
        let is_ours = |named: &Value| {
            named.as_str().is_some_and(|named| self.audiences.iter().any(|ours| ours == named))
        };
        match claims.get("aud").or_else(|| claims.get("client_id")) {
            Some(Value::Array(several)) => several.iter().any(is_ours),
            Some(one) => is_ours(one),
            None => false,
        }
    }

    fn scopes(&self, claims: &Map<String, Value>) -> Vec<Scope> {
        let said: Vec<&str> = match claims.get(&self.scope_claim) {
            Some(Value::String(text)) => text.split(' ').collect(),
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let named = said.iter().filter_map(|entry| entry.strip_prefix(self.scope_prefix.as_str()));
        let mut scopes: Vec<Scope> = named.filter_map(|name| name.parse().ok()).collect();
        scopes.extend(&self.default_scopes);
        scopes.retain(|scope| Scope::OF_USERS.contains(scope));
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }
}

/// `exp` is required; `nbf` and `iat` are optional.
fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(), Refusal> {
    let now = now.as_millis() as f64 / 1000.0;
    let leeway = LEEWAY.as_secs_f64();
    let end = seconds(claims, "exp")?.ok_or(Refusal::Claim("exp"))?;
    if now >= end + leeway {
        return Err(Refusal::Expired);
    }
    for name in ["nbf", "iat"] {
        if seconds(claims, name)?.is_some_and(|begin| now < begin - leeway) {
            return Err(Refusal::NotYet);
        }
    }
    Ok(())
}

/// Seconds since 1970, with or without a fraction (RFC 7519 section 2, `NumericDate`).
fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<Option<f64>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(Refusal::Claim(name)),
    }
}

/// The URL of the issuer's description (OpenID Connect Discovery 1.0 section 4).
#[must_use]
pub fn discovery_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// The URL of the issuer's keys, from its description. The description must name this issuer
/// (section 4.3): otherwise another issuer could sign for it.
///
/// # Errors
/// A sentence for the operator.
pub fn keys_url(issuer: &str, description: &[u8]) -> Result<String, &'static str> {
    let description: Value =
        serde_json::from_slice(description).map_err(|_| "the issuer's description is not JSON")?;
    if description["issuer"] != issuer {
        return Err("the issuer's description is of another issuer");
    }
    let url = description["jwks_uri"].as_str();
    url.map(str::to_owned).ok_or("the issuer's description does not say where its keys are")
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
