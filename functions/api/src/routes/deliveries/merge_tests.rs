use super::*;
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event},
    clock::START,
};
use proptest::prelude::*;
use std::time::Duration;

/// A delivery to this webhook whose event arrived `second` seconds after the start.
fn delivery(webhook: WebhookId, second: u64) -> Delivery {
    let event = an_event().stored_at(START.plus(Duration::from_secs(second))).build();
    a_delivery().of(&event).to(&a_webhook().id(webhook).build()).build()
}

/// The deliveries of each webhook.
type Log = BTreeMap<WebhookId, BTreeMap<DeliveryId, Delivery>>;

fn log(seconds: &[Vec<u64>]) -> Log {
    let list = |seconds: &Vec<u64>| {
        let webhook = a_webhook().build().id;
        let deliveries = seconds.iter().map(|second| delivery(webhook, *second));
        (webhook, deliveries.map(|it| (it.id, it)).collect())
    };
    seconds.iter().map(list).collect()
}

/// A page of one list, as the store reads it.
fn read(
    log: &Log,
    webhook: WebhookId,
    limit: usize,
    after: Option<DeliveryId>,
) -> Page<Delivery, DeliveryId> {
    let list = &log[&webhook];
    let older = list.values().rev().filter(|it| after.is_none_or(|after| it.id < after));
    let mut items: Vec<Delivery> = older.take(limit + 1).cloned().collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|it| it.id);
    Page { items, next }
}

/// A page of the merged list, how many reads it took, and how many rounds.
fn page(
    log: &Log,
    limit: usize,
    after: Option<DeliveryId>,
    most_examined: Option<usize>,
    verdict: impl Fn(&Delivery) -> Verdict + Copy,
) -> (Page<Delivery, DeliveryId>, usize, usize) {
    let mut merge = Merge::new(log.keys().copied(), limit, after, most_examined);
    let (mut reads, mut rounds) = (0, 0);
    loop {
        let round = merge.round();
        if round.is_empty() {
            return (merge.finish(), reads, rounds);
        }
        assert!(round.len() <= SIDE_BY_SIDE);
        rounds += 1;
        for (webhook, after) in round {
            reads += 1;
            merge.take(webhook, read(log, webhook, merge.at_once(), after), verdict);
        }
    }
}

/// The ids of every delivery that is included, newest first.
fn expected(log: &Log, verdict: impl Fn(&Delivery) -> Verdict) -> Vec<DeliveryId> {
    let mut all: Vec<&Delivery> = log.values().flat_map(BTreeMap::values).collect();
    all.retain(|delivery| verdict(delivery) == Verdict::Include);
    let mut ids: Vec<DeliveryId> = all.iter().map(|delivery| delivery.id).collect();
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids
}

fn ids(items: &[Delivery]) -> Vec<DeliveryId> {
    items.iter().map(|delivery| delivery.id).collect()
}

fn everything(_: &Delivery) -> Verdict {
    Verdict::Include
}

#[test]
fn no_list_is_an_empty_page() {
    let (page, reads, _) = page(&Log::new(), 10, None, None, everything);
    assert_eq!((page.items.len(), page.next, reads), (0, None, 0));
}

#[test]
fn each_list_is_read_once_where_deliveries_are_spread_evenly() {
    let seconds: Vec<Vec<u64>> =
        (0..60).map(|list| (0..20).map(|n| n * 60 + list).collect()).collect();
    let log = log(&seconds);
    let (page, reads, rounds) = page(&log, 50, None, None, everything);
    assert_eq!(ids(&page.items), expected(&log, everything)[..50]);
    assert_eq!((reads, rounds), (60, 3), "60 lists in rounds of at most 25");
}

#[test]
fn a_list_that_has_all_the_newest_is_read_further_and_the_others_are_not() {
    let mut seconds = vec![vec![1]; 30];
    seconds.push((100..200).collect());
    let log = log(&seconds);
    let (page, reads, _) = page(&log, 50, None, None, everything);
    assert_eq!(ids(&page.items), expected(&log, everything)[..50]);
    assert_eq!(page.next, Some(page.items[49].id));
    assert!(reads <= 31 + 51 / 4, "{reads}");
}

#[test]
fn a_search_for_nothing_reads_a_bounded_number_and_says_where_it_goes_on() {
    let seconds: Vec<Vec<u64>> =
        (0..50).map(|list| (0..200).map(|n| n * 50 + list).collect()).collect();
    let log = log(&seconds);
    let nothing = |_: &Delivery| Verdict::LeaveOut;
    let (mut after, mut pages) = (None, 0);
    loop {
        let (page, reads, _) = page(&log, 10, after, Some(1000), nothing);
        assert_eq!(page.items, []);
        assert!(reads <= 50 + SIDE_BY_SIDE, "{reads}");
        pages += 1;
        let Some(next) = page.next else { break };
        assert!(after.is_none_or(|after| next < after), "each page goes on");
        after = Some(next);
    }
    assert!(pages <= 12, "{pages} pages of a thousand of 10,000");
}

proptest! {
    #[test]
    fn pages_have_every_delivery_once_newest_first(
        seconds in prop::collection::vec(prop::collection::vec(0_u64..50, 0..30), 0..60),
        limit in 1_usize..12,
        most_examined in prop::option::of(1_usize..60),
        one_in in 1_u64..9,
        since in 0_u64..20,
        arriving in prop::collection::vec((any::<prop::sample::Index>(), 100_u64..200), 0..20),
    ) {
        let mut log = log(&seconds);
        // Without a bound, nothing but a span is left out, as in the route.
        let end = DeliveryId::first_at(START.plus(Duration::from_secs(since)));
        let verdict = |delivery: &Delivery| {
            if delivery.id < end {
                return Verdict::End;
            }
            let chosen = delivery.id.uuid().as_u128().is_multiple_of(u128::from(one_in));
            if most_examined.is_none() || chosen { Verdict::Include } else { Verdict::LeaveOut }
        };
        let expected = expected(&log, verdict);
        let (mut seen, mut after) = (Vec::new(), None);
        let mut arriving = arriving.into_iter();
        loop {
            let (page, ..) = page(&log, limit, after, most_examined, verdict);
            prop_assert!(page.items.len() <= limit);
            prop_assert!(page.next.is_none() || most_examined.is_some() || page.items.len() == limit);
            seen.extend(ids(&page.items));
            let Some(next) = page.next else { break };
            prop_assert!(after.is_none_or(|after| next < after), "each page goes on");
            after = Some(next);
            // Newer deliveries arrive between two pages.
            if let Some((index, second)) = arriving.next() {
                let webhook = *index.get(&log.keys().copied().collect::<Vec<_>>());
                let new = delivery(webhook, second);
                log.entry(webhook).or_default().insert(new.id, new);
            }
        }
        prop_assert_eq!(seen, expected);
    }
}
