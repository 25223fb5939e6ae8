//! [`StartWaits`].

use super::{EndWaits, NEVER, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    ports::{StartWaits, WaitState},
    time::Minute,
};

/// A test for each case of this part.
#[macro_export]
macro_rules! contract_of_waits {
    ($ports:expr) => {
        $crate::contract_tests!(
            waits,
            $ports,
            [
                a_wait_is_started_once_and_runs,
                another_instance_finds_the_wait_running,
                many_that_start_a_wait_at_once_find_it_running,
                a_wait_that_ended_is_over,
                a_wait_is_of_one_webhook_and_minute,
            ]
        );
    };
}

/// A minute that does not end during a test.
fn minute() -> Minute {
    Minute::at_or_after(NEVER)
}

pub async fn a_wait_is_started_once_and_runs<S: StartWaits + EndWaits>(waits: &S) {
    let webhook = somebodys_webhook();
    for _ in 0..3 {
        let state = waits.ensure_waiting(&webhook.user_id, webhook.id, minute()).await;
        assert_eq!(state, Ok(WaitState::Running));
    }
    waits.end_wait(webhook.id, minute()).await;
}

pub async fn another_instance_finds_the_wait_running<S: StartWaits + EndWaits>(waits: &S) {
    let webhook = somebodys_webhook();
    for instance in [waits.another_instance(), waits.another_instance()] {
        let state = instance.ensure_waiting(&webhook.user_id, webhook.id, minute()).await;
        assert_eq!(state, Ok(WaitState::Running));
    }
    waits.end_wait(webhook.id, minute()).await;
}

pub async fn many_that_start_a_wait_at_once_find_it_running<S: StartWaits + EndWaits>(waits: &S) {
    let webhook = somebodys_webhook();
    let instances: Vec<S> = (0..6).map(|_| waits.another_instance()).collect();
    let starts = instances
        .iter()
        .map(|instance| instance.ensure_waiting(&webhook.user_id, webhook.id, minute()));
    for state in join_all(starts).await {
        assert_eq!(state, Ok(WaitState::Running));
    }
    waits.end_wait(webhook.id, minute()).await;
}

pub async fn a_wait_that_ended_is_over<S: StartWaits + EndWaits>(waits: &S) {
    let webhook = somebodys_webhook();
    waits.ensure_waiting(&webhook.user_id, webhook.id, minute()).await.expect("started");
    waits.end_wait(webhook.id, minute()).await;
    let late = waits.another_instance();
    for _ in 0..2 {
        let state = late.ensure_waiting(&webhook.user_id, webhook.id, minute()).await;
        assert_eq!(state, Ok(WaitState::Over));
    }
}

pub async fn a_wait_is_of_one_webhook_and_minute<S: StartWaits + EndWaits>(waits: &S) {
    let webhook = somebodys_webhook();
    waits.ensure_waiting(&webhook.user_id, webhook.id, minute()).await.expect("started");
    waits.end_wait(webhook.id, minute()).await;
    let other = somebodys_webhook();
    for (webhook, minute) in [(&webhook, minute().next()), (&other, minute())] {
        let state = waits.ensure_waiting(&webhook.user_id, webhook.id, minute).await;
        assert_eq!(state, Ok(WaitState::Running));
        waits.end_wait(webhook.id, minute).await;
    }
}
