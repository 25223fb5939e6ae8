//! `/console/webhooks/{id}/secret`: shows the signing secret, and replaces it.

use crate::{
    ask::{Ask, Change, Failure, of_webhook},
    backend::Backend,
    frame::{Frame, Section},
    moment::Moment,
    page,
    snippets::{self, Snippet},
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
    limits::GRACE_SECONDS_DEFAULT,
    scope::Scope,
    secret::{RotatedSecret, Secret},
    webhook::{MASKED_SECRET, Webhook},
};
use serde_json::json;
use std::sync::Arc;

/// How long an old secret goes on signing.
const GRACES: [(u64, &str); 6] = [
    (0, "not at all"),
    (3_600, "an hour"),
    (21_600, "6 hours"),
    (86_400, "a day"),
    (259_200, "3 days"),
    (604_800, "a week"),
];

#[derive(Template)]
#[template(path = "secret.html")]
struct SecretPage {
    frame: Frame,
    name: String,
    alert: Option<String>,
    faults: Vec<(String, String)>,
    done: Option<&'static str>,
    /// Masked unless it was asked for.
    secret: String,
    is_shown: bool,
    /// When each old secret stops signing.
    old: Vec<Moment>,
    graces: Vec<(u64, &'static str, bool)>,
    version: String,
    action: String,
    back: String,
    verify: String,
    snippets: Vec<Snippet>,
}

impl SecretPage {
    fn edit<'a>(&self, text: &'a str) -> Editable<'a> {
        Editable(text)
    }
}

async fn page<B: Backend>(
    ask: &Ask<'_, B>,
    visitor: &Visitor,
    id: &str,
    is_shown: bool,
) -> Result<SecretPage, Stop> {
    let links = &visitor.links;
    let failed = |failure: Failure| failure.page(visitor, &links.webhook(id));
    let path = format!("{}/secret", of_webhook(id));
    let secret = ask.get::<Secret>(&path, &[]).await.map_err(failed)?.value;
    // The right to see a secret may come without the right to see the webhook.
    let webhook = match visitor.session.may(Scope::WebhooksRead) {
        true => Some(ask.get::<Webhook>(&of_webhook(id), &[]).await.map_err(failed)?),
        false => None,
    };
    Ok(SecretPage {
        frame: visitor.frame("Signing secret", Section::Webhooks),
        name: webhook.as_ref().map_or_else(|| visible(id), |got| visible(&got.value.name)),
        alert: None,
        faults: Vec::new(),
        done: visitor.query.get("done").filter(|word| *word == "rotated").map(|_| {
            "The secret was replaced. Give the new one to the receiver before the old one ends."
        }),
        secret: if is_shown { secret.secret } else { MASKED_SECRET.to_owned() },
        is_shown,
        old: secret.previous_secrets.iter().map(|old| Moment(old.valid_until)).collect(),
        graces: GRACES.map(|(value, name)| (value, name, value == GRACE_SECONDS_DEFAULT)).to_vec(),
        version: webhook.map(|got| got.tag).unwrap_or_default(),
        action: links.to(&format!("webhooks/{id}/secret")),
        back: links.webhook(id),
        verify: links.verify(id),
        snippets: snippets::all(),
    })
}

/// Whether the platform offers the page, and the session may see it.
fn offered(visitor: &Visitor) -> Result<(), Stop> {
    match visitor.settings().offers.secrets {
        true => visitor.needs(Scope::WebhooksSecrets),
        false => Err(visitor.not_found()),
    }
}

/// `GET`: the page with the secret masked.
pub(crate) async fn show<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    offered(&visitor)?;
    let shown = page(&Ask::new(&*backend, &visitor), &visitor, id, false).await?;
    Ok(page::html(StatusCode::OK, &shown))
}

/// `POST`: shows the secret, or replaces it.
pub(crate) async fn act<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    Form { visitor, fields }: Form,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    offered(&visitor)?;
    let ask = Ask::new(&*backend, &visitor);
    if fields.get("do") != Some("rotate") {
        let shown = page(&ask, &visitor, id, true).await?;
        return Ok(page::html(StatusCode::OK, &shown));
    }
    let grace = fields.get("grace").and_then(|grace| grace.parse::<u64>().ok());
    let mut order = json!({ "graceSeconds": grace });
    if let Some(own) = fields.get("secret") {
        order["secret"] = own.trim().into();
    }
    let change = Change {
        body: Some(order.to_string()),
        if_match: fields.get("version"),
        ..Change::default()
    };
    let path = format!("{}/secret/rotate", of_webhook(id));
    match ask.change::<RotatedSecret>(Method::POST, &path, change).await {
        Ok(_) => {
            let page = format!("webhooks/{id}/secret");
            Ok(page::see_other(&visitor.links.to_with(&page, &[("done", "rotated")])))
        }
        Err(failure) if failure.status == StatusCode::NOT_FOUND => Err(visitor.not_found()),
        Err(failure) => {
            let again = page(&ask, &visitor, id, false).await?;
            let alert = match failure.status {
                StatusCode::PRECONDITION_FAILED => {
                    "The webhook was changed since you opened this page, so its secret was not replaced."
                }
                _ => "The secret was not replaced.",
            };
            let mut faults = failure.faults;
            if faults.is_empty() && failure.status != StatusCode::PRECONDITION_FAILED {
                faults.push((String::new(), failure.text));
            }
            let again = SecretPage { alert: Some(alert.to_owned()), faults, ..again };
            Ok(page::html(failure.status, &again))
        }
    }
}
