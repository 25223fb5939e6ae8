//! Who calls, what they may do, and for which user.
//!
//! [`asked`](super::asked) takes a [`Caller`], turns it into a [`Permit`] by naming the scope that the
//! request needs, and gets the user to act for from that. There is no other way to a [`UserId`], so no handler can
//! read or write anything before all three questions are answered. The order is fixed too: the key
//! (401), its quota (429), the scope and the user (403), then the rest of the query (400).

use crate::{
    ports::{Api, Ports},
    problem::Problem,
    request::{
        identity::{self, Identity},
        middleware::Acting,
        query::{self, Query, USER_ID},
    },
};
use axum::{extract::FromRequestParts, http::request::Parts};
use grapnel_domain::{ids::UserId, ports::Clock, scope::Scope, time::Timestamp};
use std::{sync::Arc, time::Duration};

/// The owner of a valid key that came with the request.
#[derive(Debug)]
pub(crate) struct Caller {
    identity: Identity,
    query: Query,
    acting: Acting,
}

/// A wait that a caller's quota holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    began: Timestamp,
    /// How long it may be.
    pub(crate) longest: Duration,
}

/// A caller who may do what they ask for.
#[derive(Debug)]
pub(crate) struct Permit(Caller);

impl<P: Ports> FromRequestParts<Arc<Api<P>>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api<P>>) -> Result<Self, Problem> {
        let acting: Acting = parts.extensions.get().cloned().unwrap_or_default();
        // The console, in this process, says whose session it asks for. No request from outside can have
        // an extension.
        let identity = match parts.extensions.get::<Identity>() {
            Some(identity) => identity.clone(),
            None => identity::of(api, &parts.headers).await?,
        };
        if let Identity::User { id, .. } = &identity
            && let Some(standing) = api.quotas.take(&api.keys, id, api.clock.now()).await
        {
            acting.with_standing(standing);
            if !standing.admitted {
                acting.for_user(id);
                return Err(Problem::too_many_requests(standing.quota, standing.resets_in));
            }
        }
        Ok(Self { identity, query: Query::parse(parts.uri.query()), acting })
    }
}

impl Caller {
    /// Asks for the right to do what needs `scope`, with `parameters` beside `userId` in the query.
    ///
    /// # Errors
    /// 403 if the key lacks the scope or names another user; 400 if the query has other parameters. What
    /// only an admin may do, no user's key may.
    pub(crate) fn may(self, scope: Scope, parameters: &[&str]) -> Result<Permit, Problem> {
        if let Identity::User { id, scopes } = &self.identity {
            if scope == Scope::Admin {
                return Err(Problem::admin_required());
            }
            if !scopes.contains(&scope) {
                return Err(Problem::missing_scope(scope));
            }
            if self.query.all(USER_ID).any(|named| named != id.as_str()) {
                return Err(Problem::foreign_user());
            }
        }
        self.permit(parameters)
    }

    /// Checks the query, a user named by it included: not every route acts for one.
    fn permit(self, parameters: &[&str]) -> Result<Permit, Problem> {
        self.query.only(parameters)?;
        let permit = Permit(self);
        permit.user_in_query()?;
        Ok(permit)
    }
}

impl Permit {
    /// The user to act for: the key's own, or for the admin the one named by the query or the body.
    ///
    /// # Errors
    /// 403 if a user's key names another; 400 if the admin names none, an impossible one, or two.
    pub(crate) fn user_with(&self, in_body: Option<UserId>) -> Result<UserId, Problem> {
        let user = match &self.0.identity {
            Identity::User { id, .. } => match in_body {
                Some(named) if named != *id => return Err(Problem::foreign_user()),
                _ => id.clone(),
            },
            Identity::Admin => match (self.user_in_query()?, in_body) {
                (Some(one), Some(other)) if one != other => {
                    let detail = "`userId` in the query and in the body must agree.";
                    return Err(Problem::bad_request("user_conflict", detail));
                }
                (Some(named), _) | (None, Some(named)) => named,
                (None, None) => {
                    let detail = "An admin key acts for a user: name the user in `userId`.";
                    return Err(Problem::bad_request("user_required", detail));
                }
            },
        };
        self.0.acting.for_user(&user);
        Ok(user)
    }

    /// Whether the caller has this scope, too.
    pub(crate) fn has(&self, scope: Scope) -> bool {
        match &self.0.identity {
            Identity::User { scopes, .. } => scopes.contains(&scope),
            Identity::Admin => true,
        }
    }

    /// Takes the seconds of a wait from the caller's quota, before it begins. Answers how long it may
    /// be: `wanted`, or what the quota still holds. Admins have no quota.
    pub(crate) async fn begin_wait<P: Ports>(&self, api: &Api<P>, wanted: Duration) -> Wait {
        let began = api.clock.now();
        let whole = u32::try_from(wanted.as_secs()).unwrap_or(u32::MAX);
        let granted = match &self.0.identity {
            Identity::User { id, .. } => api.quotas.reserve(&api.keys, id, began, whole).await,
            Identity::Admin => None,
        };
        let longest = granted.map_or(wanted, |seconds| Duration::from_secs(u64::from(seconds)));
        Wait { began, longest }
    }

    /// Gives back what is left of a wait that took this long.
    pub(crate) fn end_wait<P: Ports>(&self, api: &Api<P>, wait: Wait, taken: Duration) {
        let Identity::User { id, .. } = &self.0.identity else { return };
        let taken = taken.as_millis().div_ceil(1000);
        let left = u128::from(wait.longest.as_secs()).saturating_sub(taken);
        let left = u32::try_from(left).unwrap_or_default();
        if let Some(standing) = api.quotas.give_back(id, wait.began, left, api.clock.now()) {
            self.0.acting.with_standing(standing);
        }
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
