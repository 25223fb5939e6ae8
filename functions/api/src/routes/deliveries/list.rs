//! `GET /api/webhooks/{id}/deliveries`.

use super::filter::DeliveryFilter;
use crate::{
    answers,
    openapi::parameters,
    payloads::Payloads,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{DeliveriesRead, ForUser, Listed},
        pagination::{self, PageWriter},
        path_ids::Ids,
    },
};
use axum::{extract::State, response::Response};
use futures::FutureExt;
use grapnel_domain::{delivery::Delivery, ids::DeliveryId, ports::DeliveryLog};
use std::sync::Arc;

type List = ForUser<DeliveriesRead, Listed<DeliveryId, DeliveryFilter>>;

/// `GET /api/webhooks/{id}/deliveries`: newest first. Where a filter leaves deliveries out, a page may
/// hold fewer than asked for, even none, and still not be the last.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries",
    tag = "Deliveries",
    operation_id = "listDeliveries",
    summary = "List a webhook's deliveries",
    description = "Deliveries of one webhook, newest first. With filters, a page can have fewer items than `limit`, or none, and still not be the last.",
    params(parameters::Paging, parameters::DeliveryFilter),
    responses(
        (status = 200, description = "One page.", body = grapnel_wire::delivery::DeliveryPage),
    ),
    extensions(("x-required-scope" = json!(List::SCOPE))),
)]
pub(in crate::routes) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, content: Listed { page: asked, filter }, .. }: List,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;

    let circuit = webhook.health.circuit;
    let found = pagination::search(
        &asked,
        filter.begin(asked.after),
        !filter.is_a_span(),
        |limit, after| api.deliveries.list_deliveries(webhook.id, limit, after).boxed(),
        |delivery: &Delivery| delivery.id,
        |delivery| filter.verdict(delivery, circuit),
    )
    .await?;
    let mut payloads = Payloads::of(&api, &user, &found.items);
    let mut page = PageWriter::new();
    for delivery in &found.items {
        let payload = payloads.next(delivery).await?;
        let view = answers::delivery(delivery, &webhook, payload);
        if !page.add(delivery.id, &view)? {
            break;
        }
    }
    Ok(page.finish(found.next))
}
