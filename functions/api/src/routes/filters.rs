//! `POST /api/webhooks/{id}/filter/test`: whether data passes a filter. Nothing is sent or stored.

use crate::{
    answers,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{Body, ForUser, WebhooksRead},
        path_ids::Ids,
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::filter::{Filter, Verdict};
use grapnel_wire::webhook::{FilterTest, FilterVerdict};
use std::sync::Arc;

type Test = ForUser<WebhooksRead, Body<FilterTest>>;

/// Tries `data` on the `filter` of the body, or else on the webhook's own. A webhook without a
/// filter gets everything.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/filter/test",
    tag = "Tests and previews",
    operation_id = "testFilter",
    summary = "Try a filter",
    description = "Checks whether data passes a filter, and which conditions fail. Nothing is sent or stored.",
    request_body = FilterTest,
    responses(
        (status = 200, description = "The result.", body = FilterVerdict),
    ),
    extensions(("x-required-scope" = json!(Test::SCOPE))),
)]
pub(super) async fn test<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, content: Body(mut asked), .. }: Test,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let given = asked.value.filter.take();
    let given = given.and_then(|text| asked.found(Filter::parse(text.get(), "filter")));
    let asked = asked.finish().map_err(Problem::invalid_fields)?;

    let (data, filter) = (asked.data.get(), given.or(webhook.filter.clone()));
    let verdict = filter.as_ref().map_or(Verdict::Matches, |filter| filter.verdict(data));
    let unsatisfied = match (verdict.delivers(), filter) {
        (false, Some(filter)) => filter.unsatisfied(data).ok(),
        _ => None,
    };
    answers::json(StatusCode::OK, &FilterVerdict { matches: verdict.delivers(), unsatisfied })
}
