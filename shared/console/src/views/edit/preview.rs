//! What the typed filter and transform make of an event: of a sample, and of a real one.

use super::{
    page::Sheet,
    trial::{Trial, Unmet},
};
use crate::{
    ask::{Ask, Change, Failure},
    backend::Backend,
    editor::{document, typed::Typed},
    json::laid_out,
    links::can_be_id,
    text::{visible, visible_lines},
    views::catalogue::Catalogue,
    visitor::Visitor,
};
use axum::{http::Method, response::Response};
use grapnel_wire::{
    delivery::DeliveryPage,
    event::Event,
    scope::Scope,
    webhook::{FilterVerdict, TransformedBody},
};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// An event to try.
struct Subject {
    title: String,
    event_type: String,
    data: Box<RawValue>,
}

/// Shows the form with what was tried.
pub(super) async fn show<B: Backend>(
    ask: &Ask<'_, B>,
    visitor: &Visitor,
    id: &str,
    mut sheet: Sheet<'_>,
) -> Response {
    let catalogue = Catalogue::read(ask).await;
    let sent = |name| sheet.fields.and_then(|fields| fields.get(name));
    let offers = visitor.settings().offers;
    let typed = sheet.typed.offered(offers, &Typed::default());
    let untried = match offers.filters {
        true => "There is no filter: it is sent.",
        false => "The template was tried on it.",
    };
    let mut trials = Vec::new();
    if let Some(sample) = sample(&catalogue, sheet.typed, sent("sampleType")) {
        trials.push(tried(ask, id, &typed, &sample, untried).await);
    }
    if visitor.session.may(Scope::DeliveriesRead) {
        match past(ask, id, sent("eventId")).await {
            Ok(Some(event)) => trials.push(tried(ask, id, &typed, &event, untried).await),
            Ok(None) => {}
            Err(failure) => {
                trials.push(Trial::unread(sent("eventId").unwrap_or_default(), &failure))
            }
        }
    }
    sheet.trials = trials;
    sheet.with(&catalogue, visitor)
}

/// The sample of the type, else of the first one that the form chooses.
fn sample(catalogue: &Catalogue, typed: &Typed, named: Option<&str>) -> Option<Subject> {
    let first = typed.chosen.iter().map(String::as_str).chain(catalogue.names()).next();
    let event_type = named.or(first)?;
    let data = catalogue.sample(event_type).unwrap_or("{}");
    Some(Subject {
        title: format!("The sample of {}", visible(event_type)),
        event_type: event_type.to_owned(),
        data: RawValue::from_string(data.to_owned()).ok()?,
    })
}

/// The event with this id, else that of the webhook's last delivery.
async fn past<B: Backend>(
    ask: &Ask<'_, B>,
    id: &str,
    named: Option<&str>,
) -> Result<Option<Subject>, Failure> {
    let (event_id, event_type, data) = match named.map(str::trim) {
        Some(event) if !can_be_id(event) => return Err(Failure::not_found()),
        Some(event) => {
            let found = ask.get::<Event>(&format!("/api/events/{event}"), &[]).await?.value;
            (found.id, found.r#type, found.data)
        }
        None => {
            let path = format!("/api/webhooks/{id}/deliveries");
            let last = ask.get::<DeliveryPage>(&path, &[("limit", "1")]).await?.value.items.pop();
            let Some(last) = last else { return Ok(None) };
            (last.event_id, last.event, last.payload)
        }
    };
    let title = format!("Event {} of type {}", visible(&event_id), visible(&event_type));
    Ok(data.map(|data| Subject { title, event_type, data }))
}

/// Tries the filter and the template. `untried` is said where there is no filter.
async fn tried<B: Backend>(
    ask: &Ask<'_, B>,
    id: &str,
    typed: &Typed,
    subject: &Subject,
    untried: &str,
) -> Trial {
    let mut trial = Trial {
        title: subject.title.clone(),
        data: Some(laid_out(subject.data.get())),
        class: "good",
        verdict: untried.to_owned(),
        unmet: Vec::new(),
        body: None,
        faults: Vec::new(),
    };
    if let Some(filter) = document::filter(typed) {
        let body = [("filter", filter.clone()), ("data", subject.data.clone())];
        let path = format!("/api/webhooks/{id}/filter/test");
        match post::<FilterVerdict, _>(ask, &path, BTreeMap::from(body)).await {
            Ok(FilterVerdict { matches: true, .. }) => {
                trial.verdict = "It passes the filter: it is sent.".to_owned();
            }
            Ok(FilterVerdict { unsatisfied, .. }) => {
                trial.class = "bad";
                trial.verdict = "It does not pass the filter: it is not sent.".to_owned();
                let unmet = unsatisfied.unwrap_or_default();
                trial.unmet =
                    unmet.iter().map(|it| Unmet::of(it, &filter, &subject.data)).collect();
            }
            Err(failure) => {
                trial.class = "other";
                trial.verdict = "The filter cannot be tried.".to_owned();
                trial.faults.extend(document::filter_fault(typed).map(|it| format!("filter {it}")));
                if trial.faults.is_empty() {
                    trial.faults = said(failure);
                }
            }
        }
    }
    let transform = document::transform(typed);
    if !transform.is_null() {
        let event = to_raw_value(&subject.event_type);
        let (Ok(transform), Ok(event)) = (to_raw_value(&transform), event) else { return trial };
        let body = [("transform", transform), ("event", event), ("data", subject.data.clone())];
        let path = format!("/api/webhooks/{id}/transform/preview");
        match post::<TransformedBody, _>(ask, &path, BTreeMap::from(body)).await {
            Ok(made) => {
                trial.body = Some((visible(&made.content_type), visible_lines(&made.body)));
            }
            Err(failure) => trial.faults.extend(said(failure)),
        }
    }
    trial
}

async fn post<T: serde::de::DeserializeOwned, B: Backend>(
    ask: &Ask<'_, B>,
    path: &str,
    fields: BTreeMap<&str, Box<RawValue>>,
) -> Result<T, Failure> {
    // Names and JSON text can always be written.
    let body = Some(serde_json::to_string(&fields).unwrap_or_default());
    let change = Change { body, ..Change::default() };
    ask.change::<T>(Method::POST, path, change).await.map(|got| got.value)
}

/// What the API says, as sentences.
fn said(failure: Failure) -> Vec<String> {
    match failure.faults.is_empty() {
        true => vec![failure.text],
        false => failure.faults.iter().map(|(field, fault)| format!("{field} {fault}")).collect(),
    }
}
