use super::*;
use crate::{
    delivery::{DeliveryAttempt, Reopened},
    event::Retention,
    health::Circuit,
    ids::ReplayId,
    limit::Slot,
    samples::{event, nth, webhook},
};
use uuid::Uuid;

const START: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn after(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

fn delivery() -> Delivery {
    Delivery::of(&event(START), webhook(START).id, Retention { days: 30 }, START)
}

fn message() -> MakeAttempt {
    MakeAttempt::scheduled(delivery().target(), nth(1))
}

fn age_of(message: &MakeAttempt, delivery: &Delivery, health: &Health) -> Option<Duration> {
    age(message, delivery, health, after(100))
}

#[test]
fn the_age_of_a_first_attempt_counts_from_when_its_event_reached_its_queue() {
    let hundred = Some(Duration::from_secs(100));
    assert_eq!(age_of(&message(), &delivery(), &Health::default()), hundred);
    let waited =
        MakeAttempt { accepted_at: Some(START.minus(Duration::from_secs(30))), ..message() };
    let more = Some(Duration::from_secs(130));
    assert_eq!(age_of(&waited, &delivery(), &Health::default()), more);
    let read_late = Delivery { created_at: after(50), ..delivery() };
    assert_eq!(age_of(&message(), &read_late, &Health::default()), hundred);
}

#[test]
fn what_is_late_by_design_has_no_age() {
    let slot = Some(Slot { at: after(90), moved: false });
    let replay = Some(ReplayId::from_uuid(Uuid::from_u128(1)));
    let messages = [
        MakeAttempt { manual: true, ..message() },
        MakeAttempt { replay, ..message() },
        MakeAttempt { resolver_silent_since: Some(after(1)), ..message() },
        MakeAttempt { slot, ..message() },
    ];
    for message in messages {
        assert_eq!(age_of(&message, &delivery(), &Health::default()), None, "{message:?}");
    }
    let failed = DeliveryAttempt {
        attempt_number: nth(1),
        status_code: Some(500),
        response: None,
        response_remark: None,
        location: None,
        error: None,
        duration: 1,
        attempted_at: START,
        manual: false,
    };
    let reopened = Reopened { by: ReplayId::from_uuid(Uuid::from_u128(1)), attempts: 1 };
    let deliveries = [
        Delivery { test: true, ..delivery() },
        Delivery { slot, ..delivery() },
        Delivery { parked_until: Some(after(60)), ..delivery() },
        Delivery { attempts: vec![failed.clone()], ..delivery() },
        Delivery { attempts: vec![failed], reopened: Some(reopened), ..delivery() },
    ];
    for delivery in deliveries {
        assert_eq!(age_of(&message(), &delivery, &Health::default()), None, "{delivery:?}");
    }
}

#[test]
fn what_an_open_circuit_breaker_may_have_parked_has_no_age() {
    let closed = |due| Health { last_due: Some(due), ..Health::default() };
    assert_eq!(age_of(&message(), &delivery(), &closed(after(30))), None);
    let open = Health { circuit: Circuit::Open { due: START }, ..closed(START) };
    assert_eq!(age_of(&message(), &delivery(), &open), None);
    // It was stored when no circuit breaker was open.
    assert!(age_of(&message(), &delivery(), &closed(START)).is_some());
}
