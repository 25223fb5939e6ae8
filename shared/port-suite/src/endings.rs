//! [`Deliveries::end_delivery`].

use super::{NEVER, somebodys_delivery, somebodys_webhook};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Ending, Reason},
    ports::{CreateDeliveries, Deliveries, Recorded},
    time::{Minute, Timestamp},
};
use grapnel_testing::{builders::a_delivery, clock::START};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_endings {
    ($ports:expr) => {
        $crate::contract_tests!(
            endings,
            $ports,
            [
                a_pending_delivery_ends,
                a_waiting_delivery_ends_and_waits_no_more,
                an_end_is_refused_when_an_attempt_came_in_between,
                an_end_is_refused_when_the_delivery_is_settled,
                an_end_is_refused_when_the_delivery_is_gone,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries {}
impl<S: CreateDeliveries + Deliveries> Store for S {}

const EXPIRY: Timestamp = Timestamp::from_millis(NEVER.as_millis() + 60_000);

fn ending(delivery: &Delivery) -> Ending {
    Ending {
        key: delivery.key(),
        attempts: delivery.attempt_count(),
        reason: Reason::WebhookDeleted,
        expires_at: EXPIRY,
    }
}

async fn assert_ends<S: Store>(stores: &S, delivery: Delivery) {
    stores.create_delivery(&delivery).await.expect("created");
    assert_eq!(stores.end_delivery(ending(&delivery)).await, Ok(Recorded::Yes));
    let ended = Delivery {
        status: DeliveryStatus::Failed,
        reason: Some(Reason::WebhookDeleted),
        next_attempt_at: None,
        waits_for: None,
        expires_at: EXPIRY,
        ..delivery
    };
    assert_eq!(stores.delivery(ended.key()).await, Ok(Some(ended.clone())));
    // Said again, it is refused with what is there, which tells that it ended.
    let refused = Recorded::Refused(Some(Box::new(ended.clone())));
    assert_eq!(stores.end_delivery(ending(&ended)).await, Ok(refused));
}

async fn assert_refused<S: Store>(stores: &S, delivery: Delivery, ending: Ending) {
    stores.create_delivery(&delivery).await.expect("created");
    let refused = Recorded::Refused(Some(Box::new(delivery.clone())));
    assert_eq!(stores.end_delivery(ending).await, Ok(refused));
    assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(delivery)));
}

pub async fn a_pending_delivery_ends<S: Store>(stores: &S) {
    assert_ends(stores, somebodys_delivery()).await;
}

pub async fn a_waiting_delivery_ends_and_waits_no_more<S: Store>(stores: &S) {
    let minute = Minute::at_or_after(START).next();
    let builder = a_delivery().waiting_for(minute).to(&somebodys_webhook()).expires_at(NEVER);
    assert_ends(stores, builder.build()).await;
}

pub async fn an_end_is_refused_when_an_attempt_came_in_between<S: Store>(stores: &S) {
    let delivery = a_delivery().retrying().to(&somebodys_webhook()).expires_at(NEVER).build();
    let early = Ending { attempts: 0, ..ending(&delivery) };
    assert_refused(stores, delivery, early).await;
}

pub async fn an_end_is_refused_when_the_delivery_is_settled<S: Store>(stores: &S) {
    let delivered = a_delivery().delivered();
    let failed = a_delivery().failed(1, Reason::AttemptsExhausted);
    for builder in [delivered, failed] {
        let delivery = builder.to(&somebodys_webhook()).expires_at(NEVER).build();
        let ending = ending(&delivery);
        assert_refused(stores, delivery, ending).await;
    }
}

pub async fn an_end_is_refused_when_the_delivery_is_gone<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    let answer = stores.end_delivery(ending(&delivery)).await;
    assert_eq!(answer, Ok(Recorded::Refused(None)));
    assert_eq!(stores.delivery(delivery.key()).await, Ok(None));
}
