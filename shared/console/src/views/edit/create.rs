//! `/console/webhooks/new`: a new webhook.

use super::page::{Sheet, Target};
use crate::{
    ask::{Ask, Change, Failure},
    backend::Backend,
    editor::{document, typed::Typed},
    links::Query,
    page,
    unsent::Typing,
    visitor::{Form, Stop, Visitor},
};
use axum::{
    extract::State,
    http::{Method, StatusCode},
    response::Response,
};
use grapnel_wire::{scope::Scope, webhook::Webhook};
use std::sync::Arc;

/// `GET`: the empty form.
pub(crate) async fn blank<B: Backend>(
    State(backend): State<Arc<B>>,
    visitor: Visitor,
) -> Result<Response, Stop> {
    visitor.needs(Scope::WebhooksWrite)?;
    let ask = Ask::new(&*backend, &visitor);
    let typed = Typed::fresh();
    let target = Target::New { form_name: backend.form_name() };
    Ok(Sheet::new(target, &typed).show(&ask, &visitor).await)
}

/// `POST`: makes the webhook, or shows the form again.
pub(crate) async fn create<B: Backend>(
    State(backend): State<Arc<B>>,
    Typing(Form { visitor, fields }): Typing,
) -> Result<Response, Stop> {
    visitor.needs(Scope::WebhooksWrite)?;
    let ask = Ask::new(&*backend, &visitor);
    let typed = Typed::read(&fields).offered(visitor.settings().offers, &Typed::fresh());
    let form_name = form_name(&*backend, &fields);
    let target = Target::New { form_name: form_name.clone() };
    let sheet = Sheet { fields: Some(&fields), ..Sheet::new(target, &typed) };
    if !typed.too_many.is_empty() {
        let failure = Failure::of_faults(typed.too_many.clone());
        return Ok(sheet.refused(&failure).show(&ask, &visitor).await);
    }
    if !matches!(fields.get("do"), None | Some("save")) {
        return Ok(sheet.show(&ask, &visitor).await);
    }
    let faults = document::faults(&typed);
    if !faults.is_empty() {
        return Ok(sheet.refused(&Failure::of_faults(faults)).show(&ask, &visitor).await);
    }
    let change = Change {
        body: Some(document::new_webhook(&typed)),
        idempotency_key: Some(&form_name),
        ..Change::default()
    };
    match ask.change::<Webhook>(Method::POST, "/api/webhooks", change).await {
        Ok(made) => {
            let page = format!("webhooks/{}", made.value.id);
            Ok(page::see_other(&visitor.links.to_with(&page, &[("done", "created")])))
        }
        // The form was sent before, with other values, and has made its webhook.
        Err(failure) if failure.code == "idempotency_key_reused" => {
            let alert = "This form has made a webhook already, with other values: see the list of \
                         webhooks. To make another one with these values, save again.";
            let again = Sheet {
                target: Target::New { form_name: backend.form_name() },
                status: StatusCode::CONFLICT,
                alert: Some(alert.to_owned()),
                ..sheet
            };
            Ok(again.show(&ask, &visitor).await)
        }
        Err(failure) => Ok(sheet.refused(&failure).show(&ask, &visitor).await),
    }
}

/// The form's name, if it has one that can be one.
fn form_name<B: Backend>(backend: &B, fields: &Query) -> String {
    let given = fields.get("formName");
    let fits = |name: &&str| name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_graphic());
    given.filter(fits).map_or_else(|| backend.form_name(), ToOwned::to_owned)
}
