//! Who calls, what they may do, and for whom.
//!
//! A handler takes a [`Caller`], turns it into a [`Permit`] by naming the scope that it needs, and
//! gets the user to act for from that. There is no other way to a [`UserId`], so no handler can
//! read or write anything before all three questions are answered. The order is fixed too: the key
//! (401), the scope and the user (403), then the rest of the query (400).

use crate::{
    boundary::Acting,
    ports::{Api, Ports},
    problem::Problem,
    query::{self, Query, USER_ID},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use grapnel_domain::{
    ids::UserId,
    ports::{ApiKey, KeyHash, ReadKeys},
    scope::Scope,
};
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq};

/// The hashes of the keys that act for any user: one, or two while one replaces the other.
#[derive(Debug, Clone, Default)]
pub struct AdminKeys(Vec<String>);

impl AdminKeys {
    /// From the SHA-256 of each key.
    #[must_use]
    pub fn new(hashes: &[[u8; 32]]) -> Self {
        Self(hashes.iter().map(hex::encode).collect())
    }

    /// Compares with all of them, and all bytes of each, whatever is found on the way: the time
    /// taken tells nothing about a hash.
    fn contain(&self, presented: &KeyHash) -> bool {
        let presented = presented.as_str().as_bytes();
        let none = Choice::from(0);
        let found =
            self.0.iter().fold(none, |found, hash| found | hash.as_bytes().ct_eq(presented));
        found.into()
    }
}

#[derive(Debug)]
enum Identity {
    Admin,
    User(ApiKey),
}

/// Whoever presented a valid key.
#[derive(Debug)]
pub(crate) struct Caller {
    identity: Identity,
    query: Query,
    acting: Acting,
}

/// A caller who may do what they ask for.
#[derive(Debug)]
pub(crate) struct Permit(Caller);

impl<P: Ports> FromRequestParts<Arc<Api<P>>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api<P>>) -> Result<Self, Problem> {
        let hash = bearer(&parts.headers).map(KeyHash::of).ok_or_else(Problem::unauthorized)?;
        let identity = if api.admin_keys.contain(&hash) {
            Identity::Admin
        } else {
            let key = api.keys.key(&hash).await?;
            Identity::User(key.ok_or_else(Problem::unauthorized)?)
        };
        Ok(Self {
            identity,
            query: Query::parse(parts.uri.query()),
            acting: parts.extensions.get().cloned().unwrap_or_default(),
        })
    }
}

impl Caller {
    /// Asks for the right to do what needs `scope`, with `parameters` beside `userId` in the query.
    ///
    /// # Errors
    /// 403 if the key lacks the scope or names another user; 400 if the query has other parameters.
    pub(crate) fn may(self, scope: Scope, parameters: &[&str]) -> Result<Permit, Problem> {
        if let Identity::User(key) = &self.identity {
            if !key.scopes.contains(&scope) {
                return Err(Problem::missing_scope(scope));
            }
            if self.query.all(USER_ID).any(|named| named != key.user_id.as_str()) {
                return Err(Problem::foreign_user());
            }
        }
        self.query.only(parameters)?;
        Ok(Permit(self))
    }

    /// Asks for the right to manage keys.
    ///
    /// # Errors
    /// 403 for anyone but the admin; 400 if the query has other parameters than `userId`.
    pub(crate) fn may_manage_keys(self) -> Result<Permit, Problem> {
        match self.identity {
            Identity::User(_) => Err(Problem::admin_required()),
            Identity::Admin => {
                self.query.only(&[])?;
                Ok(Permit(self))
            }
        }
    }
}

impl Permit {
    /// The user to act for, where the body has no say.
    ///
    /// # Errors
    /// As [`Permit::user_with`].
    pub(crate) fn user(&self) -> Result<UserId, Problem> {
        self.user_with(None)
    }

    /// The user to act for: the key's own, or for the admin the one named by the query or the body.
    ///
    /// # Errors
    /// 403 if a user's key names another; 400 if the admin names none, an impossible one, or two.
    pub(crate) fn user_with(&self, in_body: Option<UserId>) -> Result<UserId, Problem> {
        let user = match &self.0.identity {
            Identity::User(key) => match in_body {
                Some(named) if named != key.user_id => return Err(Problem::foreign_user()),
                _ => key.user_id.clone(),
            },
            Identity::Admin => match (self.user_in_query()?, in_body) {
                (Some(one), Some(other)) if one != other => {
                    let detail = "`userId` in the query and in the body must agree.";
                    return Err(Problem::bad_request("user_conflict", detail));
                }
                (Some(named), _) | (None, Some(named)) => named,
                (None, None) => {
                    let detail = "The admin key acts for a user: name one by `userId`.";
                    return Err(Problem::bad_request("user_required", detail));
                }
            },
        };
        self.0.acting.for_user(&user);
        Ok(user)
    }

    /// The query, of known parameters only.
    pub(crate) fn query(&self) -> &Query {
        &self.0.query
    }

    fn user_in_query(&self) -> Result<Option<UserId>, Problem> {
        let named = self.0.query.get(USER_ID).map(UserId::parse).transpose();
        named
            .map_err(|error| Problem::invalid_query(vec![query::fault(USER_ID, error.to_string())]))
    }
}

/// The key of the one `Authorization: Bearer <key>` header (RFC 6750 section 2.1), if it is well
/// formed. The scheme is case-insensitive (RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    let key = key.trim_matches(' ');
    let visible = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && visible).then_some(key)
}
