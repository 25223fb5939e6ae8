//! [`StartWaits`].

use super::{EndWaits, a_minute};
use futures::future::join_all;
use grapnel_domain::ports::{StartWaits, WaitState};

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
                a_wait_is_of_one_minute,
            ]
        );
    };
}

pub async fn a_wait_is_started_once_and_runs<S: StartWaits + EndWaits>(waits: &S) {
    let minute = a_minute();
    for _ in 0..3 {
        assert_eq!(waits.ensure_waiting(minute).await, Ok(WaitState::Running));
    }
    waits.end_wait(minute).await;
}

pub async fn another_instance_finds_the_wait_running<S: StartWaits + EndWaits>(waits: &S) {
    let minute = a_minute();
    for instance in [waits.another_instance(), waits.another_instance()] {
        assert_eq!(instance.ensure_waiting(minute).await, Ok(WaitState::Running));
    }
    waits.end_wait(minute).await;
}

pub async fn many_that_start_a_wait_at_once_find_it_running<S: StartWaits + EndWaits>(waits: &S) {
    let minute = a_minute();
    let instances: Vec<S> = (0..6).map(|_| waits.another_instance()).collect();
    let starts = instances.iter().map(|instance| instance.ensure_waiting(minute));
    for state in join_all(starts).await {
        assert_eq!(state, Ok(WaitState::Running));
    }
    waits.end_wait(minute).await;
}

pub async fn a_wait_that_ended_is_over<S: StartWaits + EndWaits>(waits: &S) {
    let minute = a_minute();
    waits.ensure_waiting(minute).await.expect("started");
    waits.end_wait(minute).await;
    let late = waits.another_instance();
    for _ in 0..2 {
        assert_eq!(late.ensure_waiting(minute).await, Ok(WaitState::Over));
    }
}

pub async fn a_wait_is_of_one_minute<S: StartWaits + EndWaits>(waits: &S) {
    let minute = a_minute();
    waits.ensure_waiting(minute).await.expect("started");
    waits.end_wait(minute).await;
    assert_eq!(waits.ensure_waiting(minute.next()).await, Ok(WaitState::Running));
    waits.end_wait(minute.next()).await;
}
