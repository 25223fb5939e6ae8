use super::*;
use crate::{health::Note, ids::DeliveryId};
use proptest::prelude::*;
use uuid::Uuid;

const DUE: Timestamp = Timestamp::from_millis(1_795_000_060_000);
const LATER: Timestamp = Timestamp::from_millis(1_795_000_180_000);
const BEFORE: Timestamp = Timestamp::from_millis(1_795_000_059_999);
const OPEN: Circuit = Circuit::Open { due: DUE };
const CLOSED: Circuit = Circuit::Closed;

/// What the release does while the circuit breaker of a webhook that receives is like this.
fn decided(
    release: &ReleaseParked,
    circuit: Circuit,
    first: Option<ParkedRow>,
    now: Timestamp,
) -> Release {
    release.decide(Some(&Health { circuit, ..Health::default() }), true, first, now)
}

fn user() -> UserId {
    UserId::parse("ada").expect("valid")
}

fn webhook() -> WebhookId {
    WebhookId::from_uuid(Uuid::from_u128(7))
}

fn closing() -> ReleaseParked {
    ReleaseParked::now(user(), webhook())
}

fn wake_up() -> ReleaseParked {
    ReleaseParked::wake_up(user(), webhook(), DUE)
}

fn parked(id: u128) -> Option<ParkedRow> {
    Some(ParkedRow { due: DUE, id: DeliveryId::from_uuid(Uuid::from_u128(id)) })
}

fn look(release: ReleaseParked, first: Option<ParkedRow>) -> ReleaseParked {
    release.next_look(first).expect("it looks again").0
}

#[test]
fn a_wake_up_comes_when_every_clock_shows_its_due_time() {
    assert_eq!(wakes_at(DUE).as_millis(), DUE.as_millis() + 1_000);
}

#[test]
fn when_the_circuit_breaker_is_due_one_delivery_probes() {
    for release in [closing(), wake_up(), look(wake_up(), parked(1))] {
        assert_eq!(decided(&release, OPEN, parked(1), DUE), Release::Probe);
    }
}

#[test]
fn a_wake_up_that_comes_too_early_comes_again() {
    // By a clock that is behind, or after the longest delay of the queue.
    assert_eq!(decided(&wake_up(), OPEN, parked(1), BEFORE), Release::ComeBack(DUE));
}

#[test]
fn any_other_release_makes_sure_of_the_wake_up_and_ends() {
    let later = Circuit::Open { due: LATER };
    for release in [closing(), wake_up(), look(wake_up(), parked(1))] {
        assert_eq!(decided(&release, later, parked(1), DUE), Release::EnsureWakeUp);
    }
    assert_eq!(decided(&closing(), OPEN, parked(1), BEFORE), Release::EnsureWakeUp);
}

#[test]
fn a_circuit_breaker_that_closed_sends_all_at_once() {
    assert_eq!(decided(&closing(), CLOSED, parked(1), BEFORE), Release::All);
    let second = closing().begun(BEFORE).next_page(parked(1).expect("a row"));
    assert_eq!(decided(&second, CLOSED, parked(2), BEFORE), Release::All);
}

#[test]
fn a_release_leaves_the_rest_to_one_that_began_later() {
    let first = closing().begun(BEFORE).next_page(parked(1).expect("a row"));
    let second = look(first.clone(), None).begun(DUE);
    let health = Health::default().noted(Note::Release(DUE)).noted(Note::Release(BEFORE));
    assert_eq!(first.decide(Some(&health), true, parked(2), DUE), Release::LeaveAlone);
    assert_eq!(first.decide(Some(&health), false, parked(2), DUE), Release::LeaveAlone);
    assert_eq!(second.decide(Some(&health), true, None, DUE), Release::All);
    let next = look(first.clone(), parked(2));
    assert_eq!((next.began, next.cursor, next.look), (None, None, Some(Look::default())));
    assert_eq!(first.decide(None, false, parked(2), DUE), Release::All, "the webhook is gone");
}

#[test]
fn each_page_of_a_release_begins_later_than_the_one_before() {
    let health = Health::default().noted(Note::Release(DUE));
    let next = closing().begun(DUE).next_page(parked(1).expect("a row"));
    let late = DUE.plus(Duration::from_secs(1));
    assert_eq!(next.begins_at(Some(&health), late), late);
    // By a clock that is behind.
    assert_eq!(next.begins_at(Some(&health), BEFORE), DUE.plus(Duration::from_millis(1)));
    // The message came twice: the other copy began the page.
    let overtaken = Health::default().noted(Note::Release(late));
    assert_eq!(next.decide(Some(&overtaken), true, parked(2), late), Release::LeaveAlone);
    // A release that begins: of two in the same millisecond, one must not be able to note it.
    assert_eq!(closing().begins_at(Some(&health), DUE), DUE);
}

#[test]
fn a_release_that_looked_for_a_probe_on_the_second_page_leaves_another_release_alone() {
    for release in [closing(), wake_up()] {
        let second = release.next_page(parked(1).expect("a row"));
        assert_eq!(decided(&second, CLOSED, parked(2), DUE), Release::LeaveAlone);
    }
}

#[test]
fn a_look_leaves_another_release_alone_until_it_stands_still() {
    assert_eq!(decided(&wake_up(), CLOSED, parked(1), DUE), Release::LeaveAlone);
    let again = look(wake_up(), parked(1));
    assert_eq!(decided(&again, CLOSED, parked(2), DUE), Release::LeaveAlone, "it moves");
    assert_eq!(decided(&again, CLOSED, parked(1), DUE), Release::All, "it stands still");
    assert_eq!(decided(&again, CLOSED, None, DUE), Release::All, "there is nobody");
    let second = again.begun(DUE).next_page(parked(1).expect("a row"));
    assert_eq!(decided(&second, CLOSED, parked(2), DUE), Release::All, "it is the one that moves");
}

#[test]
fn a_look_leaves_a_release_alone_that_began_a_page_just_now() {
    let again = look(wake_up(), parked(1));
    let health = Health::default().noted(Note::Release(DUE));
    let [just_now, later] = [29, 30].map(|seconds| DUE.plus(Duration::from_secs(seconds)));
    for receives in [true, false] {
        let decided = |now| again.decide(Some(&health), receives, parked(1), now);
        assert_eq!(decided(BEFORE), Release::LeaveAlone, "by a clock that is behind");
        assert_eq!(decided(just_now), Release::LeaveAlone);
        assert_eq!(decided(later), Release::All);
    }
    assert_eq!(closing().decide(Some(&health), true, parked(1), just_now), Release::All);
}

#[test]
fn the_look_after_a_page_that_failed_begins_again_at_once() {
    let second = closing().begun(BEFORE).next_page(parked(1).expect("a row"));
    let (look, pause) = second.look_after_failure(parked(2));
    assert_eq!((pause, look.began, look.cursor), (PAUSE, None, None));
    assert_eq!(decided(&look, CLOSED, parked(2), DUE), Release::All);
}

#[test]
fn deliveries_of_a_webhook_that_receives_nothing_end_at_once() {
    assert_eq!(wake_up().decide(None, false, parked(1), BEFORE), Release::All);
}

#[test]
fn a_release_looks_three_times_before_it_believes_that_nobody_is_parked() {
    let mut release = closing();
    let mut pauses = Vec::new();
    while let Some((next, pause)) = release.next_look(None) {
        pauses.push(pause);
        release = next;
    }
    assert_eq!(pauses, [PAUSE, LAST_PAUSE]);
}

#[test]
fn a_delivery_that_is_found_starts_the_count_again() {
    let twice = look(look(closing(), None), None);
    assert_eq!(twice.clone().next_look(None), None);
    let (found, pause) = twice.clone().next_look(parked(1)).expect("it looks again");
    assert_eq!((found.look.expect("a look").empty, pause), (0, PAUSE));
    // The last page may be empty: somebody was on the pages before.
    let (found, _) = twice.next_page(parked(1).expect("a row")).next_look(None).expect("again");
    assert_eq!((found.look, found.cursor), (Some(Look::default()), None));
}

#[test]
fn its_json_is_short_and_reads_back() {
    let json = |release: &ReleaseParked| serde_json::to_string(release).expect("written");
    let keys = r#""webhookId":"wh_00000000-0000-0000-0000-000000000007","userId":"ada""#;
    assert_eq!(json(&closing()), format!("{{{keys}}}"));
    for release in [
        closing(),
        closing().begun(DUE).next_page(parked(1).expect("a row")),
        wake_up(),
        look(wake_up(), parked(1)),
        look(closing(), None),
    ] {
        assert_eq!(serde_json::from_str(&json(&release)).ok(), Some(release));
    }
}

proptest! {
    /// A release that finds nobody ends, whatever it found before.
    #[test]
    fn a_release_ends(found in prop::collection::vec(any::<bool>(), 0..20)) {
        let mut release = wake_up();
        for found in found {
            match release.clone().next_look(parked(1).filter(|_| found)) {
                Some((next, _)) => release = next,
                None => return Ok(()),
            }
        }
        let mut looks = 0;
        while let Some((next, _)) = release.next_look(None) {
            release = next;
            looks += 1;
        }
        prop_assert!(looks <= LOOKS);
    }
}
