use super::*;
use crate::{
    event::TypeFilter,
    ids::{EventId, UserId, WebhookId},
    time::{Hour, Timestamp},
};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3600);

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn noon() -> Hour {
    time("2026-11-24T12:00:00Z").hour()
}

/// A delivery of an event that arrived so many minutes after noon.
fn outcome(minutes: u64, event_type: &str, status: DeliveryStatus) -> Outcome {
    let user = UserId::parse("demo").expect("valid");
    let event = EventId::derive(&user, "tests", &format!("{minutes} {event_type}"));
    let at = noon().begins_at().plus(Duration::from_secs(minutes * 60));
    let id = DeliveryId::derive(&WebhookId::from_uuid(Uuid::nil()), &event, at);
    let event_type = event_type.to_owned();
    Outcome { id, event_type, status, test: false, attempts: 2, answered: vec![40, 90] }
}

fn hours(from: Hour, to: Hour) -> Span {
    Span { from: DeliveryId::first_at(from.begins_at()), to: DeliveryId::first_at(to.begins_at()) }
}

/// An hour that is counted as far as this.
fn counted(to: Option<DeliveryId>) -> HourFigures {
    let mut hour = HourFigures::default();
    hour.add(&outcome(59, "a", DeliveryStatus::Success));
    hour.is_counted_to(to);
    hour
}

#[test]
fn a_percentile_is_the_bound_within_which_that_share_was_answered() {
    let mut times = Times::default();
    assert_eq!(times.percentile(50), None);
    for millis in [0, 25, 26, 50, 99, 100, 101, 4000, 30_000, 30_001] {
        times.add(millis);
    }
    let expected = [
        (Some(25), 2),
        (Some(50), 2),
        (Some(100), 2),
        (Some(250), 1),
        (Some(5000), 1),
        (Some(30_000), 1),
        (None, 1),
    ];
    assert_eq!(times.ranges().collect::<Vec<_>>(), expected);
    assert_eq!(
        [1, 20, 21, 50, 60, 61, 90].map(|it| times.percentile(it)),
        [25, 25, 50, 100, 100, 250, 30_000].map(Some)
    );
    assert_eq!(times.percentile(91), None, "the last range has no bound");
    let mut twice = times.clone();
    twice.merge(&times);
    assert_eq!(twice.ranges().map(|(_, count)| count).sum::<u64>(), 20);
}

#[test]
fn nine_hundred_and_ninety_nine_of_a_thousand_is_not_all() {
    let figures = Figures { success: 9999, failed: 1, ..Figures::default() };
    assert_eq!(figures.success_per_mille(), Some(999));
    assert_eq!(Figures { open: 3, ..Figures::default() }.success_per_mille(), None);
}

#[test]
fn tests_are_not_counted_and_types_beyond_the_room_have_a_common_place() {
    let mut hour = HourFigures::default();
    hour.add(&Outcome { test: true, ..outcome(1, "a", DeliveryStatus::Failed) });
    assert_eq!(hour.of(None), (Figures::default(), false));
    for number in 0..=MOST_TYPES {
        hour.add(&outcome(1, &format!("group.{number}"), DeliveryStatus::Failed));
    }
    let all = MOST_TYPES as u64 + 1;
    assert_eq!(hour.of(None).0.failed, all);
    assert!(!hour.of(None).1);
    let any: TypeFilter = "*".parse().expect("valid");
    assert_eq!(hour.of(Some(&any)), hour.of(None));
    let group: TypeFilter = "group.*".parse().expect("valid");
    let (figures, cut) = hour.of(Some(&group));
    assert_eq!((figures.failed, cut), (all - 1, true));
    assert_eq!((figures.attempts, figures.deliveries()), (2 * (all - 1), all - 1));
}

#[test]
fn an_hour_is_kept_when_it_is_over_and_nothing_in_it_is_open() {
    let mut hour = HourFigures::default();
    let end = noon().next().begins_at();
    assert!(hour.is_final(noon(), end.plus(HOUR)));
    assert!(!hour.is_final(noon(), end.plus(HOUR).minus(Duration::from_millis(1))));
    hour.add(&outcome(1, "a", DeliveryStatus::Retrying));
    assert!(!hour.is_final(noon(), end.plus(HOUR * 100)));
}

#[test]
fn what_was_kept_is_not_counted_again_and_what_is_gone_is_said() {
    let at = |hours| noon().plus(hours);
    let middle = outcome(30, "a", DeliveryStatus::Success).id;
    let kept = BTreeMap::from([
        (at(0), counted(Some(middle))),
        (at(2), counted(None)),
        (at(-9), counted(Some(middle))),
        (at(-8), counted(None)),
    ]);
    let created = at(-10).begins_at().plus(HOUR / 2);
    let on_record = at(-6).begins_at().plus(HOUR / 2);
    let planned = plan(at(-20)..at(5), &kept, created, on_record);
    let spans = [
        hours(at(3), at(5)),
        hours(at(1), at(2)),
        Span { to: middle, ..hours(at(0), at(0)) },
        hours(at(-5), at(0)),
    ];
    assert_eq!(planned.spans, spans);
    // The hours 10 and 9 ago, and 7 and 6 ago.
    assert_eq!(planned.lost, 4);
    assert_eq!(plan(at(-20)..at(-15), &kept, created, on_record), Plan::default());
}

#[test]
fn a_count_that_is_cut_short_goes_on_where_it_stopped() {
    let span = hours(noon(), noon().plus(3));
    let rows = [
        outcome(150, "a", DeliveryStatus::Success),
        outcome(50, "a", DeliveryStatus::Failed),
        outcome(20, "b", DeliveryStatus::Success),
        outcome(10, "a", DeliveryStatus::Success),
    ];
    let now = noon().plus(5).begins_at();
    let mut whole = Count::default();
    whole.take(span, &rows, None);
    let whole = whole.to_keep(now);
    assert_eq!(whole.keys().copied().collect::<Vec<_>>(), [0, 1, 2].map(|it| noon().plus(it)));

    let mut first = Count::default();
    first.take(span, &rows[..1], Some(rows[0].id));
    first.take(span, &rows[1..3], Some(rows[2].id));
    let kept = first.to_keep(now);
    assert_eq!(kept[&noon()].counted_to(), Some(rows[2].id));
    let rest = plan(noon()..noon().plus(3), &kept, Timestamp::from_millis(0), noon().begins_at());
    assert_eq!(rest.spans, [Span { from: span.from, to: rows[2].id }]);
    let mut second = Count::from_kept(kept);
    second.take(rest.spans[0], &rows[3..], None);
    let kept = second.to_keep(now);
    assert_eq!(kept[&noon()], whole[&noon()]);
    assert_eq!(kept.len(), 1, "only what changed");
    assert_eq!(second.hours(noon()..noon().plus(3)).count(), 3);
}

#[test]
fn an_hour_with_an_open_delivery_or_too_young_is_not_kept() {
    let span = hours(noon(), noon().plus(3));
    let rows = [outcome(61, "a", DeliveryStatus::Pending), outcome(5, "a", DeliveryStatus::Failed)];
    let mut count = Count::default();
    count.take(span, &rows, None);
    let kept = count.to_keep(noon().plus(3).begins_at().plus(HOUR / 2));
    assert_eq!(kept.into_keys().collect::<Vec<_>>(), [noon()]);
    let open = count.hours(noon().next()..noon().plus(2)).map(|(_, hour)| hour.of(None).0.open);
    assert_eq!(open.sum::<u64>(), 1);
}
