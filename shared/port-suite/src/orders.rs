//! [`EnqueueEvents::order_test`]. A suite gives each case a queue of its own.

use super::{Arrivals, a_user, somebodys_webhook};
use grapnel_domain::{
    event::inbound::{InboundEvent, TestOrder, TestTarget},
    ports::{EnqueueEvents, PortError},
};
use grapnel_testing::clock::START;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_orders {
    ($ports:expr) => {
        $crate::contract_tests!(
            orders,
            $ports,
            [an_order_arrives_as_the_event_it_announces, an_order_without_an_object_is_unusable]
        );
    };
}

fn order(data: &str) -> TestOrder {
    TestOrder {
        user_id: a_user(),
        target: TestTarget { webhook_id: somebodys_webhook().id, ordered_at: START },
        source_id: "order-1".into(),
        event_type: "lead.created".into(),
        data: data.into(),
    }
}

pub async fn an_order_arrives_as_the_event_it_announces<S: EnqueueEvents + Arrivals>(queue: &S) {
    let order = order(r#"{"score":0.50}"#);
    queue.order_test(&order).await.expect("ordered");
    let arrived = queue.arrivals(1).await;
    assert_eq!(arrived.len(), 1);
    let event = InboundEvent::parse(&arrived[0].body, START).expect("an event");
    assert_eq!(event.id, order.event_id());
    assert_eq!(event.user_id, order.user_id);
    assert_eq!(event.test, Some(order.target));
}

pub async fn an_order_without_an_object_is_unusable<S: EnqueueEvents + Arrivals>(queue: &S) {
    let answer = queue.order_test(&order("[]")).await;
    assert!(matches!(answer, Err(PortError::Unusable(_))), "{answer:?}");
}
