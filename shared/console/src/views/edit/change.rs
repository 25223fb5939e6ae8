//! `/console/webhooks/{id}/edit`: a change of a webhook.

use super::{
    notes::Notes,
    page::{Sheet, Target},
    preview,
};
use crate::{
    ask::{Ask, Change, Failure, Got, of_webhook},
    backend::Backend,
    editor::{document, typed::Typed},
    page,
    settings::Offers,
    unsent::Typing,
    visitor::{Form, Stop, Visitor},
};
use axum::{
    extract::{Path, State},
    http::{Method, StatusCode},
    response::Response,
};
use grapnel_wire::{scope::Scope, webhook::Webhook};
use std::sync::Arc;

fn stored(id: &str, version: &str) -> Target {
    Target::Stored { id: id.to_owned(), version: version.to_owned() }
}

/// `GET`: the form with what is stored.
pub(crate) async fn show<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    visitor.needs(Scope::WebhooksWrite)?;
    let ask = Ask::new(&*backend, &visitor);
    let found = ask.get::<Webhook>(&of_webhook(id), &[]).await;
    let found = found.map_err(|failure| failure.page(&visitor, &visitor.links.webhooks()))?;
    let typed = Typed::of(&found.value);
    Ok(Sheet::new(stored(id, &found.tag), &typed).show(&ask, &visitor).await)
}

/// `POST`: saves what was changed, or shows the form again.
pub(crate) async fn save<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    Typing(Form { visitor, fields }): Typing,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    visitor.needs(Scope::WebhooksWrite)?;
    let ask = Ask::new(&*backend, &visitor);
    let typed = Typed::read(&fields);
    let version = fields.get("version").unwrap_or_default();
    let sheet = Sheet { fields: Some(&fields), ..Sheet::new(stored(id, version), &typed) };
    if !typed.too_many.is_empty() {
        let failure = Failure::of_faults(typed.too_many.clone());
        return Ok(sheet.refused(&failure).show(&ask, &visitor).await);
    }
    let offers = visitor.settings().offers;
    match fields.get("do") {
        None | Some("save") => {}
        Some("try") if offers.filters || offers.transforms => {
            return Ok(preview::show(&ask, &visitor, id, sheet).await);
        }
        Some(_) => return Ok(sheet.show(&ask, &visitor).await),
    }
    let found = match ask.get::<Webhook>(&of_webhook(id), &[]).await {
        Ok(found) => found,
        Err(failure) if failure.status == StatusCode::NOT_FOUND => {
            return Ok(gone(&*backend, sheet).show(&ask, &visitor).await);
        }
        Err(failure) => return Ok(sheet.refused(&failure).show(&ask, &visitor).await),
    };
    if found.tag != version {
        return Ok(overtaken(sheet, id, &found, offers).show(&ask, &visitor).await);
    }
    let before = Typed::of(&found.value);
    let wanted = typed.offered(offers, &before);
    let faults = document::faults(&wanted);
    if !faults.is_empty() {
        return Ok(sheet.refused(&Failure::of_faults(faults)).show(&ask, &visitor).await);
    }
    let done = |word| {
        let page = format!("webhooks/{id}");
        page::see_other(&visitor.links.to_with(&page, &[("done", word)]))
    };
    let Some(patch) = document::patch(&before, &wanted) else {
        return Ok(done("unchanged"));
    };
    let change = Change { body: Some(patch), if_match: Some(version), ..Change::default() };
    match ask.change::<Webhook>(Method::PATCH, &of_webhook(id), change).await {
        Ok(_) => Ok(done("saved")),
        Err(failure) if failure.status == StatusCode::PRECONDITION_FAILED => {
            let sheet = match ask.get::<Webhook>(&of_webhook(id), &[]).await {
                Ok(found) => overtaken(sheet, id, &found, offers),
                Err(failure) => sheet.refused(&failure),
            };
            Ok(sheet.show(&ask, &visitor).await)
        }
        Err(failure) => Ok(sheet.refused(&failure).show(&ask, &visitor).await),
    }
}

/// The form after somebody else saved: what was typed, with what is stored beside it where that is not the
/// same. Saving again saves over it.
fn overtaken<'a>(sheet: Sheet<'a>, id: &str, found: &Got<Webhook>, offers: Offers) -> Sheet<'a> {
    let now = Typed::of(&found.value);
    let differences = document::differences(&now, &sheet.typed.offered(offers, &now));
    let alert = match differences.is_empty() {
        true => {
            "The webhook was changed since you opened this form, and what is stored now is what you \
                 typed."
        }
        false => {
            "The webhook was changed since you opened this form, so nothing was saved. Where your \
                  value is another, the stored one is shown. Change your values, or save them over the \
                  stored ones."
        }
    };
    Sheet {
        target: stored(id, &found.tag),
        status: StatusCode::PRECONDITION_FAILED,
        alert: Some(alert.to_owned()),
        notes: Notes::of_stored(differences),
        ..sheet
    }
}

/// The form after the webhook was deleted.
fn gone<'a, B: Backend>(backend: &B, sheet: Sheet<'a>) -> Sheet<'a> {
    let alert = "There is no such webhook, so nothing was saved: it may have been deleted. With these values \
                 you can create a new one. Sensitive headers need their values again.";
    Sheet {
        target: Target::New { form_name: backend.form_name() },
        status: StatusCode::NOT_FOUND,
        alert: Some(alert.to_owned()),
        ..sheet
    }
}
