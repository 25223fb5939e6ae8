//! `/console/webhooks/{id}/delete`: says what is lost, and deletes the webhook.

use crate::{
    ask::{Ask, Change, of_webhook},
    backend::Backend,
    frame::{Frame, Section},
    page,
    text::{Editable, visible},
    visitor::{Form, Stop, Visitor},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::{Method, StatusCode},
    response::Response,
};
use grapnel_wire::{
    scope::Scope,
    webhook::{Webhook, WebhookStatus},
};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage {
    frame: Frame,
    alert: Option<&'static str>,
    name: String,
    url: String,
    /// Deliveries that wait for the endpoint, if some are known to.
    waiting: Option<String>,
    is_enabled: bool,
    version: String,
    action: String,
    back: String,
}

impl DeletePage {
    fn version(&self) -> Editable<'_> {
        Editable(&self.version)
    }
}

async fn page<B: Backend>(
    ask: &Ask<'_, B>,
    visitor: &Visitor,
    id: &str,
) -> Result<DeletePage, Stop> {
    let found = ask.get::<Webhook>(&of_webhook(id), &[]).await;
    let found = found.map_err(|failure| failure.page(visitor, &visitor.links.webhooks()))?;
    let webhook = found.value;
    let parked = webhook.health.as_ref().and_then(|health| health.parked);
    let parked = parked.filter(|parked| parked.count > 0);
    Ok(DeletePage {
        frame: visitor.frame("Delete the webhook", Section::Webhooks),
        alert: None,
        name: visible(&webhook.name),
        url: visible(&webhook.url),
        waiting: parked.map(|parked| {
            let more = if parked.more { "more than " } else { "" };
            format!("{more}{}", parked.count)
        }),
        is_enabled: webhook.status != WebhookStatus::Disabled,
        version: found.tag,
        action: visitor.links.to(&format!("webhooks/{id}/delete")),
        back: visitor.links.webhook(id),
    })
}

/// `GET`: asks whether it is meant.
pub(crate) async fn ask<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    visitor.needs(Scope::WebhooksWrite)?;
    let asked = page(&Ask::new(&*backend, &visitor), &visitor, id).await?;
    Ok(page::html(StatusCode::OK, &asked))
}

/// `POST`: deletes the version that was shown.
pub(crate) async fn delete<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    Form { visitor, fields }: Form,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    visitor.needs(Scope::WebhooksWrite)?;
    let ask = Ask::new(&*backend, &visitor);
    let version = fields.get("version").unwrap_or_default();
    let change = Change { if_match: Some(version), ..Change::default() };
    let gone = || page::see_other(&visitor.links.to_with("webhooks", &[("done", "deleted")]));
    match ask.change::<()>(Method::DELETE, &of_webhook(id), change).await {
        Ok(_) => Ok(gone()),
        Err(failure) if failure.status == StatusCode::PRECONDITION_FAILED => {
            let alert =
                "The webhook was changed since you opened this page, so it was not deleted.";
            let again = DeletePage { alert: Some(alert), ..page(&ask, &visitor, id).await? };
            Ok(page::html(StatusCode::PRECONDITION_FAILED, &again))
        }
        Err(failure) => Err(failure.page(&visitor, &visitor.links.webhooks())),
    }
}
