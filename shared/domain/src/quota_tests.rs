use super::*;
use proptest::prelude::*;
use rstest::rstest;

const NOON: Timestamp = Timestamp::from_millis(1_764_072_000_000);

fn user(name: &str) -> UserId {
    UserId::parse(name).expect("a user")
}

fn quota(per_minute: u32) -> Quota {
    Quota::new(per_minute).expect("a quota")
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOON.as_millis() + millis)
}

#[rstest]
#[case(1, 1)]
#[case(19, 1)]
#[case(20, 1)]
#[case(600, 30)]
#[case(1_000_000, 50)]
fn a_share_is_a_twentieth_within_bounds(#[case] per_minute: u32, #[case] share: u32) {
    assert_eq!(quota(per_minute).share(), share);
}

#[test]
fn a_quota_has_bounds() {
    assert_eq!(Quota::new(0), None);
    assert_eq!(Quota::new(1_000_001), None);
}

#[test]
fn so_many_are_served_in_a_minute_and_the_next_begins_anew() {
    let (mut tallies, quota, ann) = (Tallies::default(), quota(3), user("ann"));
    let mut remaining = Vec::new();
    for _ in 0..3 {
        let (standing, _) = tallies.take(quota, &ann, at(30_500));
        assert!(standing.admitted);
        remaining.push(standing.remaining);
    }
    assert_eq!(remaining, [2, 1, 0]);
    let (refused, untold) = tallies.take(quota, &ann, at(59_999));
    assert_eq!((refused.admitted, untold), (false, None));
    assert_eq!(refused.resets_in, Duration::from_secs(1));
    assert!(tallies.take(quota, &user("bob"), at(59_999)).0.admitted, "somebody else's");
    let (standing, _) = tallies.take(quota, &ann, at(60_000));
    assert_eq!((standing.remaining, standing.resets_in), (2, Duration::from_secs(60)));
}

#[test]
fn a_share_is_told_at_once_and_what_others_told_counts() {
    let (mut tallies, quota, ann) = (Tallies::default(), quota(100), user("ann"));
    let untold: Vec<Option<u32>> =
        (0..11).map(|_| tallies.take(quota, &ann, NOON).1.map(|told| told.requests)).collect();
    let told = [4, 9].map(|index| untold[index]);
    assert_eq!((told, untold.iter().flatten().count()), ([Some(5); 2], 2));

    tallies.heard(&ann, Minute::at_or_before(NOON), 80);
    let (standing, _) = tallies.take(quota, &ann, NOON);
    assert_eq!(standing.remaining, 100 - 70 - 12, "others told seventy");
    tallies.heard(&ann, Minute::at_or_before(NOON), 10);
    assert_eq!(tallies.take(quota, &ann, NOON).0.remaining, 100 - 70 - 13, "an answer from before");
    tallies.heard(&ann, Minute::at_or_before(NOON), u32::MAX);
    assert!(!tallies.take(quota, &ann, NOON).0.admitted);
}

#[test]
fn what_could_not_be_told_is_told_with_what_comes_next() {
    let (mut tallies, quota, ann) = (Tallies::default(), quota(40), user("ann"));
    assert_eq!(tallies.take(quota, &ann, NOON).1, None);
    let untold = tallies.take(quota, &ann, NOON).1.expect("a share");
    tallies.not_told(&ann, untold);
    let again = tallies.take(quota, &ann, NOON).1.expect("more than a share");
    assert_eq!((untold.requests, again.requests), (2, 3));
}

#[test]
fn an_answer_about_a_minute_that_is_over_changes_nothing() {
    let (mut tallies, quota, ann) = (Tallies::default(), quota(20), user("ann"));
    let untold = tallies.take(quota, &ann, NOON).1.expect("a share");
    tallies.take(quota, &ann, at(60_000));
    tallies.heard(&ann, untold.minute, 20);
    tallies.not_told(&ann, untold);
    assert_eq!(tallies.take(quota, &ann, at(60_000)).0.remaining, 18);
}

proptest! {
    /// However the requests of a minute are distributed over instances: all of the quota is served,
    /// and at most a share per instance more.
    #[test]
    fn instances_together_keep_to_the_quota(
        per_minute in 1_u32..300,
        falls in prop::collection::vec(0_usize..4, 0..700),
    ) {
        let (quota, ann) = (quota(per_minute), user("ann"));
        let mut instances: Vec<Tallies> = (0..4).map(|_| Tallies::default()).collect();
        let (mut common, mut served) = (0, 0);
        for instance in &falls {
            let tallies = &mut instances[*instance];
            let (standing, untold) = tallies.take(quota, &ann, NOON);
            served += u32::from(standing.admitted);
            if let Some(untold) = untold {
                common += untold.requests;
                tallies.heard(&ann, untold.minute, common);
            }
        }
        let asked = u32::try_from(falls.len()).expect("few");
        prop_assert!(served >= asked.min(per_minute));
        prop_assert!(served <= per_minute + 4 * quota.share());
    }
}

#[test]
fn each_second_of_a_wait_counts_and_what_is_not_waited_is_given_back() {
    let (mut tallies, quota, ann) = (Tallies::default(), quota(100), user("ann"));
    tallies.take(quota, &ann, NOON);
    let (reserved, untold) = tallies.reserve(quota, &ann, NOON, 10);
    assert_eq!((reserved, untold.requests), (10, 11), "all is told at once");
    tallies.heard(&ann, untold.minute, 11);
    assert_eq!(tallies.granted(quota, &ann, NOON, reserved), 10);
    assert_eq!(tallies.standing(quota, &ann, NOON).remaining, 89);
    tallies.give_back(&ann, untold.minute, 9);
    assert_eq!(tallies.standing(quota, &ann, NOON).remaining, 98);
    // Seconds that were given back were added before, so nothing is added until they are used up.
    let later: Vec<u32> = (0..14)
        .filter_map(|_| tallies.take(quota, &ann, NOON).1)
        .map(|told| told.requests)
        .collect();
    assert_eq!(later, [5]);
}

#[test]
fn a_wait_is_as_long_as_the_quota_holds() {
    let (mut tallies, quota, ann) = (Tallies::default(), quota(8), user("ann"));
    tallies.take(quota, &ann, NOON);
    let (reserved, untold) = tallies.reserve(quota, &ann, NOON, 10);
    assert_eq!(reserved, 7);
    tallies.heard(&ann, untold.minute, 13);
    assert_eq!(tallies.granted(quota, &ann, NOON, reserved), 2, "others told five");
    assert_eq!(tallies.reserve(quota, &ann, NOON, 10).0, 0);
    assert!(!tallies.take(quota, &ann, NOON).0.admitted);
}

#[test]
fn seconds_of_a_minute_that_is_over_are_not_given_back() {
    let (mut tallies, quota, ann) = (Tallies::default(), quota(20), user("ann"));
    let (_, untold) = tallies.reserve(quota, &ann, NOON, 10);
    tallies.take(quota, &ann, at(60_000));
    tallies.give_back(&ann, untold.minute, 9);
    assert_eq!(tallies.standing(quota, &ann, at(60_000)).remaining, 19);
}

proptest! {
    /// Waits that begin at the same time on instances that do not know of each other, as each
    /// instance serves one request at a time: the quota limits their seconds together.
    #[test]
    fn instances_together_wait_no_longer_than_the_quota(
        per_minute in 1_u32..300,
        waits in prop::collection::vec(1_u32..11, 1..80),
    ) {
        let (quota, ann) = (quota(per_minute), user("ann"));
        let (mut common, mut granted) = (0, 0);
        for wanted in waits {
            let mut tallies = Tallies::default();
            let (reserved, untold) = tallies.reserve(quota, &ann, NOON, wanted);
            common += untold.requests;
            tallies.heard(&ann, untold.minute, common);
            granted += tallies.granted(quota, &ann, NOON, reserved);
        }
        prop_assert!(granted <= per_minute);
    }
}
