//! `GET /api/deliveries`.

use super::{
    filter::DeliveryFilter,
    merge::{Merge, SIDE_BY_SIDE},
};
use crate::{
    answers::{self, OfWebhook},
    openapi::parameters,
    payloads::Payloads,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{DeliveriesRead, ForUser, Listed},
        pagination::{MOST_EXAMINED, PageRequest, PageWriter},
    },
};
use axum::{extract::State, response::Response};
use futures::{StreamExt, stream};
use grapnel_domain::{
    delivery::Delivery,
    ids::{DeliveryId, WebhookId},
    ports::{DeliveryLog, Page},
};
use std::{collections::HashMap, sync::Arc};

type ListAll = ForUser<DeliveriesRead, Listed<DeliveryId, DeliveryFilter>>;

/// `GET /api/deliveries`: those of all webhooks that the user has, newest first. Where a filter leaves
/// deliveries out, a page may hold fewer than asked for, even none, and still not be the last.
#[utoipa::path(
    get,
    path = "/api/deliveries",
    tag = "Deliveries",
    operation_id = "listAllDeliveries",
    summary = "List the deliveries of all webhooks",
    description = "Deliveries of all webhooks of a user, newest first. A page reads from each webhook, so it costs more if the user has many webhooks. With filters, a page can have fewer items than `limit`, or none, and still not be the last.",
    params(parameters::Paging, parameters::DeliveryFilter),
    responses(
        (status = 200, description = "One page.", body = grapnel_wire::delivery::DeliveryPage),
    ),
    extensions(("x-required-scope" = json!(ListAll::SCOPE))),
)]
pub(in crate::routes) async fn list_all<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user, content: Listed { page: asked, filter }, .. }: ListAll,
) -> Result<Response, Problem> {
    let webhooks = api.every_webhook(&user).await?;
    let webhooks = webhooks.iter().map(|webhook| (webhook.id, OfWebhook::from(webhook))).collect();
    let found = find(&api, &webhooks, &filter, &asked).await?;
    let mut payloads = Payloads::of(&api, &user, &found.items);
    let mut page = PageWriter::new();
    for delivery in &found.items {
        let payload = payloads.next(delivery).await?;
        let view = answers::delivery(delivery, webhook_of(&webhooks, delivery), payload);
        if !page.add(delivery.id, &view)? {
            break;
        }
    }
    Ok(page.finish(found.next))
}

fn webhook_of(webhooks: &HashMap<WebhookId, OfWebhook>, delivery: &Delivery) -> OfWebhook {
    webhooks.get(&delivery.webhook_id).copied().unwrap_or_default()
}

async fn find<P: Ports>(
    api: &Api<P>,
    webhooks: &HashMap<WebhookId, OfWebhook>,
    filter: &DeliveryFilter,
    asked: &PageRequest<DeliveryId>,
) -> Result<Page<Delivery, DeliveryId>, Problem> {
    let begin = filter.begin(asked.after);
    let most_examined = Some(MOST_EXAMINED).filter(|_| !filter.is_a_span());
    let mut merge = Merge::new(webhooks.keys().copied(), asked.limit, begin, most_examined);
    let verdict =
        |delivery: &Delivery| filter.verdict(delivery, webhook_of(webhooks, delivery).circuit);
    loop {
        let round = merge.round();
        if round.is_empty() {
            return Ok(merge.finish());
        }
        let at_once = merge.at_once();
        let mut reads = stream::iter(round)
            .map(|(webhook, after)| async move {
                (webhook, api.deliveries.list_deliveries(webhook, at_once, after).await)
            })
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some((webhook, page)) = reads.next().await {
            merge.take(webhook, page?, verdict);
        }
    }
}
