//! [`DeadLetters`]. A suite gives each case a new queue.

use super::PutAside;
use grapnel_domain::ports::DeadLetters;

/// A test for each case of this part.
#[macro_export]
macro_rules! contract_of_dead_letters {
    ($ports:expr) => {
        $crate::contract_tests!(
            dead_letters,
            $ports,
            [
                what_is_put_aside_is_there_with_its_reason,
                what_a_queue_would_refuse_is_put_aside_too
            ]
        );
    };
}

async fn assert_is_put_aside<S: DeadLetters + PutAside>(queue: &S, body: &str) {
    queue.dead_letter(body, "not JSON").await.expect("put aside");
    assert_eq!(queue.put_aside(1).await, [(body.to_owned(), "not JSON".to_owned())]);
}

pub async fn what_is_put_aside_is_there_with_its_reason<S: DeadLetters + PutAside>(queue: &S) {
    assert_is_put_aside(queue, "{\"not\": an event \u{2713}").await;
}

pub async fn what_a_queue_would_refuse_is_put_aside_too<S: DeadLetters + PutAside>(queue: &S) {
    assert_is_put_aside(queue, "").await;
    assert_is_put_aside(queue, "\u{0}\u{b}\"\u{FFFF}").await;
}
