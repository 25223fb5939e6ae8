//! Replays, and the settled deliveries that they find by reads that lag.

use super::{Aws, rows::written};
use crate::{
    counts::Count,
    ledger,
    mutation::{self, Mutation},
    plan::{Part, Target},
    sim::{Sim, State},
    task::{at_once, millis},
    trace::short,
};
use grapnel_domain::{
    event::publish::{Claim, IdempotencyKey},
    ids::{DeliveryId, ReplayId, UserId, WebhookId},
    ports::{
        ClaimKeys, Consistency, FindSettled, ListReplays, Page, PortError, ReadReplays, Recorded,
        ReopenDeliveries, Reopening, SettledPage, Stored, WriteReplays,
    },
    replay::{Replay, ReplayFilter, ReplayStatus, SettledRow},
    time::Timestamp,
};

impl ReadReplays for Aws {
    async fn replay(
        &self,
        user: &UserId,
        id: ReplayId,
        consistency: Consistency,
    ) -> Result<Option<Replay>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().replay(user, id, consistency));
        self.read(Part::Tables, "read replay", effect).await
    }
}

impl ListReplays for Aws {
    async fn list_replays(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<ReplayId>,
    ) -> Result<Page<Replay, ReplayId>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().list_replays(user, limit, after));
        self.read(Part::Tables, "list replays", effect).await
    }
}

impl WriteReplays for Aws {
    async fn store_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        let replay = replay.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().store_replay(&replay));
        self.write(Part::Tables, "store replay", effect).await
    }

    async fn advance_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        let replay = replay.clone();
        let effect = move |sim: &Sim| {
            let stored = at_once(sim.memory().advance_replay(&replay))?;
            sim.trace(|| {
                let (what, end) = (stored == Stored::Yes, replay.finished_at.is_some());
                let (id, page) = (short(replay.id), replay.page);
                format!("{id}: {page} pages on record: {what}, finished: {end}")
            });
            Ok(stored)
        };
        let stored = self.write(Part::Tables, "advance replay", effect).await;
        let late = mutation::held_back(&self.sim);
        if !late.is_empty() && stored.is_ok() {
            drop(self.send_batch(late).await);
        }
        stored
    }
}

impl ClaimKeys for Aws {
    async fn claim_key(&self, claim: &Claim, now: Timestamp) -> Result<Claim, PortError> {
        let claim = claim.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().claim_key(&claim, now));
        self.write(Part::Tables, "claim key", effect).await
    }

    async fn claimed(
        &self,
        user: &UserId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Claim>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().claimed(user, key, now));
        self.read(Part::Tables, "read key", effect).await
    }
}

impl FindSettled for Aws {
    async fn settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> Result<SettledPage, PortError> {
        let effect = |sim: &Sim| {
            let mut page = page(sim, webhook, filter, after)?;
            if sim.mutation() == Some(Mutation::ReplaysLeaveOutSuccesses)
                && filter.status == ReplayStatus::Success
            {
                page.rows.pop();
            }
            Ok(page)
        };
        self.read(Part::Tables, "query settled", effect).await
    }
}

/// A page as a read sees it now.
fn page(
    sim: &Sim,
    webhook: WebhookId,
    filter: &ReplayFilter,
    after: Option<DeliveryId>,
) -> Result<SettledPage, PortError> {
    let current = at_once(sim.memory().settled(webhook, filter, after))?;
    let now = sim.now();
    let (Some(past), Some(ids)) = (super::waits::past(sim), filter.ids(after)) else {
        return Ok(current);
    };
    // Each row of an index lags on its own.
    let lag = u64::try_from(past.until(now).as_millis()).unwrap_or_default();
    let status = filter.status.of_delivery();
    let seen = sim.with(|state| {
        let State { random, history, .. } = state;
        let each = || past.plus(millis(random.within(0..=lag / 4)));
        history.rows_at(webhook, each)
    });
    let fits = |row: &SettledRow| row.status == status && ids.contains(&row.id);
    let mut rest = seen.into_iter().filter(fits);
    let rows: Vec<_> = rest.by_ref().take(sim.plan().settings.settled_page).collect();
    let next = rest.next().and(rows.last().map(|row| row.id));
    let page = SettledPage { examined: rows.len() as u64, rows, next };
    if page.rows.len() != current.rows.len() {
        sim.count(Count::LaggingReads);
        sim.trace(|| format!("a look for settled deliveries lags: sees {}", page.rows.len()));
    }
    Ok(page)
}

impl ReopenDeliveries for Aws {
    async fn reopen_delivery(&self, reopening: Reopening) -> Result<Recorded, PortError> {
        let reopening = mutation::reopened(&self.sim, reopening);
        let effect = move |sim: &Sim| {
            let reopened = at_once(sim.memory().reopen_delivery(reopening))?;
            let done = reopened == Recorded::Yes;
            if done {
                sim.count(Count::Reopened);
            }
            sim.trace(|| {
                let name = ledger::name(ledger::key(reopening.key));
                format!("{name} is reopened by {}: {done}", short(reopening.reopened.by))
            });
            written(sim, reopening.key);
            Ok(reopened)
        };
        self.write(Target::Delivery(reopening.key.webhook_id), "reopen delivery", effect).await
    }
}
