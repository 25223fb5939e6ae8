//! [`EnqueueAttempts`]. A suite gives each case a queue of its own.

use super::{Arrivals, somebodys_webhook};
use grapnel_domain::{
    delay::QueueDelay,
    message::{MakeAttempt, Outgoing, QueueMessage},
    ports::EnqueueAttempts,
};
use grapnel_testing::builders::{a_delivery, an_event, nth};
use std::{collections::HashSet, time::Duration};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_queues {
    ($ports:expr) => {
        $crate::contract_tests!(
            queues,
            $ports,
            [
                nothing_to_send_is_answered_with_nothing,
                every_message_arrives_with_its_group,
                a_delayed_message_arrives_no_earlier,
            ]
        );
    };
}

fn message(delay: QueueDelay) -> Outgoing {
    let delivery = a_delivery().to(&somebodys_webhook()).build();
    let event = an_event().data(format!(r#"{{"text":"{} ✓"}}"#, "x".repeat(3000))).build();
    let attempt = MakeAttempt {
        event: Some(event.content),
        ..MakeAttempt::scheduled(delivery.target(), nth(1))
    };
    Outgoing::new(QueueMessage::MakeAttempt(attempt), delay)
}

pub async fn nothing_to_send_is_answered_with_nothing<S: EnqueueAttempts + Arrivals>(queue: &S) {
    assert!(queue.enqueue(vec![]).await.is_empty());
}

/// More than two batches, so that batches and answers have to be matched.
pub async fn every_message_arrives_with_its_group<S: EnqueueAttempts + Arrivals>(queue: &S) {
    let messages: Vec<Outgoing> = (0..25).map(|_| message(QueueDelay::NONE)).collect();
    let answers = queue.enqueue(messages.clone()).await;
    assert_eq!(answers, vec![Ok(()); 25]);
    let sent: HashSet<(String, String)> =
        messages.into_iter().map(|each| (each.message.to_json(), each.group)).collect();
    let arrived = queue.arrivals(25).await;
    assert_eq!(arrived.len(), 25);
    let arrived: HashSet<(String, String)> =
        arrived.into_iter().map(|each| (each.body, each.group)).collect();
    assert!(arrived == sent, "other messages arrived than were sent");
}

pub async fn a_delayed_message_arrives_no_earlier<S: EnqueueAttempts + Arrivals>(queue: &S) {
    let delay = QueueDelay::at_most(2);
    let sent_at = queue.present();
    let answers = queue.enqueue(vec![message(delay), message(QueueDelay::NONE)]).await;
    assert_eq!(answers, [Ok(()), Ok(())]);
    let arrived = queue.arrivals(2).await;
    assert_eq!(arrived.len(), 2);
    assert!(sent_at.until(arrived[0].at) < Duration::from_secs(2), "one was not delayed");
    assert!(sent_at.until(arrived[1].at) >= Duration::from_secs(2), "the other came too early");
}
