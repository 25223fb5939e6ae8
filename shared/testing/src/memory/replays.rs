use super::{Memory, Operation, whole_second};
use grapnel_domain::{
    ids::{DeliveryId, ReplayId, UserId, WebhookId},
    ports::{
        Consistency, FindSettled, ListReplays, Page, PortError, ReadReplays, SettledPage, Stored,
        WriteReplays,
    },
    replay::{Replay, ReplayFilter, ReplayStatus, SettledRow},
};

impl ReadReplays for Memory {
    async fn replay(
        &self,
        user: &UserId,
        id: ReplayId,
        consistency: Consistency,
    ) -> Result<Option<Replay>, PortError> {
        self.run(Operation::Replay, |state| {
            Ok(state.seen(consistency).replays.get(&(user.clone(), id)).cloned())
        })
        .await
    }
}

impl ListReplays for Memory {
    async fn list_replays(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<ReplayId>,
    ) -> Result<Page<Replay, ReplayId>, PortError> {
        self.run(Operation::ListReplays, |state| {
            let of_user = |replay: &&Replay| replay.user_id == *user;
            let mut rest = state
                .tables
                .replays
                .values()
                .rev()
                .filter(of_user)
                .filter(|replay| after.is_none_or(|after| replay.id < after));
            let items: Vec<Replay> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = items.last().filter(|_| more).map(|replay| replay.id);
            Ok(Page { items, next })
        })
        .await
    }
}

impl WriteReplays for Memory {
    async fn store_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        self.run(Operation::StoreReplay, |state| {
            let key = (replay.user_id.clone(), replay.id);
            if let Some(found) = state.tables.replays.get(&key) {
                return Ok(Stored::Refused(Some(Box::new(found.clone()))));
            }
            let expires_at = whole_second(replay.expires_at);
            state.tables.replays.insert(key, Replay { expires_at, ..replay.clone() });
            Ok(Stored::Yes)
        })
        .await
    }

    async fn advance_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        self.run(Operation::AdvanceReplay, |state| {
            if replay.page == 0 {
                return Err(PortError::Unusable("a replay's progress is that of no page".into()));
            }
            match state.tables.replays.get_mut(&(replay.user_id.clone(), replay.id)) {
                Some(found) if found.page + 1 == replay.page => {
                    found.page = replay.page;
                    found.place = replay.place;
                    found.examined = replay.examined;
                    found.replayed = replay.replayed;
                    found.finished_at = replay.finished_at;
                    Ok(Stored::Yes)
                }
                found => Ok(Stored::Refused(found.map(|replay| Box::new(replay.clone())))),
            }
        })
        .await
    }
}

impl FindSettled for Memory {
    async fn settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> Result<SettledPage, PortError> {
        self.run(Operation::Settled, |state| {
            let Some(ids) = filter.ids(after) else {
                return Ok(SettledPage { rows: Vec::new(), examined: 0, next: None });
            };
            let status = filter.status.of_delivery();
            // An index holds the failed only; for the others the table itself is looked through.
            let indexed = filter.status == ReplayStatus::Failed;
            let mut looked_at = state
                .seen(Consistency::Eventual)
                .deliveries
                .between(webhook, ids)
                .filter(|delivery| !indexed || delivery.may_be_reopened());
            let page: Vec<_> = looked_at.by_ref().take(state.settled_page).collect();
            let more = looked_at.next().is_some();
            let next = page.last().filter(|_| more).map(|delivery| delivery.id);
            let row = |delivery| {
                let row = SettledRow::of(delivery);
                let last_attempt_at = row.last_attempt_at.filter(|_| !indexed);
                SettledRow { last_attempt_at, ..row }
            };
            let found = page.iter().filter(|delivery| delivery.status == status);
            let rows = found.map(|delivery| row(delivery)).collect();
            Ok(SettledPage { rows, examined: page.len() as u64, next })
        })
        .await
    }
}
