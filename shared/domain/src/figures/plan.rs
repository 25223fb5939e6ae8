use super::HourFigures;
use crate::{
    ids::DeliveryId,
    time::{Hour, Timestamp},
};
use std::{collections::BTreeMap, ops::Range};

/// Deliveries that lie beside each other and are still to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The oldest. Like the end it is no delivery's id, or an id that is counted already.
    pub from: DeliveryId,
    /// Behind the newest.
    pub to: DeliveryId,
}

impl Span {
    fn hours(from: Hour, to: Hour) -> Self {
        Self {
            from: DeliveryId::first_at(from.begins_at()),
            to: DeliveryId::first_at(to.begins_at()),
        }
    }
}

/// What is still to be counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The newest first.
    pub spans: Vec<Span>,
    /// Hours that were not kept while their deliveries were on record.
    pub lost: u64,
}

/// What is to be counted of a webhook for these hours.
///
/// `kept` are hours that were counted before. The webhook was created at `created`. Deliveries of events
/// that arrived before `on_record` may have been removed, so their hours are not counted any more.
#[must_use]
pub fn plan(
    wanted: Range<Hour>,
    kept: &BTreeMap<Hour, HourFigures>,
    created: Timestamp,
    on_record: Timestamp,
) -> Plan {
    let mut plan = Plan::default();
    let mut end: Option<Hour> = None;
    let first = wanted.start.max(created.hour());
    let mut hour = wanted.end;
    while hour > first {
        hour = hour.plus(-1);
        let close = |end: &mut Option<Hour>, plan: &mut Plan| {
            plan.spans.extend(end.take().map(|end| Span::hours(hour.next(), end)));
        };
        let is_on_record = hour.begins_at() >= on_record;
        match kept.get(&hour).map(HourFigures::counted_to) {
            Some(None) => close(&mut end, &mut plan),
            Some(Some(to)) if is_on_record => {
                close(&mut end, &mut plan);
                plan.spans.push(Span { from: DeliveryId::first_at(hour.begins_at()), to });
            }
            None if is_on_record => {
                end.get_or_insert(hour.next());
            }
            Some(Some(_)) | None => {
                close(&mut end, &mut plan);
                plan.lost += 1;
            }
        }
    }
    plan.spans.extend(end.map(|end| Span::hours(first, end)));
    plan
}
