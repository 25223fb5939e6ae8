//! Events, and the webhooks that get them.

use super::{Ledger, account::Accepted, name};
use crate::{history::History, trace::short};
use grapnel_domain::{
    delivery::Delivery,
    event::inbound::InboundEvent,
    ids::{EventId, WebhookId},
    time::Timestamp,
};

impl Ledger {
    /// An event is on its queue.
    pub(crate) fn accepts(&mut self, body: &str, now: Timestamp) {
        match InboundEvent::parse(body, now) {
            Ok(event) => {
                self.accepted.entry(event.id).or_insert_with(|| Accepted {
                    user: event.user_id,
                    event_type: event.content.event_type,
                    data: event.content.data,
                    test: event.test.map(|test| test.webhook_id),
                    put: now,
                    fanned_out: false,
                });
            }
            Err(_) => {
                self.malformed.insert(body.to_owned());
            }
        }
    }

    /// A request to publish was answered with these ids.
    pub(crate) fn published(&mut self, key: &str, ids: Vec<EventId>) {
        if let Some(lost) = ids.iter().find(|id| !self.accepted.contains_key(*id)) {
            self.broken(format!("{} was promised and is on no queue", short(lost)));
        }
        let first = self.published.entry(key.to_owned()).or_insert_with(|| ids.clone());
        if *first != ids {
            self.broken(format!("request {key} was answered with other events than before"));
        }
    }

    /// When an event was first put on its queue.
    pub(crate) fn put_at(&self, event: EventId) -> Option<Timestamp> {
        self.accepted.get(&event).map(|accepted| accepted.put)
    }

    /// The event of a message.
    pub(crate) fn event_of(&self, body: &str) -> Option<EventId> {
        let event = InboundEvent::parse(body, Timestamp::from_millis(0)).ok()?;
        self.accepted.contains_key(&event.id).then_some(event.id)
    }

    /// A function sent a message to the dead letters with a reason.
    pub(crate) fn put_aside(&mut self, body: &str, reason: &str) {
        if !self.malformed.contains(body) {
            self.broken(format!("a well-formed message was put aside: {reason}"));
        }
    }

    /// An event's message was acknowledged: every webhook that matched all the time has a delivery.
    pub(crate) fn fanned_out(&mut self, body: &str, now: Timestamp, history: &History) {
        let Some(id) = self.event_of(body) else { return };
        let Some(event) = self.accepted.get_mut(&id) else { return };
        event.fanned_out = true;
        let event = &*event;
        let wanted = history.always(&event.user, event.put, now, |webhook| event.is_for(webhook));
        let has_one = |webhook: &WebhookId| self.by_event.contains_key(&(*webhook, id));
        if let Some(without) = wanted.iter().find(|webhook| !has_one(webhook)) {
            let what = format!("{} was acknowledged, {} has nothing", short(id), short(without));
            self.broken(what);
        }
    }

    pub(crate) fn created(&mut self, delivery: &Delivery, now: Timestamp, history: &History) {
        let wanted = self.accepted.get(&delivery.event_id).is_some_and(|event| {
            let webhook = (&event.user, delivery.webhook_id);
            history
                .ever(webhook, event.put, now, |w| w.is_some_and(|webhook| event.is_for(webhook)))
        });
        if !wanted {
            let key = super::key(delivery.key());
            self.broken(format!("{}: created, though nobody wanted it", name(key)));
        }
    }
}
