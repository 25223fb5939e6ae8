use super::*;
use crate::ids::WebhookId;
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::{Builder, Uuid};

fn minute() -> Minute {
    "20261124T0624Z".parse().expect("valid")
}

fn after(seconds: u64) -> Timestamp {
    minute().strikes_at().plus(Duration::from_secs(seconds))
}

fn visit(until: u64) -> Visit {
    Visit { minute: minute(), until: after(until) }
}

fn row(user: &str, webhook: u128, id: u128) -> DueRow {
    let key = DeliveryKey {
        webhook_id: WebhookId::from_uuid(Uuid::from_u128(webhook)),
        id: DeliveryId::from_uuid(Uuid::from_u128(id)),
    };
    DueRow { key, user_id: UserId::parse(user).expect("valid"), minute: minute() }
}

const NOTHING: Tended = Tended { released: 0, put_aside: 0, left: 0, unsure: 0, more: false };

#[test]
fn an_execution_visits_at_its_minute_and_once_more_when_the_index_has_settled() {
    let first = Visit::first(minute());
    assert_eq!(first.until, after(0));
    let answer = first.answer(Tended { released: 7, ..NOTHING }, after(20));
    assert_eq!(answer, Answer { over: false, until: after(180) });
    let last = Visit { until: answer.until, ..first };
    assert!(last.answer(NOTHING, after(181)).over);
    assert!(last.answer(Tended { released: 1, ..NOTHING }, after(181)).over);
}

#[test]
fn a_first_visit_that_is_late_is_followed_by_another() {
    let answer = Visit::first(minute()).answer(NOTHING, after(900));
    assert_eq!(answer, Answer { over: false, until: after(900) });
}

#[test]
fn what_could_not_be_released_is_tried_again_and_again_ever_more_slowly() {
    let stuck = Tended { left: 1, ..NOTHING };
    let mut last = Visit::first(minute());
    let mut visits = 0;
    while last.until < after(14 * 86_400) {
        let answer = last.answer(stuck, last.until);
        let pause = last.until.until(answer.until);
        assert!(!answer.over && (SHORTEST_PAUSE..=LONGEST_PAUSE).contains(&pause), "{pause:?}");
        last.until = answer.until;
        visits += 1;
    }
    // Nine entries a visit: far from the 25,000 of a history.
    assert!(visits * 9 < 10_000, "{visits} visits in two weeks");
}

/// Also with more to do: what comes again finds the same rows first.
#[test]
fn what_may_have_been_sent_is_sent_again_only_when_its_attempt_is_on_record() {
    for more in [false, true] {
        let unsure = Tended { unsure: 1, left: 1, more, ..NOTHING };
        let answer = visit(0).answer(unsure, after(7));
        assert_eq!(answer, Answer { over: false, until: after(107) });
    }
}

#[test]
fn who_has_no_time_left_comes_back_at_once() {
    let answer = visit(0).answer(Tended { more: true, left: 3, ..NOTHING }, after(50));
    assert_eq!(answer, Answer { over: false, until: after(50) });
}

#[test]
fn a_visit_reads_its_minute_and_what_others_have_left_behind() {
    assert_eq!(Visit::first(minute()).reads(after(1)), [Minutes::Only(minute())]);
    let old = Minute::at_or_before(after(180).minus(ADOPTED_AFTER));
    assert_eq!(visit(180).reads(after(181)), [Minutes::Only(minute()), Minutes::UpTo(old)]);
    // The execution's clock is ahead, or waits are shortened: it has waited all the same.
    assert_eq!(visit(180).reads(after(0)), visit(180).reads(after(180)));
    assert_eq!(visit(600).reads(after(600)), [Minutes::UpTo(Minute::at_or_before(after(300)))]);
}

#[test]
fn a_minute_is_adopted_only_when_its_own_execution_has_ended() {
    let mut adopts = minute();
    let last = |of: Minute| Visit { minute: of, until: of.strikes_at().plus(SETTLES_AFTER) };
    while !last(adopts).reads(last(adopts).until).contains(&Minutes::UpTo(minute())) {
        adopts = adopts.next();
    }
    assert_eq!(
        adopts,
        minute().next().next(),
        "its last visit is two minutes after that of the minute"
    );
}

#[test]
fn its_json_is_what_the_state_machine_passes_on() {
    let visit = Visit::first(minute());
    let json = serde_json::to_value(visit).expect("serialises");
    let expected =
        serde_json::json!({ "minute": "20261124T0624Z", "until": "2026-11-24T06:24:00.000Z" });
    assert_eq!(json, expected);
    let answer = serde_json::to_value(Answer { over: true, until: after(0) }).expect("serialises");
    let expected = serde_json::json!({ "over": true, "until": "2026-11-24T06:24:00.000Z" });
    assert_eq!(answer, expected);
}

#[test]
fn one_row_among_a_hundred_thousand_is_among_the_first() {
    let crowd = (0..100_000).map(|id| row("ada", id % 10, id));
    let ordered = in_turn(crowd.chain([row("bob", 99, 0)]).collect());
    let place = ordered.iter().position(|row| row.user_id.as_str() == "bob");
    assert_eq!((ordered.len(), place), (100_001, Some(1)));
}

#[test]
fn webhooks_of_one_user_take_turns() {
    let rows = vec![row("ada", 1, 1), row("ada", 1, 2), row("ada", 1, 3), row("ada", 2, 4)];
    let ids = in_turn(rows).into_iter().map(|row| row.key.id.uuid().as_u128());
    assert_eq!(ids.collect::<Vec<_>>(), [1, 4, 2, 3]);
}

/// A visit reads one part after the other; written in that order, each would be throttled in turn.
#[test]
fn parts_of_the_index_take_turns() {
    let parts = (0..16_u128).flat_map(|part| (0..100).map(move |n| row("ada", 1, n * 16 + part)));
    let ordered = in_turn(parts.collect());
    for rows in ordered.chunks(16) {
        let parts: BTreeSet<Spread> = rows.iter().map(|row| Spread::of(row.key.id)).collect();
        assert_eq!(parts.len(), 16);
    }
}

#[test]
fn deliveries_spread_evenly_whatever_their_webhook_and_time() {
    let mut counts: BTreeMap<Spread, usize> = BTreeMap::new();
    let user = UserId::parse("ada").expect("valid");
    let webhook =
        WebhookId::from_uuid(Builder::from_unix_timestamp_millis(7, &[1; 10]).into_uuid());
    for number in 0..16_000_u32 {
        let event = crate::ids::EventId::derive(&user, "s", &number.to_string());
        let id = DeliveryId::derive(&webhook, &event, after(u64::from(number % 60)));
        *counts.entry(Spread::of(id)).or_default() += 1;
    }
    assert_eq!(counts.len(), usize::from(SPREADS));
    // 2,000 failures a second that enter, 2,000 that leave: 250 writes a second for each spread, and
    // the fullest here has at most a fifth more. The limit is 700.
    assert!(counts.values().all(|count| (800..=1200).contains(count)), "{counts:?}");
    assert_eq!(Spread::all().map(|it| it.to_string()).collect::<String>(), "0123456789abcdef");
}

proptest! {
    #[test]
    fn nobody_is_lost_or_doubled_in_their_turns(rows in prop::collection::vec((0_u8..4, 0_u128..4, any::<u64>()), 0..60)) {
        let rows: Vec<DueRow> = rows
            .into_iter()
            .map(|(user, webhook, id)| row(&format!("u{user}"), webhook, id.into()))
            .collect();
        let sorted = |mut rows: Vec<DueRow>| {
            rows.sort_by_key(|row| (row.user_id.clone(), row.key.webhook_id, row.key.id));
            rows
        };
        prop_assert_eq!(sorted(in_turn(rows.clone())), sorted(rows));
    }

    /// An execution ends, and not before the index has settled.
    #[test]
    fn an_execution_ends_when_nothing_is_left_and_the_index_has_settled(
        visits in prop::collection::vec(
            (0_usize..3, 0_usize..2, any::<bool>(), 0_u64..400), 0..20,
        ),
    ) {
        let mut last = Visit::first(minute());
        let step = |last: &mut Visit, tended, took| {
            let now = last.until.plus(Duration::from_secs(took));
            let answer = last.answer(tended, now);
            let ends_early = answer.over && last.until < after(180);
            last.until = answer.until;
            (answer, ends_early)
        };
        for (left, unsure, more, took) in visits {
            let tended = Tended { left, unsure, more, ..NOTHING };
            let (answer, ends_early) = step(&mut last, tended, took);
            prop_assert!(!ends_early);
            prop_assert!(!answer.over || (left == 0 && unsure == 0 && !more));
            if answer.over { return Ok(()); }
        }
        let rest: Vec<bool> = (0..2).map(|_| step(&mut last, NOTHING, 0).0.over).collect();
        prop_assert!(rest.contains(&true));
    }
}
