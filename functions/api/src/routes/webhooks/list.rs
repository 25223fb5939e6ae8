//! `GET /api/webhooks`.

use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{Filter, ForUser, Listed, WebhooksRead},
        pagination::PageWriter,
        query::{Parameters, Query},
    },
};
use axum::{extract::State, response::Response};
use grapnel_domain::{
    event::TypeFilter,
    fault::FieldFault,
    ids::WebhookId,
    ports::Webhooks,
    webhook::{Webhook, WebhookStatus},
};
use std::sync::Arc;

/// Webhooks of one look where some are left out.
const AT_ONCE: usize = 100;

/// Which webhooks are asked for.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    status: Option<WebhookStatus>,
    /// Event types of which it receives one at least.
    event: Option<TypeFilter>,
    /// How its name begins, in lower case.
    name: Option<String>,
}

impl Filter for Wanted {
    const PARAMETERS: &[&str] = &["limit", "cursor", "status", "event", "name"];

    fn parse(query: &Query) -> Result<Self, Vec<FieldFault>> {
        let mut parameters = Parameters::of(query);
        let wanted = Self {
            status: parameters.read("status", "`active`, `failing` or `disabled`", status),
            event: parameters.types("event"),
            name: parameters.text("name").map(str::to_lowercase),
        };
        parameters.finish(wanted)
    }
}

impl Wanted {
    fn is_everything(&self) -> bool {
        self.status.is_none() && self.event.is_none() && self.name.is_none()
    }

    fn includes(&self, webhook: &Webhook) -> bool {
        self.status.is_none_or(|status| status == webhook.effective_status())
            && self
                .event
                .as_ref()
                .is_none_or(|types| webhook.events.iter().any(|pattern| types.overlaps(pattern)))
            && self
                .name
                .as_ref()
                .is_none_or(|name| webhook.texts.name.to_lowercase().starts_with(name))
    }
}

fn status(text: &str) -> Option<WebhookStatus> {
    match text {
        "active" => Some(WebhookStatus::Active),
        "failing" => Some(WebhookStatus::Failing),
        "disabled" => Some(WebhookStatus::Disabled),
        _ => None,
    }
}

type List = ForUser<WebhooksRead, Listed<WebhookId, Wanted>>;

/// `GET /api/webhooks`: in order of creation. A page is full unless it is the last.
#[utoipa::path(
    get,
    path = "/api/webhooks",
    tag = "Webhooks",
    operation_id = "listWebhooks",
    summary = "List webhooks",
    description = "Webhooks in order of creation. Every page but the last is full.",
    params(parameters::Paging, parameters::WebhookFilter),
    responses(
        (status = 200, description = "One page.", body = grapnel_wire::webhook::WebhookPage),
    ),
    extensions(("x-required-scope" = json!(List::SCOPE))),
)]
pub(in crate::routes) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user, content: Listed { page: asked, filter: wanted }, .. }: List,
) -> Result<Response, Problem> {
    let at_once = if wanted.is_everything() { asked.limit } else { AT_ONCE };
    let mut page = PageWriter::new();
    let (mut after, mut left, mut seen) = (asked.after, asked.limit, asked.after);
    loop {
        let found = api.webhooks.list_webhooks(&user, at_once, after).await?;
        for webhook in &found.items {
            if wanted.includes(webhook) {
                // Another one that is wanted: the next page has something to show.
                if left == 0 || !page.add(webhook.id, &answers::webhook(webhook)?)? {
                    return Ok(page.finish(seen));
                }
                left -= 1;
            }
            seen = Some(webhook.id);
        }
        after = found.next;
        if after.is_none() || left == 0 && wanted.is_everything() {
            return Ok(page.finish(after));
        }
    }
}
