//! [`UpdateDeliveries::reopen_delivery`].

use super::{NEVER, somebodys_delivery, somebodys_webhook};
use grapnel_domain::{
    delivery::{AttemptRecord, Delivery, DeliveryStatus, Ending, Reason, Reopened, Reopening},
    filter::Undecided,
    ids::ReplayId,
    ports::{CreateDeliveries, Deliveries, Recorded, UpdateDeliveries},
    time::Timestamp,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_failed_attempt},
    clock::START,
};
use uuid::Uuid;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_reopening {
    ($ports:expr) => {
        $crate::contract_tests!(
            reopening,
            $ports,
            [
                what_failed_is_retrying_again,
                what_was_reopened_may_fail_and_be_reopened_again,
                what_was_reopened_may_end_without_an_attempt,
                only_what_failed_is_reopened,
                only_a_later_replay_reopens_what_one_has_reopened,
                nothing_is_reopened_after_an_attempt_in_between,
                a_delivery_that_is_gone_does_not_come_back_by_reopening,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries + UpdateDeliveries {}
impl<S: CreateDeliveries + Deliveries + UpdateDeliveries> Store for S {}

const EXPIRY: Timestamp = Timestamp::from_millis(NEVER.as_millis() + 60_000);

fn reopening(delivery: &Delivery) -> Reopening {
    let by = ReplayId::from_uuid(Uuid::now_v7());
    let reopened = Reopened { by, attempts: delivery.attempt_count() };
    Reopening { key: delivery.key(), reopened, due: START, expires_at: EXPIRY }
}

async fn there<S: Store>(stores: &S, builder: DeliveryBuilder) -> Delivery {
    let delivery = builder.to(&somebodys_webhook()).expires_at(NEVER).build();
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

async fn failed<S: Store>(stores: &S) -> Delivery {
    let delivery = a_delivery().failed(5, Reason::AttemptsExhausted);
    there(stores, delivery.undecided_filter(Undecided::OutOfSteps)).await
}

async fn read<S: Store>(stores: &S, delivery: &Delivery) -> Delivery {
    stores.delivery(delivery.key()).await.expect("read").expect("there")
}

async fn assert_refused<S: Store>(stores: &S, delivery: &Delivery, reopening: Reopening) {
    let refused = Recorded::Refused(Some(Box::new(delivery.clone())));
    assert_eq!(stores.reopen_delivery(reopening).await, Ok(refused));
    assert_eq!(read(stores, delivery).await, *delivery);
}

/// The delivery after it was reopened.
async fn reopened<S: Store>(stores: &S, delivery: Delivery, reopening: Reopening) -> Delivery {
    assert_eq!(stores.reopen_delivery(reopening).await, Ok(Recorded::Yes));
    let expected = Delivery {
        status: DeliveryStatus::Retrying,
        reason: None,
        next_attempt_at: Some(START),
        reopened: Some(reopening.reopened),
        expires_at: EXPIRY,
        ..delivery
    };
    assert_eq!(read(stores, &expected).await, expected);
    expected
}

pub async fn what_failed_is_retrying_again<S: Store>(stores: &S) {
    let delivery = failed(stores).await;
    let reopening = reopening(&delivery);
    let delivery = reopened(stores, delivery, reopening).await;
    // Said again, it is refused with what is there, which tells that it was done.
    assert_refused(stores, &delivery, reopening).await;
}

pub async fn what_was_reopened_may_fail_and_be_reopened_again<S: Store>(stores: &S) {
    let delivery = failed(stores).await;
    let first = reopening(&delivery);
    let delivery = reopened(stores, delivery, first).await;
    let record = AttemptRecord {
        key: delivery.key(),
        attempt: a_failed_attempt(6),
        status: Some(DeliveryStatus::Failed),
        reason: Some(Reason::AttemptsExhausted),
        next_attempt_at: None,
        waits_for: None,
        expires_at: NEVER,
        drop_body: None,
    };
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let delivery = read(stores, &delivery).await;
    assert_eq!(delivery.reopened, Some(first.reopened), "it stays on record");
    let second = reopening(&delivery);
    reopened(stores, delivery, second).await;
}

pub async fn what_was_reopened_may_end_without_an_attempt<S: Store>(stores: &S) {
    let delivery = failed(stores).await;
    let reopening = reopening(&delivery);
    let delivery = reopened(stores, delivery, reopening).await;
    let ending = Ending {
        key: delivery.key(),
        attempts: 5,
        reason: Reason::WebhookDisabled,
        expires_at: EXPIRY,
    };
    assert_eq!(stores.end_delivery(ending).await, Ok(Recorded::Yes));
    let found = read(stores, &delivery).await;
    assert_eq!((found.status, found.next_attempt_at), (DeliveryStatus::Failed, None));
    assert_eq!(found.reopened, Some(reopening.reopened));
}

pub async fn only_what_failed_is_reopened<S: Store>(stores: &S) {
    for builder in [a_delivery(), a_delivery().retrying(), a_delivery().delivered()] {
        let delivery = there(stores, builder).await;
        let reopening = reopening(&delivery);
        assert_refused(stores, &delivery, reopening).await;
    }
}

pub async fn only_a_later_replay_reopens_what_one_has_reopened<S: Store>(stores: &S) {
    let [earlier, middle, later] = [1, 2, 3].map(|n| ReplayId::from_uuid(Uuid::from_u128(n)));
    let last = Reopened { by: middle, attempts: 2 };
    let failed = a_delivery().failed(5, Reason::AttemptsExhausted).reopened(last);
    let delivery = there(stores, failed).await;
    let by = |by| Reopening { reopened: Reopened { by, attempts: 5 }, ..reopening(&delivery) };
    for replay in [earlier, middle] {
        assert_refused(stores, &delivery, by(replay)).await;
    }
    let later = by(later);
    reopened(stores, delivery, later).await;
}

pub async fn nothing_is_reopened_after_an_attempt_in_between<S: Store>(stores: &S) {
    let delivery = failed(stores).await;
    let reopening = reopening(&delivery);
    let reopened = Reopened { attempts: 4, ..reopening.reopened };
    assert_refused(stores, &delivery, Reopening { reopened, ..reopening }).await;
}

pub async fn a_delivery_that_is_gone_does_not_come_back_by_reopening<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    let answer = stores.reopen_delivery(reopening(&delivery)).await;
    assert_eq!(answer, Ok(Recorded::Refused(None)));
    assert_eq!(stores.delivery(delivery.key()).await, Ok(None));
}
