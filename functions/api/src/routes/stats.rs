//! `/api/stats`.

mod asked;
mod count;

use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::asked::{DeliveriesRead, ForUser},
};
use asked::{Asked, By, Wanted};
use axum::{extract::State, http::StatusCode, response::Response};
use count::{Counted, count};
use grapnel_domain::{
    figures::Figures,
    ports::Clock,
    time::{Hour, Timestamp},
};
use grapnel_wire::stats::{Stats, StatsBy, StatsPeriod, WebhookStats};
use std::sync::Arc;

type Show = ForUser<DeliveriesRead, Wanted>;

/// `GET /api/stats`: counted from the deliveries' rows, and from hours that were counted before.
#[utoipa::path(
    get,
    path = "/api/stats",
    tag = "Deliveries",
    operation_id = "getStats",
    summary = "Count deliveries",
    description = "How many deliveries succeeded, failed or are open, and how fast receivers answer: for each hour or day, for each webhook, and in all. Figures are counted when they are asked for. An hour that is over, and whose deliveries are all settled, is counted once and kept for 90 days.",
    params(parameters::Stats),
    responses(
        (status = 200, description = "The figures.", body = grapnel_wire::stats::Stats),
    ),
    extensions(("x-required-scope" = json!(Show::SCOPE)), ("x-problems" = json!(["not_found"]))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user, content: wanted, .. }: Show,
) -> Result<Response, Problem> {
    let now = api.clock.now();
    let asked = wanted.resolve(now).map_err(Problem::invalid_query)?;
    let webhooks = match asked.webhook {
        Some(id) => vec![api.find_webhook(&user, id).await?],
        None => api.every_webhook(&user).await?,
    };
    let counted = count(&api, &webhooks, &asked, now).await?;
    answers::json(StatusCode::OK, &answer(&asked, &counted))
}

fn answer(asked: &Asked, counted: &Counted) -> Stats {
    let mut total = Figures::default();
    for figures in counted.hours.values() {
        total.merge(figures);
    }
    let webhooks = counted.webhooks.iter().map(|(id, figures)| WebhookStats {
        webhook_id: id.to_string(),
        figures: answers::figures(figures),
    });
    Stats {
        from: asked.hours.start.begins_at(),
        to: asked.hours.end.begins_at(),
        by: match asked.by {
            By::Hour => StatsBy::Hour,
            By::Day => StatsBy::Day,
        },
        complete: counted.complete,
        lost_hours: Some(counted.lost).filter(|lost| *lost > 0),
        event_types_cut: counted.cut,
        total: answers::figures(&total),
        periods: periods(asked, counted),
        webhooks: webhooks.collect(),
    }
}

/// Every period, also those without deliveries.
fn periods(asked: &Asked, counted: &Counted) -> Vec<StatsPeriod> {
    let mut periods: Vec<(Timestamp, Figures)> = Vec::new();
    let mut hour = asked.hours.start;
    while hour < asked.hours.end {
        let end = asked.by.end(hour).min(asked.hours.end);
        let mut sum = Figures::default();
        for (_, figures) in counted.hours.range(hour..end) {
            sum.merge(figures);
        }
        periods.push((hour.begins_at(), sum));
        hour = end;
    }
    let period = |(from, sum)| StatsPeriod { from, figures: answers::figures(&sum) };
    periods.into_iter().map(period).collect()
}

impl By {
    /// The end of the period that begins with this hour.
    fn end(self, hour: Hour) -> Hour {
        match self {
            Self::Hour => hour.next(),
            Self::Day => hour.plus(24 - hour.of_day()),
        }
    }
}
