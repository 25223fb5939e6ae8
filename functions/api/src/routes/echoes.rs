//! `/api/echoes` and `/echo`: a receiver inside the API, for checks of a deployment.
//!
//! Admins make echoes, look at them and delete them. `/echo/{echoId}` takes no key: an echo answers
//! only requests that are signed with its secret, and everything else as if it were not there. An
//! answer repeats no part of its request.

use crate::{
    answers,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{Admin, Body, ForAll},
        body::Incoming,
        path_ids::Ids,
    },
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use grapnel_domain::{
    echo::{self, Echo, EchoAnswer, EchoedRequest, LIFETIME},
    ports::{Clock, Echoes, GenerateIds},
    signature::{Secret, verify::StandardHeaders},
};
use grapnel_wire::echo::{Echoed, NewEcho};
use std::sync::Arc;

type Create = ForAll<Admin, Body<NewEcho>>;

/// `POST /api/echoes`: makes an echo.
#[utoipa::path(
    post,
    path = "/api/echoes",
    tag = "Echoes",
    operation_id = "createEcho",
    summary = "Create an echo",
    description = "Creates a temporary receiver. For ten minutes its `path` answers up to 20 requests that are signed with the secret.",
    request_body = grapnel_wire::echo::NewEcho,
    responses(
        (status = 201, description = "The echo.", body = grapnel_wire::echo::Echo),
    ),
    extensions(("x-required-scope" = json!(Create::SCOPE))),
)]
pub(super) async fn create<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForAll { content: Body(mut asked), .. }: Create,
) -> Result<Response, Problem> {
    let secret = asked.check("secret", |asked| {
        Secret::parse(asked.secret.as_str()).map_err(|invalid| invalid.to_string())
    });
    let asked = asked.finish().map_err(Problem::invalid_fields)?;
    let echo = Echo {
        id: api.ids.echo_id(),
        // Without one, `finish` has returned.
        secret: secret.ok_or_else(|| Problem::internal("an echo has no secret"))?,
        fail_first: asked.fail_first.unwrap_or(0),
        expires_at: api.clock.now().plus(LIFETIME).whole_second(),
        requests: Vec::new(),
    };
    api.keys.store_echo(&echo).await?;
    answers::json(StatusCode::CREATED, &answers::echo(&echo))
}

type Show = ForAll<Admin>;

/// `GET /api/echoes/{echoId}`: an echo and the requests that it answered, never its secret.
#[utoipa::path(
    get,
    path = "/api/echoes/{echoId}",
    tag = "Echoes",
    operation_id = "getEcho",
    summary = "Get an echo",
    description = "Returns an echo with the signed requests that it answered. An expired echo is not found.",
    responses(
        (status = 200, description = "The echo.", body = grapnel_wire::echo::Echo),
    ),
    extensions(("x-required-scope" = json!(Show::SCOPE))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    _: Show,
) -> Result<Response, Problem> {
    let found = api.keys.echo(ids.echo()?).await?;
    // Time-to-live drops a row days after its time.
    let echo = found.filter(|echo| echo.is_live(api.clock.now())).ok_or_else(Problem::not_found)?;
    answers::json(StatusCode::OK, &answers::echo(&echo))
}

type Delete = ForAll<Admin>;

/// `DELETE /api/echoes/{echoId}`.
#[utoipa::path(
    delete,
    path = "/api/echoes/{echoId}",
    tag = "Echoes",
    operation_id = "deleteEcho",
    summary = "Delete an echo",
    description = "Deletes an echo at once. Without this call it expires by itself.",
    responses(
        (status = 204, description = "The echo was deleted."),
    ),
    extensions(("x-required-scope" = json!(Delete::SCOPE))),
)]
pub(super) async fn delete<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    _: Delete,
) -> Result<Response, Problem> {
    match api.keys.delete_echo(ids.echo()?).await? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Problem::not_found()),
    }
}

/// `POST /echo/{echoId}`: answers a request that is signed with the echo's secret.
///
/// The headers are looked at first, so that a request that cannot be signed costs no read. A signed
/// one costs a read and a write, and the write counts it.
#[utoipa::path(
    post,
    path = "/echo/{echoId}",
    tag = "Echoes",
    operation_id = "receiveEcho",
    summary = "Send a request to an echo",
    description = "Needs no API key, but a Standard Webhooks signature with the echo's secret. Any other request gets 404, and so does a request to an expired echo. The body can be anything that was signed.",
    responses(
        (status = 200, description = "The request is signed, and was accepted.", body = grapnel_wire::echo::Echoed),
    ),
    extensions(("x-problems" = json!([
        "body_too_large",
        "incomplete_body",
        "echo_exhausted",
        "echo_fails_first",
        "internal_error",
        "temporarily_unavailable",
    ]))),
)]
pub(super) async fn receive<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    headers: HeaderMap,
    body: Incoming,
) -> Result<Response, Problem> {
    let (id, now) = (ids.echo()?, api.clock.now());
    let signed = StandardHeaders::read(|name| only(&headers, name))
        .filter(|signed| echo::may_be_signed(signed, now))
        .ok_or_else(Problem::not_found)?;
    let body = body.bytes().await?;
    let found = api.keys.echo(id).await?;
    let echo = found
        .filter(|echo| echo.is_signed_for(&signed, &body, now))
        .ok_or_else(Problem::not_found)?;
    if echo.requests_left() == 0 {
        return Err(Problem::echo_exhausted());
    }
    let sender_version = only(&headers, "user-agent").and_then(echo::sender_version);
    let request = EchoedRequest {
        message_id: signed.id().to_owned(),
        at: now,
        sender_version: sender_version.map(str::to_owned),
    };
    let recorded = api.keys.record_request(id, &request).await?;
    match echo.answer(recorded.ok_or_else(Problem::echo_exhausted)?) {
        EchoAnswer::Failure => Err(Problem::echo_fails_first()),
        EchoAnswer::Success => {
            answers::json(StatusCode::OK, &Echoed { status: "received".to_owned() })
        }
    }
}

/// The value of a header that is there once, as text.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    value.to_str().ok()
}
