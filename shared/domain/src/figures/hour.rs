use super::{Figures, Outcome};
use crate::{
    event::TypeFilter,
    ids::DeliveryId,
    time::{Hour, Timestamp},
};
use grapnel_wire::limits::STATS_DAYS;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// How many event types of an hour have figures of their own. With 24 such hours a row has about 70 KB, of
/// the 400 KB that are allowed.
pub const MOST_TYPES: usize = 30;

/// How long after its end an hour is still counted again: an event that was stored in it may get its
/// deliveries late, when ingest has to catch up.
const SETTLES_WITHIN: Duration = Duration::from_secs(3600);

/// How long after the beginning of their day figures are kept: until no request can ask for them.
pub const KEPT: Duration = Duration::from_secs(86_400 * (STATS_DAYS.unsigned_abs() + 2));

/// The figures of one webhook's deliveries of one hour's events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourFigures {
    /// By event type.
    #[serde(rename = "e", default)]
    types: BTreeMap<String, Figures>,
    /// Of the event types for which there was no room.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    rest: Option<Figures>,
    /// Older deliveries of the hour are still to be counted: those before this one.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    counted_to: Option<DeliveryId>,
}

impl HourFigures {
    /// Counts one delivery, unless it is a test.
    pub fn add(&mut self, outcome: &Outcome) {
        if outcome.test {
            return;
        }
        if let Some(figures) = self.types.get_mut(&outcome.event_type) {
            figures.add(outcome);
        } else if self.types.len() < MOST_TYPES {
            self.types.entry(outcome.event_type.clone()).or_default().add(outcome);
        } else {
            self.rest.get_or_insert_default().add(outcome);
        }
    }

    /// Says that deliveries before this one are still to be counted, or that none is.
    pub fn is_counted_to(&mut self, id: Option<DeliveryId>) {
        self.counted_to = id;
    }

    /// Where the count goes on; `None` if all are counted.
    #[must_use]
    pub fn counted_to(&self) -> Option<DeliveryId> {
        self.counted_to
    }

    /// The figures of these event types, of all if `None`; and whether some of these types may be
    /// missing, as there was no room for them.
    #[must_use]
    pub fn of(&self, types: Option<&TypeFilter>) -> (Figures, bool) {
        let types = types.filter(|types| !types.is_everything());
        let mut sum = Figures::default();
        let wanted = |name: &str| types.is_none_or(|types| types.includes(name));
        for (_, figures) in self.types.iter().filter(|(name, _)| wanted(name)) {
            sum.merge(figures);
        }
        if let (Some(rest), None) = (&self.rest, types) {
            sum.merge(rest);
        }
        (sum, types.is_some() && self.rest.is_some())
    }

    /// Whether the figures of this hour will not change any more by themselves, so that they can be kept.
    #[must_use]
    pub fn is_final(&self, hour: Hour, now: Timestamp) -> bool {
        self.of(None).0.open == 0 && hour.next().begins_at().plus(SETTLES_WITHIN) <= now
    }
}
