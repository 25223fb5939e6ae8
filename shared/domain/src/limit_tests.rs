use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_020_000);

fn limit(per_second: u32) -> RateLimit {
    RateLimit::new(per_second).expect("a limit")
}

fn reservation(count: u32, per_second: u32) -> Reservation {
    Reservation { count, limit: limit(per_second), now: NOW, seen: None }
}

fn after(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + millis)
}

fn slot(millis: i64) -> Slot {
    Slot { at: after(millis), moved: false }
}

#[test]
fn limits_are_between_one_and_a_thousand() {
    assert_eq!([0, 1, 1000, 1001].map(|n| RateLimit::new(n).is_some()), [false, true, true, false]);
    assert_eq!(serde_json::to_string(&limit(5)).expect("written"), "5");
    assert_eq!(serde_json::from_str::<RateLimit>("5").expect("read"), limit(5));
    assert!(serde_json::from_str::<RateLimit>("0").is_err());
}

#[test]
fn slots_begin_now_or_where_the_last_ones_end() {
    let asked = reservation(3, 4);
    assert_eq!(asked.begins(None), SlotTime::at(NOW));
    assert_eq!(asked.begins(Some(SlotTime::at(after(-1)))), SlotTime::at(NOW));
    let first = asked.begins(Some(SlotTime::at(after(600))));
    let slots: Vec<_> = asked.slots(first).collect();
    assert_eq!(slots, [after(600), after(850), after(1100)]);
    assert_eq!(first.plus_micros(asked.span_micros()), SlotTime::at(after(1350)));
}

#[test]
fn an_attempt_goes_in_its_slot_and_not_a_second_before() {
    assert_eq!(Turn::of(None, NOW), Turn::Reserve { moved: false });
    for millis in [-10_000, 0, 1000] {
        assert_eq!(Turn::of(Some(slot(millis)), NOW), Turn::Now, "{millis} ms");
    }
    assert_eq!(Turn::of(Some(slot(1001)), NOW), Turn::Wait(slot(1001)));
}

#[test]
fn a_slot_that_is_long_past_is_moved_once() {
    let late = slot(-10_001);
    assert_eq!(Turn::of(Some(late), NOW), Turn::Reserve { moved: true });
    assert_eq!(Turn::of(Some(Slot { moved: true, ..late }), NOW), Turn::Now);
}

#[test]
fn long_waits_are_shared_unless_their_minute_is_near() {
    let way = |seconds: i64, longest| {
        WayToWait::until(after(seconds * 1000), NOW, QueueDelay::at_most(longest))
    };
    assert_eq!(way(900, 900), WayToWait::Queue);
    assert_eq!(way(901, 900), WayToWait::Shared(Minute::at_or_before(after(901_000))));
    // With a queue that can hardly delay, as in tests.
    assert_eq!(way(29, 2), WayToWait::Queue);
    assert_eq!(way(200, 2), WayToWait::Shared(Minute::at_or_before(after(200_000))));
}

proptest! {
    #[test]
    fn no_second_has_more_slots_than_allowed(
        per_second in 1_u32..=1000, counts in prop::collection::vec(1_u32..=10, 1..200), gap in 0_i64..2000,
    ) {
        let mut next = None;
        let mut slots = Vec::new();
        for (n, count) in counts.iter().enumerate() {
            let now = after(gap * i64::try_from(n).expect("small"));
            let asked = Reservation { count: *count, limit: limit(per_second), now, seen: None };
            let first = asked.begins(next);
            next = Some(first.plus_micros(asked.span_micros()));
            prop_assert!(asked.slots(first).all(|slot| slot >= now));
            slots.extend(asked.slots(first));
        }
        prop_assert!(slots.windows(2).all(|pair| pair[0] < pair[1]), "each has a slot of its own");
        let most = usize::try_from(per_second).expect("small");
        // Rounding up to a millisecond moves each slot by less than a millisecond.
        prop_assert!(slots.windows(most + 1).all(|w| w[0].until(w[most]) >= Duration::from_millis(999)));
    }

    #[test]
    fn whoever_waits_by_queue_can(seconds in 1_i64..100_000, longest in 0_u64..=900, offset in 0_i64..60_000) {
        let now = after(offset);
        let slot = Timestamp::from_millis(now.as_millis() + seconds * 1000);
        match WayToWait::until(slot, now, QueueDelay::at_most(longest)) {
            WayToWait::Queue => prop_assert!(now.until(slot) <= Duration::from_secs(900)),
            WayToWait::Shared(minute) => {
                prop_assert!(minute.strikes_at() <= slot);
                prop_assert!(now.until(minute.strikes_at()) >= MINUTE_MARGIN);
                prop_assert!(minute.strikes_at().until(slot) < Duration::from_secs(60));
            }
        }
    }
}
