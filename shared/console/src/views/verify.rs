//! `/console/verify`: does my signature fit? Somebody pastes a request, and reads why not.

use crate::{
    ask::{Ask, of_webhook},
    backend::Backend,
    frame::{Frame, Section},
    page,
    text::{Editable, sentence, visible},
    unsent::Typing,
    visitor::{Stop, Visitor},
};
use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_verify::{
    InvalidRequest, Proof, Report, SavedRequest, Secrets, TOLERANCE, detail, faults,
};
use grapnel_wire::{scope::Scope, secret::Secret, time::Timestamp};
use std::{sync::Arc, time::Duration};

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    frame: Frame,
    action: String,
    /// As it was pasted.
    request: String,
    /// The webhooks whose secret the session may use: id, name, and whether it is chosen.
    webhooks: Vec<(String, String, bool)>,
    checks_age: bool,
    alert: Option<String>,
    /// What is unusual about the request.
    remarks: Vec<String>,
    found: Option<Found>,
}

/// What was found.
struct Found {
    class: &'static str,
    verdict: &'static str,
    cause: Option<String>,
    /// Each with whether it is as it should be.
    checks: Vec<(bool, &'static str, String)>,
}

impl VerifyPage {
    fn edit<'a>(&self, text: &'a str) -> Editable<'a> {
        Editable(text)
    }
}

/// Whether the session may use the secrets of webhooks.
fn may_use_secrets(visitor: &Visitor) -> bool {
    visitor.settings().offers.secrets && visitor.session.may(Scope::WebhooksSecrets)
}

async fn page<B: Backend>(ask: &Ask<'_, B>, visitor: &Visitor, chosen: Option<&str>) -> VerifyPage {
    let webhooks = match may_use_secrets(visitor) {
        true => ask.webhooks().await.unwrap_or_default(),
        false => Vec::new(),
    };
    let choice = |(id, name): (String, String)| {
        let is_chosen = chosen == Some(id.as_str());
        (id, name, is_chosen)
    };
    let webhooks = webhooks.into_iter().map(|webhook| (webhook.id, visible(&webhook.name)));
    VerifyPage {
        frame: visitor.frame("Does the signature fit?", Section::Verify),
        action: visitor.links.to("verify"),
        request: String::new(),
        webhooks: webhooks.map(choice).collect(),
        checks_age: false,
        alert: None,
        remarks: Vec::new(),
        found: None,
    }
}

/// `GET`: the form.
pub(crate) async fn form<B: Backend>(
    State(backend): State<Arc<B>>,
    visitor: Visitor,
) -> Result<Response, Stop> {
    let ask = Ask::new(&*backend, &visitor);
    let shown = page(&ask, &visitor, visitor.query.get("webhook")).await;
    Ok(page::html(StatusCode::OK, &shown))
}

/// `POST`: checks the request. The request is not stored, and the secret is not shown again.
pub(crate) async fn check<B: Backend>(
    State(backend): State<Arc<B>>,
    Typing(form): Typing,
) -> Result<Response, Stop> {
    let (visitor, fields) = (&form.visitor, &form.fields);
    let ask = Ask::new(&*backend, visitor);
    let webhook = fields.get("webhook");
    let request = fields.get("request").unwrap_or_default();
    let checks_age = fields.get("age").is_some();
    let shown = page(&ask, visitor, webhook).await;
    let shown = VerifyPage { request: request.to_owned(), checks_age, ..shown };
    let secret = match (fields.get("secret"), webhook) {
        (Some(secret), _) => Some(secret.to_owned()),
        (None, Some(id)) if may_use_secrets(visitor) => {
            let path = format!("{}/secret", of_webhook(visitor.id(id)?));
            let found = ask.get::<Secret>(&path, &[]).await;
            let back = visitor.links.to("verify");
            Some(found.map_err(|failure| failure.page(visitor, &back))?.value.secret)
        }
        (None, _) => None,
    };
    match judge(request, secret, backend.now(), checks_age) {
        Ok((report, remarks)) => {
            let found = Some(found(&report, checks_age));
            Ok(page::html(StatusCode::OK, &VerifyPage { found, remarks, ..shown }))
        }
        Err(alert) => {
            let refused = VerifyPage { alert: Some(alert), ..shown };
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &refused))
        }
    }
}

/// Checks a pasted request; or says why it cannot be checked. A browser sends every line break of a form as CR LF,
/// whatever was pasted; so the request is checked with both kinds of line breaks.
fn judge(
    pasted: &str,
    secret: Option<String>,
    now: Timestamp,
    checks_age: bool,
) -> Result<(Report, Vec<String>), String> {
    let secret = secret.ok_or("Enter the secret, or choose a webhook.")?;
    let secrets = [secret];
    let secrets = Secrets::parse(&secrets).map_err(
        |_| "This is no secret: it must be `whsec_` followed by base64 of 24 to 64 bytes.",
    )?;
    let tolerance = if checks_age { TOLERANCE } else { Duration::MAX };
    let plain = pasted.replace("\r\n", "\n");
    let mut best = None;
    for text in [&*plain, pasted] {
        let request = SavedRequest::parse(text.as_bytes()).map_err(|error| why(&error))?;
        let report = secrets.judge(&request.received(), now, tolerance);
        let Some(report) = report else { continue };
        if best.as_ref().is_none_or(|(found, _)| faults(&report) < faults(found)) {
            best = Some((report, request.remarks));
        }
    }
    best.ok_or_else(|| "Enter the secret, or choose a webhook.".to_owned())
}

fn why(error: &InvalidRequest) -> String {
    let advice = match error {
        InvalidRequest::Encoded(_) => {
            "Paste the body as your receiver reads it, and leave that header out."
        }
        InvalidRequest::NoEnd | InvalidRequest::NoHeaders(_) => {
            "Paste the headers, an empty line, then the body as it arrived."
        }
    };
    format!("{} {advice}", sentence(&error.to_string()))
}

fn found(report: &Report, checks_age: bool) -> Found {
    let is_verified = report.is_verified();
    let checks = report.checks.iter().map(|check| {
        let is_right = check.result.is_ok();
        let said = match check.result {
            Ok(Proof::Fresh) if !checks_age => "is a time; its age is not checked".to_owned(),
            _ => detail(check),
        };
        (is_right, check.header, said)
    });
    Found {
        class: if is_verified { "good" } else { "bad" },
        verdict: if is_verified { "The signature fits." } else { "The signature does not fit." },
        cause: report.cause.map(|cause| cause.to_string()),
        checks: checks.collect(),
    }
}
