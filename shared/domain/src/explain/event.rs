//! An event and a webhook: whether the event matched, and why not.

use super::delivery::{OfDelivery, of_delivery};
use crate::{
    delivery::Delivery,
    event::{Event, Retention, inbound::OWN_SOURCE},
    ids::WebhookId,
    time::Timestamp,
    webhook::{Interest, Webhook},
};
use std::time::Duration;

/// A change of a webhook is written at most this long after the time that it notes: the API's time limit
/// (`template.yaml`), and the difference between the clocks of two machines.
pub const TAKES_EFFECT_WITHIN: Duration = Duration::from_secs(40);

/// The webhooks of an event are decided at most this long after the time of its arrival: the longest
/// `FunctionTimeoutSeconds`, and the difference between two clocks.
pub const LONGEST_FAN_OUT: Duration = Duration::from_secs(310);

/// An event and a webhook, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfEvent {
    /// The webhook is on the event's list.
    Matched(Matched),
    /// It is not, for this reason.
    NotMatched(Cause),
    /// It is not, and the record cannot tell why.
    Unknown(Doubt),
}

/// What has happened to the delivery of an event that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    OnRecord(OfDelivery),
    /// Fan-out has not recorded it yet.
    Pending,
    /// Deliveries of this age may have been removed.
    Expired,
}

/// Why an event did not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The webhook was created afterwards.
    CreatedLater { at: Timestamp },
    /// The webhook was disabled.
    Disabled,
    /// The webhook does not get events of this type.
    OtherType,
    /// The filter does not match: JSON pointers to its conditions that fail if each is checked alone.
    /// Empty if no single item of a list satisfies all of them, or if that took too long.
    Filter(Vec<String>),
    /// The event is a test of another webhook.
    OtherTest,
}

/// Why there is no verdict about the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// The event's webhooks are not decided.
    NotDecided,
    /// The webhook changed about when the event arrived or later: its filter, its types and its status
    /// may have been others.
    Changed {
        at: Timestamp,
        /// The webhook as it is now.
        present: Present,
    },
    /// The event's data was erased, so that the filter cannot run again.
    DataErased,
    /// The webhook as it is would have got the event.
    NoCause,
}

/// Whether a webhook as it is now would get the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    Matches,
    Differs(Cause),
    /// Only the erased data could tell.
    DataErased,
}

/// Explains an event of a webhook's owner: `webhook` as it is now and `delivery`, where they exist. `None`
/// if nothing shows that the event's owner ever had such a webhook.
#[must_use]
pub fn of_event(
    event: &Event,
    (id, webhook): (WebhookId, Option<&Webhook>),
    delivery: Option<&Delivery>,
    retention: Retention,
    now: Timestamp,
) -> Option<OfEvent> {
    let audience = event.audience.as_deref();
    if audience.is_some_and(|audience| audience.contains(&id)) {
        return Some(OfEvent::Matched(match delivery {
            Some(delivery) => Matched::OnRecord(of_delivery(delivery, webhook, now)),
            None if now < event.stored_at.plus(retention.period()) => Matched::Pending,
            None => Matched::Expired,
        }));
    }
    let webhook = webhook?;
    Some(match audience {
        None => OfEvent::Unknown(Doubt::NotDecided),
        // Events from outside have other sources.
        Some(_) if event.content.source == OWN_SOURCE => OfEvent::NotMatched(Cause::OtherTest),
        Some(_) => left_out(event, webhook),
    })
}

/// Why a webhook is not on the list of an event.
fn left_out(event: &Event, webhook: &Webhook) -> OfEvent {
    let (created, changed) = (webhook.created_at, webhook.updated_at);
    if created > event.stored_at.plus(LONGEST_FAN_OUT) {
        return OfEvent::NotMatched(Cause::CreatedLater { at: created });
    }
    if changed != created && changed.plus(TAKES_EFFECT_WITHIN) > event.stored_at {
        return OfEvent::Unknown(Doubt::Changed { at: changed, present: present(event, webhook) });
    }
    // The configuration was the same, if the webhook existed. So what it does not match now, it did not
    // match then, and if it matches now, the configuration is not the reason.
    match interest(event, webhook) {
        Present::Differs(cause) => OfEvent::NotMatched(cause),
        Present::DataErased => OfEvent::Unknown(Doubt::DataErased),
        Present::Matches => beside_the_configuration(event, webhook),
    }
}

/// Why a webhook whose configuration matches is not on the list of an event: it did not exist, or its
/// endpoint's failures had disabled it. Only its owner enables it again, which changes the configuration.
fn beside_the_configuration(event: &Event, webhook: &Webhook) -> OfEvent {
    let at = webhook.created_at;
    let is_new = at.plus(TAKES_EFFECT_WITHIN) > event.stored_at;
    match (is_new, webhook.health.is_disabled()) {
        (true, true) => {
            let present = Present::Differs(Cause::Disabled);
            OfEvent::Unknown(Doubt::Changed { at, present })
        }
        (true, false) => OfEvent::NotMatched(Cause::CreatedLater { at }),
        (false, true) => OfEvent::NotMatched(Cause::Disabled),
        (false, false) => OfEvent::Unknown(Doubt::NoCause),
    }
}

/// Whether the webhook would get the event now.
fn present(event: &Event, webhook: &Webhook) -> Present {
    match webhook.health.is_disabled() {
        true => Present::Differs(Cause::Disabled),
        false => interest(event, webhook),
    }
}

/// What the configuration says about the event.
fn interest(event: &Event, webhook: &Webhook) -> Present {
    let subscription = webhook.configured_subscription();
    let data = &event.content.data;
    match subscription.interest(&event.content.event_type, data) {
        Interest::Disabled => Present::Differs(Cause::Disabled),
        Interest::OtherType => Present::Differs(Cause::OtherType),
        Interest::Judged(_) if event.payload_erased_at.is_some() && webhook.filter.is_some() => {
            Present::DataErased
        }
        Interest::Judged(judgement) if judgement.verdict.delivers() => Present::Matches,
        Interest::Judged(_) => {
            let failed = webhook.filter.as_ref().map(|filter| filter.unsatisfied(data));
            Present::Differs(Cause::Filter(failed.and_then(Result::ok).unwrap_or_default()))
        }
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
