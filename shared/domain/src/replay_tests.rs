use super::*;
use crate::{
    delivery::{Reason, Reopened},
    samples::nth,
};
use rstest::rstest;
use uuid::Uuid;

const ASKED: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn id(n: u128) -> ReplayId {
    ReplayId::from_uuid(Uuid::from_u128(n))
}

fn filter(status: ReplayStatus) -> ReplayFilter {
    ReplayFilter { status, event: None, since: None, until: ASKED }
}

fn replay(filter: ReplayFilter) -> Replay {
    let user = UserId::parse("u").expect("valid");
    let order = ReplayOrder { webhook_id: None, filter, created_at: ASKED };
    Replay::new(id(1), user, order, Retention { days: 30 })
}

fn delivery(status: DeliveryStatus, attempts: u32) -> Delivery {
    let stored_at = Timestamp::from_millis(1_794_000_000_000);
    let event = crate::samples::event(stored_at);
    let webhook = WebhookId::from_uuid(Uuid::from_u128(7));
    let attempt = |number| crate::delivery::DeliveryAttempt {
        attempt_number: nth(number),
        status_code: Some(500),
        response: None,
        response_remark: None,
        location: None,
        error: None,
        duration: 1,
        attempted_at: stored_at,
        manual: false,
    };
    Delivery {
        status,
        attempts: (1..=attempts).map(attempt).collect(),
        reason: (status == DeliveryStatus::Failed).then_some(Reason::AttemptsExhausted),
        ..Delivery::of(&event, webhook, Retention { days: 30 }, stored_at)
    }
}

fn reopened(status: DeliveryStatus, attempts: u32, by: ReplayId, from: u32) -> Delivery {
    let reopened = Some(Reopened { by, attempts: from });
    Delivery { reopened, ..delivery(status, attempts) }
}

#[test]
fn a_failed_delivery_is_asked_for_by_its_next_number() {
    let row = SettledRow::of(&delivery(DeliveryStatus::Failed, 5));
    let attempt = replay(filter(ReplayStatus::Failed)).resend(&row).expect("chosen");
    assert_eq!((attempt.attempt, attempt.replay, attempt.manual), (nth(6), id(1), false));
}

#[test]
fn a_success_is_sent_once_more_as_a_manual_retry_is() {
    let row = SettledRow::of(&delivery(DeliveryStatus::Success, 1));
    let replay = replay(filter(ReplayStatus::Success));
    let attempt = replay.resend(&row).expect("chosen");
    assert_eq!((attempt.attempt, attempt.replay, attempt.manual), (nth(2), id(1), true));
    // When the page is received again, that attempt is recorded.
    let sent = SettledRow { attempts: 2, last_attempt_at: Some(ASKED), ..row };
    assert_eq!(replay.resend(&sent), None);
}

#[rstest]
#[case::other_status(ReplayStatus::Success, |row| row)]
#[case::test(ReplayStatus::Failed, |row| SettledRow { test: true, ..row })]
#[case::full(ReplayStatus::Failed, |row| SettledRow { attempts: MAX_ATTEMPTS_ON_RECORD, ..row })]
#[case::erased(ReplayStatus::Failed, |row| SettledRow { payload_erased: true, ..row })]
#[case::erased_success(ReplayStatus::Success, |row| SettledRow { payload_erased: true, ..row })]
#[case::sent_before(ReplayStatus::Failed, |row| SettledRow { reopened_by: Some(id(1)), ..row })]
#[case::sent_by_a_later_one(ReplayStatus::Failed, |row| SettledRow { reopened_by: Some(id(2)), ..row })]
fn what_is_not_meant_is_left(
    #[case] status: ReplayStatus,
    #[case] change: fn(SettledRow) -> SettledRow,
) {
    let row = SettledRow::of(&delivery(DeliveryStatus::Failed, 5));
    assert_eq!(replay(filter(status)).resend(&change(row)), None);
}

#[test]
fn an_event_type_chooses() {
    let row = SettledRow::of(&delivery(DeliveryStatus::Failed, 5));
    let of = |event: &str| ReplayFilter {
        event: Some(event.parse().expect("a filter of types")),
        ..filter(ReplayStatus::Failed)
    };
    assert!(replay(of("lead.created")).resend(&row).is_some());
    for includes in ["lead.*", "*"] {
        assert!(replay(of(includes)).resend(&row).is_some(), "{includes}");
    }
    for excludes in ["lead.enriched", "task.*"] {
        assert_eq!(replay(of(excludes)).resend(&row), None, "{excludes}");
    }
    let earlier = SettledRow { reopened_by: Some(id(0)), ..row };
    assert!(replay(of("lead.created")).resend(&earlier).is_some(), "an earlier replay's is chosen");
}

#[test]
fn the_ids_of_a_time_are_those_from_since_and_before_until() {
    let at = |millis| {
        let delivery = delivery(DeliveryStatus::Failed, 1);
        let stored = Timestamp::from_millis(millis);
        DeliveryId::derive(&delivery.webhook_id, &delivery.event_id, stored)
    };
    let times = ReplayFilter {
        since: Some(Timestamp::from_millis(100)),
        until: Timestamp::from_millis(200),
        ..filter(ReplayStatus::Failed)
    };
    let all = times.ids(None).expect("some");
    let inside = [99, 100, 199, 200].map(|millis| all.contains(&at(millis)));
    assert_eq!(inside, [false, true, true, false]);
    assert_ne!(*all.end(), at(200));
    let rest = times.ids(Some(at(150))).expect("some");
    assert_eq!([150, 151].map(|millis| rest.contains(&at(millis))), [false, true]);
    assert_eq!(times.ids(Some(at(200))), None);
    let none = ReplayFilter { since: Some(times.until), ..times };
    assert_eq!(none.ids(None), None);
}

#[rstest]
#[case::failed(delivery(DeliveryStatus::Failed, 5), 6, Reopen::Now)]
#[case::reopened_by_an_earlier_one(reopened(DeliveryStatus::Failed, 9, id(1), 5), 10, Reopen::Now)]
#[case::reopened_by_a_later_one(reopened(DeliveryStatus::Failed, 9, id(3), 5), 10, Reopen::No)]
#[case::failed_again(reopened(DeliveryStatus::Failed, 9, id(2), 5), 10, Reopen::No)]
#[case::failed_without_an_attempt(reopened(DeliveryStatus::Failed, 5, id(2), 5), 6, Reopen::No)]
#[case::somebody_was_faster(delivery(DeliveryStatus::Failed, 6), 6, Reopen::No)]
#[case::cancelled(Delivery { reason: Some(Reason::Cancelled), ..delivery(DeliveryStatus::Failed, 1) }, 2, Reopen::No)]
#[case::erased(Delivery { payload_erased_at: Some(ASKED), ..delivery(DeliveryStatus::Failed, 1) }, 2, Reopen::No)]
#[case::ended_by_erasure(Delivery { reason: Some(Reason::PayloadErased), ..delivery(DeliveryStatus::Failed, 1) }, 2, Reopen::No)]
#[case::full(delivery(DeliveryStatus::Failed, 200), 201, Reopen::No)]
#[case::died_after(reopened(DeliveryStatus::Retrying, 5, id(2), 5), 6, Reopen::IsDone)]
#[case::recorded(reopened(DeliveryStatus::Retrying, 6, id(2), 5), 6, Reopen::Stale)]
#[case::of_another(reopened(DeliveryStatus::Retrying, 5, id(3), 5), 6, Reopen::No)]
#[case::its_own_schedule(delivery(DeliveryStatus::Retrying, 5), 6, Reopen::No)]
#[case::pending(delivery(DeliveryStatus::Pending, 0), 1, Reopen::No)]
#[case::success(delivery(DeliveryStatus::Success, 5), 6, Reopen::No)]
fn a_replay_reopens_what_failed_and_that_once(
    #[case] found: Delivery,
    #[case] number: u32,
    #[case] expected: Reopen,
) {
    assert_eq!(Reopen::decide(&found, nth(number), id(2)), expected);
}

#[test]
fn a_page_adds_up_and_the_last_one_finishes() {
    let replay = replay(filter(ReplayStatus::Failed));
    let place = Place { webhook_id: WebhookId::from_uuid(Uuid::from_u128(7)), after: None };
    let first = replay.after_page(&Turn { examined: 9, replayed: 4, next: Some(place) }, ASKED);
    assert_eq!((first.page, first.place, first.finished_at), (1, Some(place), None));
    let last = first.after_page(&Turn { examined: 1, replayed: 1, next: None }, ASKED);
    assert_eq!((last.page, last.examined, last.replayed), (2, 10, 5));
    assert_eq!(last.finished_at, Some(ASKED));
    assert_eq!((last.next_page().page, last.next_page().order), (2, None));
}
