//! What receivers answered.

use super::*;

#[tokio::test]
async fn responses_are_erased_and_what_is_counted_stays() {
    let (it, deliveries) = Erasing::with(&[FAILED]).await;
    let path = format!("{}/responses", it.path(&deliveries[0]));
    let before = it.shown(&deliveries[0]).await;
    for pause in [0, 60] {
        it.world.clock.advance(Duration::from_secs(pause));
        let answer = it.delete(path.clone()).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
        let mut expected = before.clone();
        for attempt in expected["attempts"].as_array_mut().expect("a list") {
            let kept = attempt.as_object_mut().expect("an object");
            assert_eq!(kept.remove("response"), Some(json!("no")));
            assert_eq!(kept["error"], "the receiver answered 500", "words of our own");
        }
        expected["responsesErasedAt"] = json!("2026-11-24T06:24:00.000Z");
        assert_eq!(it.shown(&deliveries[0]).await, expected);
    }
    assert_eq!(it.data(), it.event.content.data, "the payload is another matter");
    assert_eq!(it.world.memory.calls(Operation::EraseResponses), 1);
}

#[tokio::test]
async fn answers_that_came_later_are_erased_when_asked_again() {
    let (it, deliveries) = Erasing::with(&[DELIVERED]).await;
    let path = format!("{}/responses", it.path(&deliveries[0]));
    assert_eq!(it.delete(path.clone()).await.status, StatusCode::NO_CONTENT);
    let mut now = it.now(&deliveries[0]);
    let mut attempt = an_attempt(2);
    attempt.response = Some("hello".into());
    now.attempts.push(attempt);
    it.world.memory.put_delivery(now.clone());
    it.world.clock.advance(Duration::from_secs(7));
    assert_eq!(it.delete(path).await.status, StatusCode::NO_CONTENT);
    let found = it.now(&now);
    assert!(found.kept_responses().is_empty());
    assert_eq!(found.responses_erased_at, Some(START.plus(Duration::from_secs(7))));
}

#[rstest]
#[case::pending(PENDING)]
#[case::retrying(RETRYING)]
#[tokio::test]
async fn no_response_is_erased_while_a_delivery_is_on_its_way(#[case] open: State) {
    let (it, deliveries) = Erasing::with(&[open]).await;
    let answer = it.delete(format!("{}/responses", it.path(&deliveries[0]))).await;
    assert_eq!(answer.problem(), problem(409, "delivery_open"));
    assert_eq!(it.now(&deliveries[0]), deliveries[0]);
}

#[tokio::test]
async fn responses_of_what_there_is_not_cannot_be_erased() {
    let (it, deliveries) = Erasing::with(&[DELIVERED]).await;
    let other = a_webhook().for_user("u").build();
    let foreign = a_webhook().for_user("somebody-else").build();
    it.world.memory.put_webhook(other.clone());
    it.world.memory.put_webhook(foreign.clone());
    for webhook in [other.id.to_string(), foreign.id.to_string(), "wh_1".to_owned()] {
        let path = format!("/api/webhooks/{webhook}/deliveries/{}/responses", deliveries[0].id);
        assert_eq!(it.delete(path).await.problem(), problem(404, "not_found"), "{webhook}");
    }
    let path = format!("/api/webhooks/{}/deliveries/dlv_1/responses", it.webhook.id);
    assert_eq!(it.delete(path).await.problem(), problem(404, "not_found"));
    assert_eq!(it.now(&deliveries[0]), deliveries[0]);
}

/// An attempt is recorded before each of the first tries.
#[rstest]
#[case::in_the_end(3, Ok(()))]
#[case::never(4, Err(problem(409, "changed_meanwhile")))]
#[tokio::test]
async fn an_erasure_of_responses_is_tried_anew_where_attempts_come_in_between(
    #[case] refused: usize,
    #[case] expected: Result<(), (u16, String)>,
) {
    let (it, deliveries) = Erasing::with(&[DELIVERED]).await;
    let path = format!("{}/responses", it.path(&deliveries[0]));
    let disturbed = disturb(&it.world, &deliveries[0], Operation::EraseResponses, refused);
    let answer = it.delete(path).await;
    match expected {
        Ok(()) => assert_eq!(answer.status, StatusCode::NO_CONTENT),
        Err(expected) => assert_eq!(answer.problem(), expected),
    }
    disturbed.await.expect("no panic");
    assert_eq!(it.world.memory.calls(Operation::EraseResponses), 4);
}
