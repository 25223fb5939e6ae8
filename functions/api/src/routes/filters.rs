//! `POST /api/webhooks/{id}/filter/test`: whether data passes a filter. Nothing is sent or stored.

use super::samples::needed_data;
use crate::{
    auth::Caller,
    body::{Incoming, Object},
    contract::schemas,
    path::Ids,
    ports::{Api, Ports},
    problem::Problem,
    views,
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    fault::{Faults, FieldFault},
    filter::{Filter, Verdict},
    scope::Scope,
};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

#[derive(Serialize)]
struct TestView {
    matches: bool,
    /// The conditions that the data does not satisfy, as JSON pointers into the filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsatisfied: Option<Vec<String>>,
}

/// Tries `data` on the `filter` of the body, or else on the webhook's own. A webhook without a
/// filter gets everything.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/filter/test",
    tag = "Tests and previews",
    operation_id = "testFilter",
    summary = "Try a filter",
    description = "Checks whether data passes a filter, and which conditions fail. Nothing is sent or stored.",
    request_body = schemas::webhooks::FilterTest,
    responses(
        (status = 200, description = "The result.", body = schemas::webhooks::FilterVerdict),
    ),
    extensions(("x-required-scope" = json!("webhooks:read"))),
)]
pub(super) async fn test<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::WebhooksRead, &[])?;
    let mut input = body.object().await?;
    let user = permit.user_with(input.take_user()?)?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let (data, given) = read(&input).map_err(Problem::invalid_fields)?;

    let filter = given.or(webhook.filter);
    let verdict = filter.as_ref().map_or(Verdict::Matches, |filter| filter.verdict(data));
    let unsatisfied = match (verdict.delivers(), filter) {
        (false, Some(filter)) => filter.unsatisfied(data).ok(),
        _ => None,
    };
    views::json(StatusCode::OK, &TestView { matches: verdict.delivers(), unsatisfied })
}

/// The data as it came, and the filter if there is one.
fn read(input: &Object) -> Result<(&str, Option<Filter>), Vec<FieldFault>> {
    let mut faults = Faults::default();
    input.refuse_others(&["data", "filter"], &mut faults);
    let data = needed_data(input, &mut faults);
    let filter = match input.get("filter") {
        None => None,
        Some(Value::Object(_)) => {
            let text = input.raw("filter").unwrap_or_default();
            faults.found(Filter::parse(text, "filter"))
        }
        Some(_) => {
            faults.add("filter", "must be an object");
            None
        }
    };
    match data {
        Some(data) if faults.is_empty() => Ok((data, filter)),
        _ => Err(faults.into_vec()),
    }
}
