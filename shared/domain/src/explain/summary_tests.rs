use super::*;
use crate::{
    delivery::Delivery,
    event::Retention,
    ids::WebhookId,
    samples::{self, nth},
    time::Timestamp,
};
use rstest::rstest;
use uuid::Uuid;

const TIME: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn delivery(attempts: u32, progress: Progress) -> OfDelivery {
    let webhook = WebhookId::from_uuid(Uuid::nil());
    let id = Delivery::of(&samples::event(TIME), webhook, Retention { days: 8 }, TIME).id;
    OfDelivery { id, test: false, undecided_filter: None, attempts, progress }
}

fn waits(waiting_for: WaitingFor, final_attempt: Option<u32>) -> Progress {
    Progress::Waits { waiting: Waiting { waiting_for, until: TIME }, final_attempt }
}

#[rstest]
#[case(Progress::Delivered { attempt: Some(nth(2)) }, "Delivered at attempt 2.")]
#[case(
    Progress::Ended(Some(Reason::AttemptsExhausted)),
    "Ended after 2 attempts: all attempts failed."
)]
#[case(Progress::Ended(None), "Ended after 2 attempts: the record does not say why.")]
#[case(waits(WaitingFor::Retry, Some(6)), "Attempt 3 of 6 is due at 2026-11-18T11:06:40.000Z.")]
#[case(waits(WaitingFor::Retry, None), "Attempt 3 is due at 2026-11-18T11:06:40.000Z.")]
#[case(
    waits(WaitingFor::Circuit, Some(5)),
    "Attempt 3 of 5 waits: the circuit breaker of the endpoint is open until 2026-11-18T11:06:40.000Z."
)]
#[case(
    waits(WaitingFor::RateLimit, Some(5)),
    "Attempt 3 of 5 waits for the rate limit of the webhook. Its turn is at 2026-11-18T11:06:40.000Z."
)]
#[case(
    Progress::Due { final_attempt: Some(5), may_wait_for_slot: false },
    "Attempt 3 of 5 is due, or its request is under way."
)]
#[case(
    Progress::Due { final_attempt: Some(5), may_wait_for_slot: true },
    "Attempt 3 of 5 is due: its request is under way, or waits for the rate limit of the webhook."
)]
#[case(
    Progress::Ends(Reason::WebhookDisabled),
    "The webhook is disabled: unless it is enabled before, the delivery ends without a further attempt."
)]
#[case(
    Progress::Ends(Reason::WebhookDeleted),
    "It ends without a further attempt: the webhook was deleted."
)]
fn a_delivery_is_explained_in_a_sentence(#[case] progress: Progress, #[case] expected: &str) {
    assert_eq!(of_delivery(&delivery(2, progress)), expected);
}

#[rstest]
#[case(0, "Ended without an attempt: it was cancelled.")]
#[case(1, "Ended after 1 attempt: it was cancelled.")]
fn attempts_are_counted(#[case] attempts: u32, #[case] expected: &str) {
    let ended = delivery(attempts, Progress::Ended(Some(Reason::Cancelled)));
    assert_eq!(of_delivery(&ended), expected);
}

#[rstest]
#[case(Undecided::OutOfSteps, "took too many steps")]
#[case(Undecided::Unreadable, "could not decide")]
fn a_filter_that_could_not_decide_is_mentioned(#[case] why: Undecided, #[case] expected: &str) {
    let delivered = delivery(1, Progress::Delivered { attempt: Some(nth(1)) });
    let text = of_delivery(&OfDelivery { undecided_filter: Some(why), ..delivered });
    assert!(text.starts_with("Delivered at attempt 1. The webhook's filter"), "{text}");
    assert!(text.contains(expected), "{text}");
}

#[rstest]
#[case(OfEvent::Matched(Matched::Pending), "It matched. Its delivery is not on record yet")]
#[case(OfEvent::Matched(Matched::Expired), "It matched. Its delivery is not on record any more")]
#[case(OfEvent::NotMatched(Cause::Disabled), "the webhook was disabled")]
#[case(OfEvent::NotMatched(Cause::OtherType), "does not get events of this type")]
#[case(OfEvent::NotMatched(Cause::CreatedLater { at: TIME }), "created at 2026-11-18T11:06:40.000Z, too late")]
#[case(OfEvent::NotMatched(Cause::OtherTest), "went to another webhook only")]
#[case(OfEvent::NotMatched(Cause::Filter(vec![])), "the webhook's filter as a whole")]
#[case(OfEvent::NotMatched(Cause::Filter(vec!["/a".into()])), "one condition of")]
#[case(OfEvent::NotMatched(Cause::Filter(vec!["/a".into(), "/b".into()])), "2 conditions of")]
#[case(OfEvent::Unknown(Doubt::NotDecided), "not decided yet")]
#[case(OfEvent::Unknown(Doubt::DataErased), "data was erased")]
#[case(OfEvent::Unknown(Doubt::NoCause), "the record does not say why")]
fn an_event_is_explained_in_a_sentence(#[case] explained: OfEvent, #[case] expected: &str) {
    let text = of_event(&explained);
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("/a"), "the fields of a filter are for readers of webhooks: {text}");
}

#[rstest]
#[case(Present::Matches, "As it is now, it gets such an event.")]
#[case(Present::Differs(Cause::Disabled), "As it is now, it is disabled.")]
#[case(Present::Differs(Cause::OtherType), "As it is now, it does not get events of this type.")]
#[case(Present::Differs(Cause::Filter(vec![])), "As it is now, its filter does not match the event.")]
#[case(Present::DataErased, "the data that it would need was erased.")]
fn a_webhook_that_changed_gets_no_verdict(#[case] present: Present, #[case] expected: &str) {
    let text = of_event(&OfEvent::Unknown(Doubt::Changed { at: TIME, present }));
    assert!(text.contains("It has changed since") && text.ends_with(expected), "{text}");
}

#[test]
fn what_matched_is_explained_with_its_delivery() {
    let on_record = |test| {
        let delivered = delivery(1, Progress::Delivered { attempt: Some(nth(1)) });
        of_event(&OfEvent::Matched(Matched::OnRecord(OfDelivery { test, ..delivered })))
    };
    assert_eq!(on_record(false), "It matched. Delivered at attempt 1.");
    assert_eq!(on_record(true), "The event is a test of this webhook. Delivered at attempt 1.");
}
