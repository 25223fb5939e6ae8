use super::{HourFigures, Outcome, Span};
use crate::{
    ids::DeliveryId,
    time::{Hour, Timestamp},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// A count of one webhook's deliveries, which goes on from what was kept.
#[derive(Debug, Clone, Default)]
pub struct Count {
    hours: BTreeMap<Hour, HourFigures>,
    /// Hours that changed.
    counted: BTreeSet<Hour>,
}

impl Count {
    /// Goes on from the hours that were kept.
    #[must_use]
    pub fn from_kept(kept: BTreeMap<Hour, HourFigures>) -> Self {
        Self { hours: kept, counted: BTreeSet::new() }
    }

    /// Counts deliveries of a span, newest first, behind those that were counted. `next` is where the
    /// span goes on: `None` if it is at its end.
    pub fn take(&mut self, span: Span, outcomes: &[Outcome], next: Option<DeliveryId>) {
        for outcome in outcomes {
            let hour = outcome.id.event_stored_at().hour();
            self.hours.entry(hour).or_default().add(outcome);
        }
        let newest = span.to.event_stored_at();
        // A span that ends with an hour is followed by the first id of the next one.
        let end =
            match newest == newest.hour().begins_at() && span.to == DeliveryId::first_at(newest) {
                true => newest.hour(),
                false => newest.hour().next(),
            };
        let reached = next.unwrap_or(span.from).event_stored_at().hour();
        let mut hour = reached;
        while hour < end {
            let counted_to = next.filter(|_| hour == reached);
            self.hours.entry(hour).or_default().is_counted_to(counted_to);
            self.counted.insert(hour);
            hour = hour.next();
        }
    }

    /// The hours that were counted now and can be kept.
    #[must_use]
    pub fn to_keep(&self, now: Timestamp) -> BTreeMap<Hour, HourFigures> {
        let counted = self.counted.iter().filter_map(|hour| Some((*hour, self.hours.get(hour)?)));
        let last = counted.filter(|(hour, figures)| figures.is_final(*hour, now));
        last.map(|(hour, figures)| (hour, figures.clone())).collect()
    }

    /// The figures of each of these hours that has any.
    pub fn hours(&self, wanted: Range<Hour>) -> impl Iterator<Item = (Hour, &HourFigures)> {
        self.hours.range(wanted).map(|(hour, figures)| (*hour, figures))
    }
}
