//! Replays: only they reopen failed deliveries, and they leave out none.

use super::{Key, Ledger, account::Replays, asked::has_data, name};
use crate::{history::History, trace::short};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, MAX_ATTEMPTS_ON_RECORD},
    event::Event,
    ids::UserId,
    replay::{Replay, ReplayOrder, ReplayPage, ReplayStatus},
    time::Timestamp,
};
use std::time::Duration;

/// The maximum difference between the clocks of two machines.
const SKEW: Duration = Duration::from_secs(1);

/// Whether a replay includes this delivery.
fn is_about((user, order): &(UserId, ReplayOrder), row: &Delivery) -> bool {
    let filter = &order.filter;
    *user == row.user_id
        && order.webhook_id.is_none_or(|webhook| webhook == row.webhook_id)
        && filter.event.as_ref().is_none_or(|types| types.includes(&row.event_type))
        && filter.ids(None).is_some_and(|ids| ids.contains(&row.id))
        && !row.test
}

impl Replays {
    /// A replay that includes a failed delivery may reopen it once, and the delivery records its
    /// replay.
    pub(super) fn faulty_reopening(
        &mut self,
        key: Key,
        before: &Delivery,
        after: &Delivery,
    ) -> Option<String> {
        if before.reopened == after.reopened {
            return None;
        }
        let Some(reopened) = after.reopened else {
            return Some("what reopened it is forgotten".into());
        };
        let replay = short(reopened.by);
        let statuses = (before.status, after.status);
        if statuses != (DeliveryStatus::Failed, DeliveryStatus::Retrying) {
            return Some(format!("{statuses:?} by {replay}"));
        }
        if !before.may_be_reopened() {
            return Some(format!("{replay} reopened what is not to be sent again"));
        }
        if before.attempts != after.attempts || reopened.attempts != after.attempt_count() {
            return Some(format!("{replay} reopened it as of other attempts"));
        }
        let asked = self.asked.get(&reopened.by);
        let founded = asked.is_some_and(|asked| {
            is_about(asked, before) && asked.1.filter.status == ReplayStatus::Failed
        });
        if !founded {
            return Some(format!("{replay} is not about it"));
        }
        let first = self.reopened.insert((key, reopened.by));
        (!first).then(|| format!("{replay} reopened it twice"))
    }
}

impl Ledger {
    /// A page of a replay is on the queue.
    pub(crate) fn replay_asked(&mut self, page: &ReplayPage) {
        if let Some(order) = &page.order {
            let asked = (page.user_id.clone(), order.clone());
            self.replays.asked.entry(page.replay_id).or_insert(asked);
        }
    }

    /// At the end of the run: every replay that reached the queue has ended, and has left out no
    /// delivery that it could see.
    pub(crate) fn check_replays(
        &mut self,
        (stored, events): (&[Replay], &[Event]),
        history: &History,
        lag: Duration,
        now: Timestamp,
    ) {
        for (id, asked) in std::mem::take(&mut self.replays.asked) {
            let Some(replay) = stored.iter().find(|replay| replay.id == id) else {
                // Time-to-live removes it long after its end.
                continue;
            };
            let Some(finished) = replay.finished_at else {
                self.broken(format!("{} never came to its end", short(id)));
                continue;
            };
            let created = asked.1.created_at;
            let seen = Timestamp::from_millis(
                created.as_millis() - i64::try_from((lag + SKEW).as_millis()).unwrap_or_default(),
            );
            let active = history.always(&asked.0, seen, finished.plus(SKEW), |webhook| {
                webhook.effective_status().receives()
            });
            let left_out = self.rows.iter().find(|(key, row)| {
                asked.1.filter.status == ReplayStatus::Failed
                    && is_about(&asked, row)
                    && row.may_be_reopened()
                    && active.contains(&row.webhook_id)
                    && history.failed_since(**key).is_some_and(|since| since < seen)
            });
            if let Some((key, _)) = left_out {
                let what = format!("{}: {} left it out", name(*key), short(id));
                self.broken(what);
            }
            // A success is resent to webhooks that were active all the time.
            let active = history
                .always(&asked.0, seen, now, |webhook| webhook.effective_status().receives());
            let not_sent = self.rows.iter().find(|(key, row)| {
                asked.1.filter.status == ReplayStatus::Success
                    && is_about(&asked, row)
                    && row.payload_erased_at.is_none()
                    && row.attempt_count() < MAX_ATTEMPTS_ON_RECORD
                    && row.last_attempted_at().is_some_and(|last| last < seen)
                    && active.contains(&row.webhook_id)
                    && history.succeeded_since(**key).is_some_and(|since| since < seen)
                    && has_data(events, row)
            });
            if let Some((key, _)) = not_sent {
                let what = format!("{}: {} did not send it once more", name(*key), short(id));
                self.broken(what);
            }
        }
    }
}
