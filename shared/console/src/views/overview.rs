//! `GET /console/overview`: how a user's deliveries are doing.

use super::{
    figures::{Shown, grouped},
    rows::names,
    webhooks::class,
};
use crate::{
    ask::Ask,
    backend::Backend,
    chart::{Bar, Chart},
    frame::{Frame, Section},
    moment::Moment,
    page,
    text::visible,
    visitor::{Stop, Visitor},
};
use askama::Template;
use axum::{extract::State, http::HeaderMap, response::Response};
use grapnel_wire::{
    stats::{Figures, Stats},
    webhook::{Webhook, WebhookStatus},
};
use std::{cmp::Reverse, collections::HashMap, sync::Arc};

/// How far back a page looks: its name in the address, what the API is asked for, and what it is called.
const RANGES: [(&str, &str, &str); 4] = [
    ("1h", "2h", "1 hour"),
    ("24h", "24h", "24 hours"),
    ("7d", "7d", "7 days"),
    ("30d", "30d", "30 days"),
];

/// The range of a page that names none.
const RANGE: usize = 1;

/// Webhooks that the page shows.
const MOST_WEBHOOKS: usize = 20;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    ranges: Vec<Range>,
    from: Moment,
    figures: Shown,
    /// Whether there was any delivery.
    has_any: bool,
    chart: Chart,
    top: String,
    periods: Vec<Period>,
    /// The lists of the deliveries that wait, and what they wait for.
    waiting: Vec<(String, &'static str)>,
    failed: String,
    open: String,
    complete: bool,
    lost: Option<String>,
    webhooks: Vec<Row>,
    /// Webhooks that are not shown.
    more: Option<String>,
    all: String,
}

struct Range {
    label: &'static str,
    address: String,
    is_shown: bool,
}

struct Period {
    from: Moment,
    figures: Shown,
}

struct Row {
    name: String,
    address: String,
    /// Absent if the session may not see webhooks.
    status: Option<(&'static str, String)>,
    figures: Shown,
}

pub(crate) async fn show<B: Backend>(
    State(backend): State<Arc<B>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let wanted = visitor.query.get("range").unwrap_or_default();
    let range = RANGES.iter().position(|(name, ..)| *name == wanted).unwrap_or(RANGE);
    let (_, last, _) = RANGES[range];
    let ask = Ask::new(&*backend, &visitor);
    let asked = [("last", last)];
    let (stats, webhooks) = futures::join!(ask.get::<Stats>("/api/stats", &asked), ask.webhooks());
    let stats = stats.map_err(|failure| failure.page(&visitor, &visitor.links.deliveries()))?;
    let page = view(&visitor, range, &stats.value, webhooks.as_deref().unwrap_or_default());
    Ok(page::tagged(&page, &headers))
}

fn view(visitor: &Visitor, range: usize, stats: &Stats, webhooks: &[Webhook]) -> Overview {
    let links = &visitor.links;
    let bar = |figures: &Figures| Bar {
        success: figures.success,
        open: figures.open,
        failed: figures.failed,
    };
    let bars = stats.periods.iter().map(|period| bar(&period.figures));
    let chart = Chart { bars: bars.collect(), label: "Deliveries by time, as in the table below" };
    let since = stats.from.to_string();
    let deliveries = |name, value| links.to_with("deliveries", &[(name, value), ("since", &since)]);
    let ranges = RANGES.iter().enumerate().map(|(place, (name, _, label))| Range {
        label,
        address: links.to_with("overview", &[("range", name)]),
        is_shown: place == range,
    });
    let periods = stats.periods.iter().rev();
    let (rows, more) = rows(visitor, stats, webhooks);
    Overview {
        frame: visitor.frame("Overview", Section::Overview),
        ranges: ranges.collect(),
        from: Moment(stats.from),
        figures: Shown::from(&stats.total),
        has_any: stats.total.deliveries > 0,
        top: grouped(chart.top()),
        chart,
        periods: periods
            .map(|period| Period {
                from: Moment(period.from),
                figures: Shown::from(&period.figures),
            })
            .collect(),
        waiting: vec![
            (deliveries("waitingFor", "retry"), "a retry"),
            (deliveries("waitingFor", "circuit"), "an endpoint that keeps failing"),
            (deliveries("waitingFor", "rateLimit"), "a rate limit"),
        ],
        failed: deliveries("status", "failed"),
        open: deliveries("status", "retrying"),
        complete: stats.complete,
        lost: stats.lost_hours.map(grouped),
        webhooks: rows,
        more: (more > 0).then(|| grouped(more as u64)),
        all: links.webhooks(),
    }
}

/// The webhooks that need somebody first: those that fail, then those with the most failures. And how many
/// more there are.
fn rows(visitor: &Visitor, stats: &Stats, webhooks: &[Webhook]) -> (Vec<Row>, usize) {
    let names = names(webhooks);
    let known: HashMap<&str, &Webhook> =
        webhooks.iter().map(|webhook| (webhook.id.as_str(), webhook)).collect();
    let is_failing =
        |id: &str| known.get(id).is_some_and(|webhook| webhook.status == WebhookStatus::Failing);
    let mut all: Vec<_> = stats.webhooks.iter().collect();
    all.sort_by_key(|one| {
        let Figures { failed, open, deliveries, .. } = one.figures;
        Reverse((is_failing(&one.webhook_id), failed, open, deliveries))
    });
    let more = all.len().saturating_sub(MOST_WEBHOOKS);
    let rows = all.into_iter().take(MOST_WEBHOOKS).map(|one| Row {
        name: names.get(&one.webhook_id).cloned().unwrap_or_else(|| visible(&one.webhook_id)),
        address: visitor.links.webhook(&one.webhook_id),
        status: known
            .get(one.webhook_id.as_str())
            .map(|webhook| (class(&webhook.status), visible(webhook.status.as_str()))),
        figures: Shown::from(&one.figures),
    });
    (rows.collect(), more)
}
