use super::*;
use grapnel_domain::{delivery::DeliveryStatus, ports::Deliveries};
use grapnel_testing::{
    builders::{a_delivery, nth},
    clock::START,
    memory::{Effect, Memory, Operation},
};

const SECOND: Duration = Duration::from_secs(1);

fn throttled() -> PortError {
    PortError::Throttled("UpdateItem on deliveries".into())
}

/// A success of the first attempt of a stored delivery.
fn a_record(memory: &Memory) -> AttemptRecord {
    let delivery = a_delivery().build();
    memory.put_delivery(delivery.clone());
    AttemptRecord {
        key: delivery.key(),
        attempt: DeliveryAttempt {
            attempt_number: nth(1),
            status_code: Some(200),
            response: Some("thanks".into()),
            response_remark: None,
            location: None,
            error: None,
            duration: 12,
            attempted_at: START,
            manual: false,
        },
        status: Some(DeliveryStatus::Success),
        reason: None,
        next_attempt_at: None,
        waits_for: None,
        expires_at: delivery.expires_at,
        drop_body: None,
    }
}

async fn recorded(
    memory: &Memory,
    attempt: &AttemptRecord,
    last_try: Timestamp,
) -> Result<Recorded, PortError> {
    record(memory, &memory.clock(), attempt, last_try).await
}

#[tokio::test]
async fn a_record_is_tried_again_until_the_wave_is_over() {
    let memory = Memory::new();
    let attempt = a_record(&memory);
    for _ in 0..15 {
        memory.fail_after(Operation::RecordAttempt, 0, throttled(), Effect::Before);
    }
    assert_eq!(recorded(&memory, &attempt, START.plus(SECOND * 20)).await, Ok(Recorded::Yes));
    assert_eq!(memory.calls(Operation::RecordAttempt), 16);
    assert_eq!(memory.delivery(attempt.key).await.expect("read").expect("there").attempts.len(), 1);
}

#[tokio::test]
async fn a_record_is_given_up_when_its_time_is_over_and_not_before() {
    let memory = Memory::new();
    let attempt = a_record(&memory);
    for _ in 0..200 {
        memory.fail_after(Operation::RecordAttempt, 0, throttled(), Effect::Before);
    }
    assert_eq!(recorded(&memory, &attempt, START.plus(SECOND * 20)).await, Err(throttled()));
    let tried_for = START.until(memory.clock().now());
    assert!(tried_for > SECOND * 19 && tried_for <= SECOND * 20, "{tried_for:?}");
    // Pauses of 50 to 800 ms take 1.55 s; then there is one try a second, and ten in the second half.
    assert_eq!(memory.calls(Operation::RecordAttempt), 1 + 5 + 9 + 94);
}

#[tokio::test]
async fn a_record_is_tried_once_if_its_time_is_over_already() {
    let memory = Memory::new();
    let attempt = a_record(&memory);
    let past = Timestamp::from_millis(START.as_millis() - 1000);
    memory.fail_after(Operation::RecordAttempt, 0, throttled(), Effect::Before);
    assert_eq!(recorded(&memory, &attempt, past).await, Err(throttled()));
    assert_eq!(recorded(&memory, &attempt, past).await, Ok(Recorded::Yes));
}

#[tokio::test]
async fn a_record_whose_answer_was_lost_is_known_for_ones_own() {
    let memory = Memory::new();
    let attempt = a_record(&memory);
    let lost = PortError::Unavailable("no answer".into());
    memory.fail_after(Operation::RecordAttempt, 0, lost, Effect::After);
    assert_eq!(recorded(&memory, &attempt, START.plus(SECOND)).await, Ok(Recorded::Yes));
    assert_eq!(memory.calls(Operation::RecordAttempt), 2);
}

#[tokio::test]
async fn the_record_of_another_run_is_not_ones_own() {
    let memory = Memory::new();
    let attempt = a_record(&memory);
    let mut of_another = attempt.clone();
    of_another.attempt.duration += 1;
    assert_eq!(recorded(&memory, &of_another, START).await, Ok(Recorded::Yes));
    let refused = recorded(&memory, &attempt, START.plus(SECOND)).await;
    assert!(matches!(refused, Ok(Recorded::Refused(Some(_)))), "{refused:?}");
}

#[tokio::test]
async fn what_can_never_be_written_is_tried_once() {
    let memory = Memory::new();
    let attempt = a_record(&memory);
    let unusable = PortError::Unusable("too long".into());
    memory.fail_after(Operation::RecordAttempt, 0, unusable.clone(), Effect::Before);
    assert_eq!(recorded(&memory, &attempt, START.plus(SECOND * 20)).await, Err(unusable));
}
