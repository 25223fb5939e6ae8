//! `GET /api/webhooks/{id}/deliveries`.

use crate::{
    auth::Caller,
    contract::{parameters, schemas},
    pages::{PageRequest, PageWriter},
    path::Ids,
    payloads::Payloads,
    ports::{Api, Ports},
    problem::Problem,
    query::{self, Query},
    views::DeliveryView,
};
use axum::{extract::State, response::Response};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    fault::FieldFault,
    ids::DeliveryId,
    ports::{ListDeliveries, Page},
    scope::Scope,
    time::Timestamp,
};
use std::sync::Arc;

/// The query parameters.
const PARAMETERS: &[&str] = &["limit", "cursor", "status", "event", "statusCode", "since", "until"];

/// Deliveries of one look where some are left out,
const AT_ONCE: usize = 100;

/// and of all looks of one request. A page that found too few says where to go on.
const MOST_EXAMINED: usize = 1000;

/// What the receiver answered to the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatusCode {
    Exactly(u16),
    /// The first digit.
    Class(u16),
    /// There was no answer.
    None,
}

impl StatusCode {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => return Some(Self::None),
            "1xx" | "2xx" | "3xx" | "4xx" | "5xx" => {
                return Some(Self::Class(u16::from(text.as_bytes()[0] - b'0')));
            }
            _ => {}
        }
        let code = if text.len() == 3 { text.parse().ok() } else { None };
        code.filter(|code| (100..1000).contains(code)).map(Self::Exactly)
    }

    fn includes(self, code: Option<u16>) -> bool {
        match self {
            Self::Exactly(wanted) => code == Some(wanted),
            Self::Class(digit) => code.is_some_and(|code| code / 100 == digit),
            Self::None => code.is_none(),
        }
    }
}

/// Which deliveries are asked for.
#[derive(Debug, Default)]
struct Wanted {
    status: Option<DeliveryStatus>,
    event: Option<String>,
    status_code: Option<StatusCode>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Wanted {
    fn parse(query: &Query) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let status = read(
            query,
            "status",
            &mut faults,
            status,
            "`pending`, `retrying`, `success` or `failed`",
        );
        let code = "a status code, a class like `5xx`, or `none`";
        let status_code = read(query, "statusCode", &mut faults, StatusCode::parse, code);
        let time = "a time like 2026-11-24T06:24:00Z";
        let since = read(query, "since", &mut faults, |text| text.parse().ok(), time);
        let until = read(query, "until", &mut faults, |text| text.parse().ok(), time);
        let wanted = Self {
            status,
            event: query.get("event").map(str::to_owned),
            status_code,
            since,
            until,
        };
        if faults.is_empty() { Ok(wanted) } else { Err(faults) }
    }

    /// Whether every delivery that it comes to is wanted, but for the end.
    fn is_a_span(&self) -> bool {
        self.status.is_none() && self.event.is_none() && self.status_code.is_none()
    }

    fn includes(&self, delivery: &Delivery) -> bool {
        let last = delivery.attempts.last();
        self.status.is_none_or(|status| status == delivery.status)
            && self.event.as_ref().is_none_or(|event| *event == delivery.event_type)
            && self.status_code.is_none_or(|wanted| {
                last.is_some_and(|attempt| wanted.includes(attempt.status_code))
            })
    }

    /// Where a list begins that would begin behind `after`, newest first.
    fn begin(&self, after: Option<DeliveryId>) -> Option<DeliveryId> {
        let until = self.until.map(DeliveryId::first_at);
        match (after, until) {
            (Some(after), Some(until)) => Some(after.min(until)),
            (after, until) => after.or(until),
        }
    }

    /// Whether this delivery, and so all that come behind it, is too old.
    fn is_over(&self, id: DeliveryId) -> bool {
        self.since.is_some_and(|since| id < DeliveryId::first_at(since))
    }
}

fn read<T>(
    query: &Query,
    name: &str,
    faults: &mut Vec<FieldFault>,
    parse: impl FnOnce(&str) -> Option<T>,
    expected: &str,
) -> Option<T> {
    let text = query.get(name)?;
    let parsed = parse(text);
    if parsed.is_none() {
        faults.push(query::fault(name, format!("must be {expected}")));
    }
    parsed
}

fn status(text: &str) -> Option<DeliveryStatus> {
    match text {
        "pending" => Some(DeliveryStatus::Pending),
        "retrying" => Some(DeliveryStatus::Retrying),
        "success" => Some(DeliveryStatus::Success),
        "failed" => Some(DeliveryStatus::Failed),
        _ => None,
    }
}

/// `GET /api/webhooks/{id}/deliveries`: newest first. Where something is left out, a page may hold
/// fewer than asked for, even none, and still not be the last.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries",
    tag = "Deliveries",
    operation_id = "listDeliveries",
    summary = "List a webhook's deliveries",
    description = "Newest first. Where filters leave something out, a page may hold fewer than asked for, even none, and still not be the last.",
    params(parameters::Paging, parameters::DeliveryFilter),
    responses(
        (status = 200, description = "A page.", body = schemas::deliveries::DeliveryPage),
    ),
    extensions(("x-required-scope" = json!("deliveries:read"))),
)]
pub(in crate::routes) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::DeliveriesRead, PARAMETERS)?;
    let user = permit.user()?;
    let query = permit.query();
    let (asked, wanted) = PageRequest::parse_with(query, Wanted::parse(query))?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;

    let found = find(&api, webhook.id, &wanted, &asked).await?;
    let mut payloads = Payloads::of(&api, &user, &found.items);
    let mut page = PageWriter::new();
    for delivery in &found.items {
        let payload = payloads.next(delivery).await?;
        if !page.add(delivery.id, &DeliveryView::new(delivery, payload))? {
            break;
        }
    }
    Ok(page.finish(found.next))
}

/// The wanted ones. The next page begins behind the last that was looked at.
async fn find<P: Ports>(
    api: &Api<P>,
    webhook: grapnel_domain::ids::WebhookId,
    wanted: &Wanted,
    asked: &PageRequest<DeliveryId>,
) -> Result<Page<Delivery, DeliveryId>, Problem> {
    let at_once = if wanted.is_a_span() { asked.limit } else { AT_ONCE };
    let mut items = Vec::new();
    let mut after = wanted.begin(asked.after);
    let mut examined = 0;
    loop {
        let looked_at = api.deliveries.list_deliveries(webhook, at_once, after).await?;
        let more = looked_at.next.is_some();
        examined += looked_at.items.len();
        let mut rest = looked_at.items.into_iter();
        while let Some(delivery) = rest.next() {
            if wanted.is_over(delivery.id) {
                return Ok(Page { items, next: None });
            }
            after = Some(delivery.id);
            if wanted.includes(&delivery) {
                items.push(delivery);
            }
            if items.len() == asked.limit {
                let is_last = !more && rest.len() == 0;
                return Ok(Page { items, next: after.filter(|_| !is_last) });
            }
        }
        if !more {
            return Ok(Page { items, next: None });
        }
        if examined >= MOST_EXAMINED {
            return Ok(Page { items, next: after });
        }
    }
}
