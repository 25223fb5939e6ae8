//! Counts what was not counted before, and keeps what will not change.

use super::asked::Asked;
use crate::{
    ports::{Api, Ports},
    problem::Problem,
};
use futures::{StreamExt, TryStreamExt, stream};
use grapnel_domain::{
    event::TypeFilter,
    figures::{Count, Figures, Plan, plan},
    ids::WebhookId,
    ports::DeliveryLog,
    time::{Hour, Timestamp},
    webhook::Webhook,
};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Deliveries that one request reads. Each takes about 30 µs of processor time; API Gateway waits for
/// 30 s.
const MOST_ROWS: usize = 20_000;
/// Deliveries that one query reads: as many as the webhooks that are counted side by side can have of the whole.
const ROWS_AT_ONCE: usize = 500;
/// What a query costs that finds few deliveries.
const LEAST_ROWS: usize = 20;
/// Webhooks that are counted side by side.
const SIDE_BY_SIDE: usize = 25;

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// Of all webhooks.
    pub(super) hours: BTreeMap<Hour, Figures>,
    /// In the order of the webhooks.
    pub(super) webhooks: Vec<(WebhookId, Figures)>,
    /// Whether nothing is left to count.
    pub(super) complete: bool,
    /// Hours that can't be counted any more.
    pub(super) lost: u64,
    /// Whether event types may be missing.
    pub(super) cut: bool,
}

/// How many deliveries a request may still read.
struct Budget(AtomicUsize);

impl Budget {
    /// Takes what a query may read: less than [`ROWS_AT_ONCE`] near the end, and `None` if nothing is left.
    fn take(&self) -> Option<usize> {
        let take = |left: usize| left.checked_sub(left.min(ROWS_AT_ONCE));
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(left.min(ROWS_AT_ONCE)).filter(|taken| *taken > 0)
    }

    /// Gives back what a query did not read.
    fn give_back(&self, taken: usize, read: usize) {
        self.0.fetch_add(taken.saturating_sub(read.max(LEAST_ROWS)), Ordering::Relaxed);
    }
}

/// Counts these webhooks' deliveries.
///
/// # Errors
/// 503 if deliveries can't be read.
pub(super) async fn count<P: Ports>(
    api: &Api<P>,
    webhooks: &[Webhook],
    asked: &Asked,
    now: Timestamp,
) -> Result<Counted, Problem> {
    let budget = Budget(AtomicUsize::new(MOST_ROWS));
    let mut counts = Vec::new();
    for webhook in webhooks {
        counts.push(count_one(api, webhook, asked, now, &budget));
    }
    let counts: Vec<_> = stream::iter(counts).buffered(SIDE_BY_SIDE).try_collect().await?;
    let mut all = Counted { complete: true, ..Counted::default() };
    for (webhook, one) in webhooks.iter().zip(&counts) {
        all.add(webhook.id, one, asked);
    }
    Ok(all)
}

/// One webhook's count.
struct One {
    count: Count,
    complete: bool,
    lost: u64,
}

async fn count_one<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
    asked: &Asked,
    now: Timestamp,
    budget: &Budget,
) -> Result<One, Problem> {
    let kept = api.deliveries.kept_figures(webhook.id, asked.hours.clone()).await?;
    let on_record = now.minus(api.rules.retention.period());
    let Plan { spans, lost } = plan(asked.hours.clone(), &kept, webhook.created_at, on_record);
    let mut one = One { count: Count::from_kept(kept), complete: true, lost };
    'spans: for span in spans {
        let mut after = None;
        loop {
            let Some(rows) = budget.take() else {
                one.complete = false;
                break 'spans;
            };
            let page = api.deliveries.outcomes(webhook.id, span, rows, after).await?;
            budget.give_back(rows, page.items.len());
            one.count.take(span, &page.items, page.next);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let keep = one.count.to_keep(now);
    if !keep.is_empty()
        && let Err(error) = api.deliveries.keep_figures(webhook.id, &keep).await
    {
        tracing::warn!(%error, webhook.id = %webhook.id, "figures were not kept");
    }
    Ok(one)
}

impl Counted {
    fn add(&mut self, webhook: WebhookId, one: &One, asked: &Asked) {
        let types: Option<&TypeFilter> = asked.event.as_ref();
        let mut total = Figures::default();
        for (hour, figures) in one.count.hours(asked.hours.clone()) {
            let (figures, cut) = figures.of(types);
            self.cut |= cut;
            self.hours.entry(hour).or_default().merge(&figures);
            total.merge(&figures);
        }
        self.webhooks.push((webhook, total));
        self.complete &= one.complete;
        self.lost += one.lost;
    }
}
