//! `/api/echoes` and `/echo`: a receiver inside the API, for checks of a deployment.
//!
//! Admins make echoes, look at them and delete them. `/echo/{echoId}` takes no key: an echo answers
//! only requests that are signed with its secret, and everything else as if it were not there. Nothing
//! of a request is sent back.

use crate::{
    auth::Caller,
    body::{Incoming, Object},
    contract::schemas,
    path::Ids,
    ports::{Api, Ports},
    problem::Problem,
    views::{self, EchoView},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use grapnel_domain::{
    echo::{self, Echo, EchoAnswer, EchoedRequest, LIFETIME, MAX_FAIL_FIRST},
    fault::{Faults, FieldFault},
    ports::{Clock, GenerateIds, StoreEchoes},
    signature::{Secret, verify::StandardHeaders},
};
use serde_json::json;
use std::sync::Arc;

/// `POST /api/echoes`: makes an echo.
#[utoipa::path(
    post,
    path = "/api/echoes",
    tag = "Echoes",
    operation_id = "createEcho",
    summary = "Create an echo",
    description = "Creates a temporary receiver. For ten minutes its `path` answers up to 20 requests that are signed with the secret.",
    request_body = schemas::echoes::NewEcho,
    responses(
        (status = 201, description = "The echo.", body = schemas::echoes::Echo),
    ),
    extensions(("x-required-scope" = json!("admin"))),
)]
pub(super) async fn create<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    body: Incoming,
) -> Result<Response, Problem> {
    caller.may_administer(&[])?;
    let draft = Draft::parse(&body.object().await?).map_err(Problem::invalid_fields)?;
    let echo = Echo {
        id: api.ids.echo_id(),
        secret: draft.secret,
        fail_first: draft.fail_first,
        expires_at: api.clock.now().plus(LIFETIME).whole_second(),
        requests: Vec::new(),
    };
    api.keys.store_echo(&echo).await?;
    views::json(StatusCode::CREATED, &EchoView::new(&echo))
}

/// `GET /api/echoes/{echoId}`: an echo and the requests that it answered, never its secret.
#[utoipa::path(
    get,
    path = "/api/echoes/{echoId}",
    tag = "Echoes",
    operation_id = "getEcho",
    summary = "Get an echo",
    description = "Returns an echo with the signed requests that it answered. An expired echo is not found.",
    responses(
        (status = 200, description = "The echo.", body = schemas::echoes::Echo),
    ),
    extensions(("x-required-scope" = json!("admin"))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    caller.may_administer(&[])?;
    let found = api.keys.echo(ids.echo()?).await?;
    // Time-to-live drops a row days after its time.
    let echo = found.filter(|echo| echo.is_live(api.clock.now())).ok_or_else(Problem::not_found)?;
    views::json(StatusCode::OK, &EchoView::new(&echo))
}

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
    extensions(("x-required-scope" = json!("admin"))),
)]
pub(super) async fn delete<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    caller.may_administer(&[])?;
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
        (status = 200, description = "The request is signed, and was accepted.", body = schemas::echoes::Echoed),
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
        EchoAnswer::Success => views::json(StatusCode::OK, &json!({ "status": "received" })),
    }
}

/// The value of a header that is there once, as text.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    value.to_str().ok()
}

/// What a body asks an echo to be.
struct Draft {
    secret: Secret,
    fail_first: usize,
}

impl Draft {
    fn parse(input: &Object) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        input.refuse_all_but(&["secret", "failFirst"], &mut faults);
        let secret = input.get("secret").and_then(|value| value.as_str()).unwrap_or_default();
        let secret =
            Secret::parse(secret).map_err(|invalid| faults.add("secret", invalid.to_string()));
        let fail_first = input.number("failFirst", 0..=MAX_FAIL_FIRST, 0, &mut faults);
        match secret {
            Ok(secret) if faults.is_empty() => Ok(Self { secret, fail_first }),
            _ => Err(faults.into_vec()),
        }
    }
}
