//! [`UpdateDeliveries::record_attempt`].

use super::{NEVER, somebodys_delivery, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    delivery::{
        AttemptRecord, Delivery, DeliveryAttempt, DeliveryStatus, MAX_ATTEMPTS_ON_RECORD, Reason,
        body_to_drop,
    },
    filter::Undecided,
    outbound::CAPTURE_LIMIT_BYTES,
    ports::{CreateDeliveries, Deliveries, Recorded, UpdateDeliveries},
    time::{Minute, Timestamp},
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, an_attempt},
    clock::START,
};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_records {
    ($ports:expr) => {
        $crate::contract_tests!(
            records,
            $ports,
            [
                a_failure_is_recorded_with_what_comes_next,
                a_success_leaves_nothing_to_come,
                the_last_failure_is_recorded_with_its_reason,
                a_record_without_a_status_leaves_status_reason_and_due_time,
                a_manual_success_takes_the_reason_away,
                a_record_is_refused_when_the_attempt_is_there,
                a_record_is_refused_when_an_attempt_before_it_is_missing,
                a_record_is_refused_when_the_delivery_is_gone,
                of_many_records_at_once_one_is_written,
                bodies_in_the_middle_go,
                a_body_that_is_not_there_may_go,
                what_was_settled_meanwhile_never_becomes_retrying,
                the_longest_list_of_attempts_fits,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries + UpdateDeliveries {}
impl<S: CreateDeliveries + Deliveries + UpdateDeliveries> Store for S {}

const DUE: Timestamp = Timestamp::from_millis(START.as_millis() + 60_500);

async fn there<S: Store>(stores: &S, delivery: Delivery) -> Delivery {
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

async fn read<S: Store>(stores: &S, delivery: &Delivery) -> Delivery {
    stores.delivery(delivery.key()).await.expect("read").expect("there")
}

/// The record of an attempt after which another comes by queue.
fn retry(delivery: &Delivery, attempt: DeliveryAttempt) -> AttemptRecord {
    AttemptRecord {
        key: delivery.key(),
        drop_body: body_to_drop(attempt.attempt_number),
        attempt,
        status: Some(DeliveryStatus::Retrying),
        reason: None,
        next_attempt_at: Some(DUE),
        waits_for: None,
        expires_at: NEVER,
    }
}

/// The record of an attempt that settles the delivery.
fn settle(delivery: &Delivery, attempt: DeliveryAttempt, status: DeliveryStatus) -> AttemptRecord {
    AttemptRecord { status: Some(status), next_attempt_at: None, ..retry(delivery, attempt) }
}

pub async fn a_failure_is_recorded_with_what_comes_next<S: Store>(stores: &S) {
    let undecided_filter = Some(Undecided::Unreadable);
    let delivery = there(stores, Delivery { undecided_filter, ..somebodys_delivery() }).await;
    let minute = Minute::at_or_after(DUE);
    let expires_at = Timestamp::from_millis(NEVER.as_millis() + 60_000);
    let record = AttemptRecord {
        waits_for: Some(minute),
        expires_at,
        ..retry(&delivery, a_failed_attempt(1))
    };
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let expected = Delivery {
        status: DeliveryStatus::Retrying,
        attempts: vec![a_failed_attempt(1)],
        next_attempt_at: Some(DUE),
        waits_for: Some(minute),
        expires_at,
        ..delivery
    };
    assert_eq!(read(stores, &expected).await, expected);
}

pub async fn a_success_leaves_nothing_to_come<S: Store>(stores: &S) {
    let minute = Minute::at_or_after(DUE);
    let builder = a_delivery().to(&somebodys_webhook()).waiting_for(minute).expires_at(NEVER);
    let delivery = there(stores, builder.build()).await;
    let record = settle(&delivery, an_attempt(2), DeliveryStatus::Success);
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let expected = Delivery {
        status: DeliveryStatus::Success,
        attempts: vec![a_failed_attempt(1), an_attempt(2)],
        next_attempt_at: None,
        waits_for: None,
        ..delivery
    };
    assert_eq!(read(stores, &expected).await, expected);
}

pub async fn the_last_failure_is_recorded_with_its_reason<S: Store>(stores: &S) {
    let builder = a_delivery().to(&somebodys_webhook()).retrying().expires_at(NEVER);
    let delivery = there(stores, builder.build()).await;
    let record = AttemptRecord {
        reason: Some(Reason::AttemptsExhausted),
        ..settle(&delivery, a_failed_attempt(2), DeliveryStatus::Failed)
    };
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let found = read(stores, &delivery).await;
    assert_eq!(found.status, DeliveryStatus::Failed);
    assert_eq!(found.reason, Some(Reason::AttemptsExhausted));
    assert_eq!(found.next_attempt_at, None);
}

pub async fn a_record_without_a_status_leaves_status_reason_and_due_time<S: Store>(stores: &S) {
    let manual = |number| DeliveryAttempt { manual: true, ..a_failed_attempt(number) };
    let left = |delivery: &Delivery, attempt| AttemptRecord {
        status: None,
        next_attempt_at: None,
        ..retry(delivery, attempt)
    };
    let failed = a_delivery().failed(2, Reason::WebhookDisabled);
    let delivered = a_delivery().delivered();
    let retrying = a_delivery().retrying_at(DUE);
    for builder in [failed, delivered, retrying] {
        let builder = builder.to(&somebodys_webhook()).expires_at(NEVER);
        let delivery = there(stores, builder.build()).await;
        let attempt = manual(delivery.next_attempt_number().get());
        let record = left(&delivery, attempt.clone());
        assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
        let mut expected = delivery;
        expected.attempts.push(attempt);
        assert_eq!(read(stores, &expected).await, expected);
    }
}

pub async fn a_manual_success_takes_the_reason_away<S: Store>(stores: &S) {
    let builder = a_delivery().failed(5, Reason::AttemptsExhausted);
    let builder = builder.to(&somebodys_webhook()).expires_at(NEVER);
    let delivery = there(stores, builder.build()).await;
    let record = settle(&delivery, an_attempt(6), DeliveryStatus::Success);
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let found = read(stores, &delivery).await;
    assert_eq!((found.status, found.reason), (DeliveryStatus::Success, None));
}

pub async fn a_record_is_refused_when_the_attempt_is_there<S: Store>(stores: &S) {
    let delivery = there(stores, somebodys_delivery()).await;
    let record = retry(&delivery, a_failed_attempt(1));
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let found = read(stores, &delivery).await;
    let other = settle(&delivery, an_attempt(1), DeliveryStatus::Success);
    // The same once more, or another outcome of the same attempt: either is a copy.
    for copy in [record, other] {
        let refused = Recorded::Refused(Some(Box::new(found.clone())));
        assert_eq!(stores.record_attempt(&copy).await, Ok(refused));
    }
    assert_eq!(read(stores, &delivery).await, found);
}

pub async fn a_record_is_refused_when_an_attempt_before_it_is_missing<S: Store>(stores: &S) {
    let delivery = there(stores, somebodys_delivery()).await;
    let record = retry(&delivery, a_failed_attempt(2));
    let refused = Recorded::Refused(Some(Box::new(delivery.clone())));
    assert_eq!(stores.record_attempt(&record).await, Ok(refused));
    assert_eq!(read(stores, &delivery).await, delivery);
}

pub async fn a_record_is_refused_when_the_delivery_is_gone<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    for number in [1, 2] {
        let record = retry(&delivery, a_failed_attempt(number));
        assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Refused(None)));
    }
    assert_eq!(stores.delivery(delivery.key()).await, Ok(None));
}

pub async fn of_many_records_at_once_one_is_written<S: Store>(stores: &S) {
    let delivery = there(stores, somebodys_delivery()).await;
    let records: Vec<AttemptRecord> = (0..8)
        .map(|duration| retry(&delivery, DeliveryAttempt { duration, ..a_failed_attempt(1) }))
        .collect();
    let answers = join_all(records.iter().map(|record| stores.record_attempt(record))).await;
    let written: Vec<&AttemptRecord> = records
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| **answer == Ok(Recorded::Yes))
        .map(|(record, _)| record)
        .collect();
    assert_eq!(written.len(), 1);
    let found = read(stores, &delivery).await;
    assert_eq!(found.attempts, [written[0].attempt.clone()]);
    let refused = Ok(Recorded::Refused(Some(Box::new(found))));
    assert_eq!(answers.into_iter().filter(|answer| *answer == refused).count(), 7);
}

async fn record_all<S: Store>(stores: &S, delivery: &Delivery, last: u32, body: &str) {
    for number in 1..=last {
        let attempt = DeliveryAttempt { response: Some(body.into()), ..a_failed_attempt(number) };
        let answer = stores.record_attempt(&retry(delivery, attempt)).await;
        assert_eq!(answer, Ok(Recorded::Yes), "attempt {number}");
    }
}

pub async fn bodies_in_the_middle_go<S: Store>(stores: &S) {
    let delivery = there(stores, somebodys_delivery()).await;
    record_all(stores, &delivery, 12, "no").await;
    let found = read(stores, &delivery).await;
    assert_eq!(found.attempt_count(), 12);
    let kept = found.attempts.iter().filter(|attempt| attempt.response.is_some());
    let kept: Vec<u32> = kept.map(|attempt| attempt.attempt_number.get()).collect();
    assert_eq!(kept, [1, 2, 3, 4, 5, 8, 9, 10, 11, 12]);
    assert_eq!(found.attempts[6], DeliveryAttempt { response: None, ..a_failed_attempt(7) });
}

pub async fn a_body_that_is_not_there_may_go<S: Store>(stores: &S) {
    let builder = a_delivery().delivered().to(&somebodys_webhook()).expires_at(NEVER);
    let delivery = there(stores, builder.build()).await;
    assert_eq!(delivery.attempts[0].response, None);
    // What a failed manual retry of a delivered delivery records: it leaves the status.
    let left = AttemptRecord {
        status: None,
        next_attempt_at: None,
        waits_for: None,
        ..retry(&delivery, a_failed_attempt(2))
    };
    let record = AttemptRecord { drop_body: Some(0), ..left };
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let found = read(stores, &delivery).await;
    assert_eq!(found.attempts, [an_attempt(1), a_failed_attempt(2)]);
}

pub async fn the_longest_list_of_attempts_fits<S: Store>(stores: &S) {
    let delivery = there(stores, somebodys_delivery()).await;
    let body = "x".repeat(CAPTURE_LIMIT_BYTES);
    record_all(stores, &delivery, MAX_ATTEMPTS_ON_RECORD, &body).await;
    let found = read(stores, &delivery).await;
    assert_eq!(found.attempt_count(), MAX_ATTEMPTS_ON_RECORD);
    assert_eq!(found.attempts.iter().filter(|attempt| attempt.response.is_some()).count(), 10);
}

pub async fn what_was_settled_meanwhile_never_becomes_retrying<S: Store>(stores: &S) {
    let builder = a_delivery().delivered().to(&somebodys_webhook()).expires_at(NEVER);
    let delivery = there(stores, builder.build()).await;
    let refused = stores.record_attempt(&retry(&delivery, a_failed_attempt(2))).await;
    assert_eq!(refused, Ok(Recorded::Refused(Some(Box::new(delivery.clone())))));
    assert_eq!(read(stores, &delivery).await, delivery);
}
