//! What a handler takes: a caller that may do what is asked for, the user, and what was sent.
//!
//! The type says all of it. `ForUser<WebhooksSecrets, Body<SecretRotation>>` is a request of a caller with
//! the scope `webhooks:secrets`, for one user, with such a body; the API's description reads the scope from
//! it ([`ForUser::SCOPE`]). Everything is checked in one order: the key (401), its quota (429), the scope
//! and the user (403), the names in the query (400), the body's form (400, 413, 415), the user (400, 422).

use super::{
    auth::{Caller, Permit},
    body::{Incoming, Object},
    pagination::{self, PageRequest},
    query::Query,
};
use crate::{
    ports::{Api, Ports},
    problem::Problem,
};
use axum::extract::{FromRequest, FromRequestParts, Request};
use grapnel_domain::{fault::FieldFault, ids::UserId, scope::Scope};
use grapnel_wire::read::{self, Read};
use std::{future::Future, marker::PhantomData, str::FromStr, sync::Arc};

/// A scope that a request needs, as a type.
pub(crate) trait Needs: Send {
    const SCOPE: Scope;
}

macro_rules! scopes {
    ($($name:ident),*) => {
        $(
            pub(crate) enum $name {}

            impl Needs for $name {
                const SCOPE: Scope = Scope::$name;
            }
        )*
    };
}

scopes!(
    WebhooksRead,
    WebhooksWrite,
    WebhooksSecrets,
    EventsPublish,
    DeliveriesRead,
    DeliveriesRetry,
    Admin
);

/// A request for one user.
pub(crate) struct ForUser<S, C = ()> {
    pub(crate) user: UserId,
    pub(crate) content: C,
    pub(crate) permit: Permit,
    needs: PhantomData<S>,
}

/// A request that concerns no single user.
pub(crate) struct ForAll<S, C = ()> {
    pub(crate) content: C,
    needs: PhantomData<S>,
}

impl<S: Needs, C> ForUser<S, C> {
    /// The scope, for the API's description.
    pub(crate) const SCOPE: &str = S::SCOPE.as_str();
}

impl<S: Needs, C> ForAll<S, C> {
    /// The scope, for the API's description.
    pub(crate) const SCOPE: &str = S::SCOPE.as_str();
}

/// What a request brings beside its path and its headers.
pub(crate) trait Content: Sized {
    /// The same before it is known for which user it is.
    type Received: Send;

    /// The parameters of its query, beside `userId`.
    const PARAMETERS: &[&str];

    /// Receives the body.
    fn receive(body: Incoming) -> impl Future<Output = Result<Self::Received, Problem>> + Send;

    /// Takes out the user that the body names.
    fn take_user(received: &mut Self::Received) -> Result<Option<UserId>, Problem>;

    /// Reads what was received.
    fn read(received: Self::Received, query: &Query) -> Result<Self, Problem>;
}

/// A request that needs the scope.
async fn permit<P: Ports, S: Needs, C: Content>(
    request: Request,
    api: &Arc<Api<P>>,
) -> Result<(Permit, C::Received), Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, api).await?;
    let permit = caller.may(S::SCOPE, C::PARAMETERS)?;
    let received = C::receive(Incoming::new(Request::from_parts(parts, body))).await?;
    Ok((permit, received))
}

impl<P: Ports, S: Needs, C: Content> FromRequest<Arc<Api<P>>> for ForUser<S, C> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api<P>>) -> Result<Self, Problem> {
        let (permit, mut received) = permit::<P, S, C>(request, api).await?;
        let user = permit.user_with(C::take_user(&mut received)?)?;
        let content = C::read(received, permit.query())?;
        Ok(Self { user, content, permit, needs: PhantomData })
    }
}

impl<P: Ports, S: Needs, C: Content> FromRequest<Arc<Api<P>>> for ForAll<S, C> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api<P>>) -> Result<Self, Problem> {
        let (permit, received) = permit::<P, S, C>(request, api).await?;
        Ok(Self { content: C::read(received, permit.query())?, needs: PhantomData })
    }
}

/// Nothing.
impl Content for () {
    type Received = ();

    const PARAMETERS: &[&str] = &[];

    async fn receive(_: Incoming) -> Result<(), Problem> {
        Ok(())
    }

    fn take_user((): &mut ()) -> Result<Option<UserId>, Problem> {
        Ok(None)
    }

    fn read((): (), _: &Query) -> Result<Self, Problem> {
        Ok(())
    }
}

/// A body whose fields the handler reads.
impl Content for Object {
    type Received = Self;

    const PARAMETERS: &[&str] = &[];

    async fn receive(body: Incoming) -> Result<Self, Problem> {
        body.object().await
    }

    fn take_user(received: &mut Self) -> Result<Option<UserId>, Problem> {
        received.take_user()
    }

    fn read(received: Self, _: &Query) -> Result<Self, Problem> {
        Ok(received)
    }
}

/// A body of these fields. The handler adds its own checks, and then asks for the faults.
pub(crate) struct Body<T>(pub(crate) Read<T>);

impl<T: read::Request> Content for Body<T> {
    type Received = Object;

    const PARAMETERS: &[&str] = &[];

    async fn receive(body: Incoming) -> Result<Object, Problem> {
        body.object().await
    }

    fn take_user(received: &mut Object) -> Result<Option<UserId>, Problem> {
        received.take_user()
    }

    fn read(received: Object, _: &Query) -> Result<Self, Problem> {
        Ok(Self(received.read()))
    }
}

/// The same, where the body can be left out.
pub(crate) struct OptionalBody<T>(pub(crate) Read<T>);

impl<T: read::Request> Content for OptionalBody<T> {
    type Received = Object;

    const PARAMETERS: &[&str] = &[];

    async fn receive(body: Incoming) -> Result<Object, Problem> {
        body.object_or_empty().await
    }

    fn take_user(received: &mut Object) -> Result<Option<UserId>, Problem> {
        received.take_user()
    }

    fn read(received: Object, _: &Query) -> Result<Self, Problem> {
        Ok(Self(received.read()))
    }
}

/// What a list can be filtered by.
pub(crate) trait Filter: Sized {
    /// The parameters of the query: of the page, and its own.
    const PARAMETERS: &[&str];

    /// Reads its own parameters.
    fn parse(query: &Query) -> Result<Self, Vec<FieldFault>>;
}

/// Everything.
impl Filter for () {
    const PARAMETERS: &[&str] = pagination::PARAMETERS;

    fn parse(_: &Query) -> Result<Self, Vec<FieldFault>> {
        Ok(())
    }
}

/// A page of a list whose places are `K`.
pub(crate) struct Listed<K, F = ()> {
    pub(crate) page: PageRequest<K>,
    pub(crate) filter: F,
}

impl<K: FromStr, F: Filter> Content for Listed<K, F> {
    type Received = ();

    const PARAMETERS: &[&str] = F::PARAMETERS;

    async fn receive(_: Incoming) -> Result<(), Problem> {
        Ok(())
    }

    fn take_user((): &mut ()) -> Result<Option<UserId>, Problem> {
        Ok(None)
    }

    fn read((): (), query: &Query) -> Result<Self, Problem> {
        let (page, filter) = PageRequest::parse_with(query, F::parse(query))?;
        Ok(Self { page, filter })
    }
}
