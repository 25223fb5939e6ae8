//! How late an attempt is, for [`Health::noting`].

use crate::{delivery::Delivery, health::Health, message::MakeAttempt, time::Timestamp};
use std::time::Duration;

/// The age of the event when its first attempt begins, from the moment at which it reached its
/// queue.
/// `None` for an attempt that is late by design: a test, a manual retry, a replay, a retry, an attempt
/// that waited for its rate limit slot, for a name server, or for an open circuit breaker.
#[must_use]
pub fn age(
    message: &MakeAttempt,
    delivery: &Delivery,
    health: &Health,
    begun: Timestamp,
) -> Option<Duration> {
    let stored_at = delivery.id.event_stored_at();
    let accepted_at = message.accepted_at.unwrap_or(stored_at).min(stored_at);
    let MakeAttempt { manual, replay, resolver_silent_since, slot, .. } = message;
    let is_asked_for = *manual || delivery.test || replay.is_some();
    let has_waited = resolver_silent_since.is_some() || slot.is_some() || delivery.slot.is_some();
    // A closed circuit breaker keeps its last due time. What was stored before may have been parked.
    let may_have_been_parked =
        delivery.parked_until.is_some() || health.last_due.is_some_and(|due| stored_at < due);
    let counts = delivery.attempts.is_empty()
        && !is_asked_for
        && !has_waited
        && !may_have_been_parked
        && !health.is_failing();
    counts.then(|| accepted_at.until(begun))
}

#[cfg(test)]
#[path = "lateness_tests.rs"]
mod tests;
