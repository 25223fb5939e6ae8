//! What [`DeliveryLog`] erases.

use super::{NEVER, eventually, somebodys_delivery, somebodys_webhook};
use grapnel_domain::{
    delivery::{
        AttemptRecord, Delivery, DeliveryAttempt, DeliveryStatus, Ending, PayloadErasure, Reason,
        Reopened, Reopening, ResponseErasure, TRANSFORM_FAILED,
    },
    ids::ReplayId,
    ports::{CreateDeliveries, Deliveries, DeliveryLog, Recorded, UpdateDeliveries},
    replay::{ReplayFilter, ReplayStatus},
    time::Timestamp,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_failed_attempt, an_attempt},
    clock::START,
};
use std::time::Duration;
use uuid::Uuid;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_erasures {
    ($ports:expr) => {
        $crate::contract_tests!(
            erasures,
            $ports,
            [
                a_delivery_is_told_once_that_its_data_is_erased,
                errors_that_repeat_the_data_are_shortened,
                many_errors_are_shortened,
                one_that_is_under_way_is_told_and_recorded_all_the_same,
                what_is_told_is_reopened_no_more,
                what_ended_for_want_of_data_is_reopened_no_more,
                what_is_told_is_not_among_the_failed,
                responses_are_erased_and_nothing_else,
                responses_are_erased_as_often_as_they_come,
                no_response_is_erased_after_an_attempt_in_between,
                no_response_is_erased_while_more_are_to_come,
                a_delivery_that_is_gone_does_not_come_back_by_erasing,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries + UpdateDeliveries + DeliveryLog {}
impl<S> Store for S where S: CreateDeliveries + Deliveries + UpdateDeliveries + DeliveryLog {}

const LATER: Timestamp = Timestamp::from_millis(START.as_millis() + 5000);

async fn there<S: Store>(stores: &S, builder: DeliveryBuilder) -> Delivery {
    let delivery = builder.to(&somebodys_webhook()).expires_at(NEVER).build();
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

async fn read<S: Store>(stores: &S, delivery: &Delivery) -> Delivery {
    stores.delivery(delivery.key()).await.expect("read").expect("there")
}

async fn tell<S: Store>(stores: &S, delivery: &Delivery, at: Timestamp) {
    let errors = delivery.errors_about_payload();
    let erasure = PayloadErasure { key: delivery.key(), at, errors };
    assert_eq!(stores.note_payload_erased(&erasure).await, Ok(Recorded::Yes));
}

fn responses(delivery: &Delivery, at: Timestamp) -> ResponseErasure {
    ResponseErasure {
        key: delivery.key(),
        attempts: delivery.attempt_count(),
        at,
        responses: delivery.kept_responses(),
    }
}

fn without_a_body(number: u32) -> DeliveryAttempt {
    let error = format!("{TRANSFORM_FAILED}: line 1: `ada` is no number");
    DeliveryAttempt { status_code: None, error: Some(error), ..an_attempt(number) }
}

fn record(delivery: &Delivery, status: Option<DeliveryStatus>) -> AttemptRecord {
    AttemptRecord {
        key: delivery.key(),
        attempt: a_failed_attempt(delivery.next_attempt_number().get()),
        status,
        reason: (status == Some(DeliveryStatus::Failed)).then_some(Reason::AttemptsExhausted),
        next_attempt_at: (status == Some(DeliveryStatus::Retrying)).then_some(LATER),
        waits_for: None,
        expires_at: NEVER,
        drop_body: None,
    }
}

fn reopening(delivery: &Delivery) -> Reopening {
    let by = ReplayId::from_uuid(Uuid::now_v7());
    let reopened = Reopened { by, attempts: delivery.attempt_count() };
    Reopening { key: delivery.key(), reopened, due: START, expires_at: NEVER }
}

async fn is_not_reopened<S: Store>(stores: &S, delivery: &Delivery) {
    let found = read(stores, delivery).await;
    let refused = Recorded::Refused(Some(Box::new(found.clone())));
    assert_eq!(stores.reopen_delivery(reopening(&found)).await, Ok(refused));
}

pub async fn a_delivery_is_told_once_that_its_data_is_erased<S: Store>(stores: &S) {
    for builder in [a_delivery().delivered(), a_delivery().failed(2, Reason::Aborted)] {
        let delivery = there(stores, builder).await;
        for at in [START, LATER] {
            tell(stores, &delivery, at).await;
            let expected = Delivery { payload_erased_at: Some(START), ..delivery.clone() };
            assert_eq!(read(stores, &delivery).await, expected);
        }
    }
}

pub async fn errors_that_repeat_the_data_are_shortened<S: Store>(stores: &S) {
    let failed = a_delivery().failed(1, Reason::TransformFailed);
    let builder = failed.attempt(without_a_body(2)).attempt(a_failed_attempt(3));
    let delivery = there(stores, builder.attempt(without_a_body(4))).await;
    tell(stores, &delivery, START).await;
    let mut expected = Delivery { payload_erased_at: Some(START), ..delivery.clone() };
    for place in [1, 3] {
        expected.attempts[place].error = Some(TRANSFORM_FAILED.to_owned());
    }
    assert_eq!(read(stores, &delivery).await, expected);
}

pub async fn many_errors_are_shortened<S: Store>(stores: &S) {
    let failed = a_delivery().failed(0, Reason::TransformFailed);
    let builder = (1..=200).fold(failed, |builder, number| builder.attempt(without_a_body(number)));
    let delivery = there(stores, builder).await;
    tell(stores, &delivery, START).await;
    let found = read(stores, &delivery).await;
    let short = Some(TRANSFORM_FAILED.to_owned());
    assert_eq!(found.attempts.len(), 200);
    assert!(found.attempts.iter().all(|attempt| attempt.error == short));
}

pub async fn one_that_is_under_way_is_told_and_recorded_all_the_same<S: Store>(stores: &S) {
    let delivery = there(stores, a_delivery().retrying()).await;
    tell(stores, &delivery, START).await;
    let retry = record(&delivery, Some(DeliveryStatus::Retrying));
    assert_eq!(stores.record_attempt(&retry).await, Ok(Recorded::Yes));
    let found = read(stores, &delivery).await;
    assert_eq!((found.attempts.len(), found.status), (2, DeliveryStatus::Retrying));
    assert_eq!(found.payload_erased_at, Some(START));
    let ending =
        Ending { key: found.key(), attempts: 2, reason: Reason::PayloadErased, expires_at: NEVER };
    assert_eq!(stores.end_delivery(ending).await, Ok(Recorded::Yes));
    is_not_reopened(stores, &delivery).await;
}

pub async fn what_is_told_is_reopened_no_more<S: Store>(stores: &S) {
    let delivery = there(stores, a_delivery().failed(3, Reason::AttemptsExhausted)).await;
    tell(stores, &delivery, START).await;
    is_not_reopened(stores, &delivery).await;
}

pub async fn what_ended_for_want_of_data_is_reopened_no_more<S: Store>(stores: &S) {
    let delivery = there(stores, a_delivery().failed(3, Reason::PayloadErased)).await;
    is_not_reopened(stores, &delivery).await;
}

pub async fn what_is_told_is_not_among_the_failed<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let mut all = Vec::new();
    for reason in [Reason::AttemptsExhausted, Reason::PayloadErased, Reason::AttemptsExhausted] {
        let builder = a_delivery().failed(1, reason).to(&webhook).expires_at(NEVER);
        let delivery = builder.build();
        stores.create_delivery(&delivery).await.expect("created");
        all.push(delivery);
    }
    tell(stores, &all[0], START).await;
    let until = START.plus(Duration::from_secs(1));
    let filter = ReplayFilter { status: ReplayStatus::Failed, event: None, since: None, until };
    let found = async || {
        let page = stores.settled(webhook.id, &filter, None).await.expect("found");
        page.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    eventually(&vec![all[2].id], found).await;
    let delivered = there(stores, a_delivery().delivered()).await;
    tell(stores, &delivered, START).await;
    let filter = ReplayFilter { status: ReplayStatus::Success, ..filter };
    let erased = async || {
        let page = stores.settled(delivered.webhook_id, &filter, None).await.expect("found");
        page.rows.into_iter().map(|row| row.payload_erased).collect::<Vec<_>>()
    };
    eventually(&vec![true], erased).await;
}

pub async fn responses_are_erased_and_nothing_else<S: Store>(stores: &S) {
    let failed = a_delivery().failed(3, Reason::AttemptsExhausted);
    let delivery = there(stores, failed.attempt(an_attempt(4)).attempt(a_failed_attempt(5))).await;
    assert_eq!(delivery.kept_responses(), [0, 1, 2, 4]);
    let erasure = responses(&delivery, START);
    for _ in 0..2 {
        assert_eq!(stores.erase_responses(&erasure).await, Ok(Recorded::Yes));
        let mut expected = Delivery { responses_erased_at: Some(START), ..delivery.clone() };
        expected.attempts.iter_mut().for_each(|attempt| attempt.response = None);
        assert_eq!(read(stores, &delivery).await, expected);
    }
}

pub async fn responses_are_erased_as_often_as_they_come<S: Store>(stores: &S) {
    let delivery = there(stores, a_delivery().failed(3, Reason::AttemptsExhausted)).await;
    let first = responses(&delivery, START);
    assert_eq!(stores.erase_responses(&first).await, Ok(Recorded::Yes));
    let manual = record(&delivery, None);
    assert_eq!(stores.record_attempt(&manual).await, Ok(Recorded::Yes));
    let found = read(stores, &delivery).await;
    assert_eq!(found.kept_responses(), [3]);
    let second = responses(&found, LATER);
    assert_eq!(stores.erase_responses(&second).await, Ok(Recorded::Yes));
    let found = read(stores, &delivery).await;
    assert_eq!((found.kept_responses(), found.responses_erased_at), (vec![], Some(LATER)));
}

pub async fn no_response_is_erased_after_an_attempt_in_between<S: Store>(stores: &S) {
    let delivery = there(stores, a_delivery().failed(3, Reason::AttemptsExhausted)).await;
    let erasure = ResponseErasure { attempts: 2, ..responses(&delivery, START) };
    let refused = Recorded::Refused(Some(Box::new(delivery.clone())));
    assert_eq!(stores.erase_responses(&erasure).await, Ok(refused));
    assert_eq!(read(stores, &delivery).await, delivery);
}

pub async fn no_response_is_erased_while_more_are_to_come<S: Store>(stores: &S) {
    for builder in [a_delivery(), a_delivery().retrying()] {
        let delivery = there(stores, builder).await;
        let refused = Recorded::Refused(Some(Box::new(delivery.clone())));
        assert_eq!(stores.erase_responses(&responses(&delivery, START)).await, Ok(refused));
        assert_eq!(read(stores, &delivery).await, delivery);
    }
}

pub async fn a_delivery_that_is_gone_does_not_come_back_by_erasing<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    let told = PayloadErasure { key: delivery.key(), at: START, errors: vec![] };
    assert_eq!(stores.note_payload_erased(&told).await, Ok(Recorded::Refused(None)));
    let answer = stores.erase_responses(&responses(&delivery, START)).await;
    assert_eq!(answer, Ok(Recorded::Refused(None)));
    assert_eq!(stores.delivery(delivery.key()).await, Ok(None));
}
