//! What the doctor made: removed at the end, whatever ended it; and what stays until it expires.

use super::check::Verdict;
use crate::{
    failure::Failure,
    render::{View, hanging},
};
use futures::TryStreamExt;
use grapnel_client::{Client, Error};
use grapnel_domain::{event::Retention, ids::DeliveryId, time::Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// The throw-away user, and what was made outside of that user.
#[derive(Debug)]
pub(super) struct Belongings {
    user: String,
    has_begun: bool,
    echoes: Vec<String>,
    events: BTreeMap<String, Timestamp>,
}

/// A row that nothing deletes before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Leftover {
    /// `event` or `delivery`.
    pub(super) left: &'static str,
    pub(super) id: String,
    /// When it expires; `None` where the stack's `RetentionDays` is not known.
    pub(super) expires_at: Option<Timestamp>,
}

/// A delivery, as far as its expiry depends on it.
struct Kept {
    id: String,
    event_id: String,
    event_stored_at: Timestamp,
    last_attempt_at: Timestamp,
}

impl Belongings {
    /// Nothing is made yet for this user.
    pub(super) fn of(user: String) -> Self {
        Self { user, has_begun: false, echoes: Vec::new(), events: BTreeMap::new() }
    }

    /// Whose everything is.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// Notes that something was made, or may have been: the answer was lost.
    pub(super) fn begin(&mut self) {
        self.has_begun = true;
    }

    /// Notes an echo.
    pub(super) fn add_echo(&mut self, id: &str) {
        self.echoes.push(id.to_owned());
    }

    /// Notes an event that was published.
    pub(super) fn add_event(&mut self, id: &str, at: Timestamp) {
        self.events.insert(id.to_owned(), at);
    }

    /// The echoes that were made.
    pub(super) fn echoes(&self) -> &[String] {
        &self.echoes
    }

    /// Says what was left because nobody waited for its removal.
    pub(super) fn abandoned(&self) -> Failure {
        let Self { user, .. } = self;
        Failure::new(format!("what was created for user {user} is not removed")).advise(format!(
            "grapnel webhooks list --user {user} and grapnel keys list {user} show what is left."
        ))
    }

    /// Removes everything that can be removed. `None` if nothing was made.
    pub(super) async fn remove(
        &self,
        admin: &Client,
        retention: Option<Retention>,
    ) -> Option<(Verdict, Vec<Leftover>)> {
        if !self.has_begun {
            return None;
        }
        let client = admin.for_user(&self.user);
        let mut faults = Vec::new();
        let mut kept = Vec::new();
        match client.webhooks().all().await {
            Ok(webhooks) => {
                for webhook in webhooks {
                    faults.extend(settle(&client, &webhook.id, &mut kept).await.err());
                    faults.extend(client.delete_webhook(&webhook.id).await.err());
                }
            }
            Err(error) => faults.push(error),
        }
        match client.keys(&self.user).all().await {
            Ok(keys) => {
                for key in keys {
                    faults.extend(client.revoke_key(&self.user, &key.id).await.err());
                }
            }
            Err(error) => faults.push(error),
        }
        for id in &self.echoes {
            faults.extend(admin.delete_echo(id).await.err().filter(|it| !is_gone(it)));
        }
        Some((self.verdict(&faults), self.leftovers(&kept, retention)))
    }

    fn verdict(&self, faults: &[Error]) -> Verdict {
        let user = &self.user;
        let Some(first) = faults.first() else {
            return Verdict::passed(format!("webhook, key and echo of user {user} were removed"));
        };
        Verdict::failed(
            format!("not everything of user {user} is removed: {first}"),
            format!(
                "grapnel webhooks list --user {user} and grapnel keys list {user} show what is left, and \
                 delete and revoke remove it. The key ends within an hour by itself, an echo within ten \
                 minutes."
            ),
        )
    }

    fn leftovers(&self, kept: &[Kept], retention: Option<Retention>) -> Vec<Leftover> {
        let mut events = self.events.clone();
        events.extend(kept.iter().map(|it| (it.event_id.clone(), it.event_stored_at)));
        let events = events.into_iter().map(|(id, stored_at)| Leftover {
            left: "event",
            id,
            expires_at: retention.map(|it| it.event_expiry(stored_at)),
        });
        let deliveries = kept.iter().map(|it| Leftover {
            left: "delivery",
            id: it.id.clone(),
            expires_at: retention
                .map(|of| of.delivery_expiry(it.last_attempt_at, it.event_stored_at)),
        });
        events.chain(deliveries).collect()
    }
}

impl Leftover {
    /// As people read it.
    pub(super) fn text(&self, view: &View) -> String {
        let Self { left, id, expires_at } = self;
        let text = match expires_at {
            Some(at) => format!("{left} {id} expires {}", view.clock.full(*at)),
            None => format!("{left} {id} expires by the stack's RetentionDays"),
        };
        format!("  {}", hanging(&text, 4, view.width))
    }
}

/// Ends the deliveries of a webhook that have not ended, so that nothing waits for a webhook that is
/// gone, and notes them all.
async fn settle(client: &Client, webhook: &str, kept: &mut Vec<Kept>) -> Result<(), Error> {
    let mut deliveries = std::pin::pin!(client.deliveries(webhook).stream());
    while let Some(delivery) = deliveries.try_next().await? {
        if !delivery.is_settled() {
            let cancelled = client.cancel_delivery(webhook, &delivery.id).await;
            // One that has ended meanwhile needs no more.
            if let Err(error) = cancelled
                && error.problem().is_none_or(|it| it.code != "already_settled")
            {
                return Err(error);
            }
        }
        let last = delivery.attempts.last().map_or(delivery.created_at, |it| it.attempted_at);
        let id: Option<DeliveryId> = delivery.id.parse().ok();
        kept.push(Kept {
            id: delivery.id,
            event_id: delivery.event_id,
            event_stored_at: id.map_or(delivery.created_at, |id| id.event_stored_at()),
            last_attempt_at: last,
        });
    }
    Ok(())
}

fn is_gone(error: &Error) -> bool {
    error.problem().is_some_and(|problem| problem.status == 404)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn rows_that_stay_are_listed_with_their_expiry() {
        let mut belongings = Belongings::of("doctor-1".to_owned());
        belongings.add_event("evt_2", at("2026-11-24T06:00:00Z"));
        let kept = [Kept {
            id: "dlv_1".to_owned(),
            event_id: "evt_1".to_owned(),
            event_stored_at: at("2026-11-24T06:00:00Z"),
            last_attempt_at: at("2026-11-24T07:00:00Z"),
        }];
        let left = belongings.leftovers(&kept, Some(Retention { days: 8 }));
        let shown: Vec<_> = left
            .iter()
            .map(|it| format!("{} {} {}", it.left, it.id, it.expires_at.expect("known")))
            .collect();
        assert_eq!(
            shown,
            [
                "event evt_1 2026-12-10T06:00:00.000Z",
                "event evt_2 2026-12-10T06:00:00.000Z",
                "delivery dlv_1 2026-12-02T07:00:00.000Z"
            ]
        );
        let id = "dlv_019aa3f2-c1d0-8123-9456-0123456789ab";
        let expires_at = Some(at("2026-12-24T06:24:00Z"));
        let left = Leftover { left: "delivery", id: id.to_owned(), expires_at };
        assert_eq!(
            left.text(&View::for_tests(Some(80))),
            format!("  delivery {id} expires 2026-12-24\n    06:24:00 UTC (in 30d)")
        );
        assert!(!left.text(&View::for_tests(None)).contains('\n'));
        let unknown = belongings.leftovers(&kept, None);
        assert!(unknown.iter().all(|it| it.expires_at.is_none()));
    }
}
