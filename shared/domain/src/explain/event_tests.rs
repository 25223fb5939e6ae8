use super::*;
use crate::{
    delivery::DeliveryStatus,
    explain::Progress,
    filter::Filter,
    health::{Circuit, DisabledCause, Health},
    samples::{self, changed},
    webhook::{Configuration, WebhookStatus},
};
use rstest::rstest;
use uuid::Uuid;

const RETENTION: Retention = Retention { days: 8 };
const DAY: Duration = Duration::from_secs(86_400);
const ARRIVED: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn now() -> Timestamp {
    ARRIVED.plus(DAY)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A webhook that was created a day before the event, and not changed since.
fn webhook(change: impl FnOnce(&mut Configuration)) -> Webhook {
    changed(&samples::webhook(ARRIVED.minus(DAY)), change)
}

fn filtered(filter: &str) -> Webhook {
    webhook(|it| it.filter = Some(Filter::parse(filter, "filter").expect("valid")))
}

fn disabled_by_its_endpoint(webhook: Webhook) -> Webhook {
    let circuit = Circuit::Disabled { cause: DisabledCause::Failing };
    webhook.with_state(Health { circuit, ..Health::default() }, None)
}

/// An event that no webhook gets.
fn event() -> Event {
    let event = samples::event(ARRIVED);
    Event { audience: Some(Vec::new()), ..event }
}

fn with_data(data: &str) -> Event {
    let mut event = event();
    event.content.data = data.to_owned();
    event
}

fn erased() -> Event {
    Event { payload_erased_at: Some(now()), ..with_data("") }
}

fn explained(event: &Event, webhook: &Webhook) -> OfEvent {
    of_event(event, (webhook.id, Some(webhook)), None, RETENTION, now()).expect("its owner's")
}

const SCORED: &str = r#"{"score": [{"numeric": [">", 50]}], "state": ["new"]}"#;

#[rstest]
#[case::other_type(webhook(|it| it.events = vec!["task.*".parse().expect("valid")]), Cause::OtherType)]
#[case::disabled(webhook(|it| it.status = WebhookStatus::Disabled), Cause::Disabled)]
#[case::disabled_first(
    webhook(|it| {
        it.status = WebhookStatus::Disabled;
        it.events = vec!["task.*".parse().expect("valid")];
    }),
    Cause::Disabled
)]
#[case::disabled_by_its_endpoint(disabled_by_its_endpoint(webhook(|_| ())), Cause::Disabled)]
#[case::other_type_whatever_the_endpoint_did(
    disabled_by_its_endpoint(webhook(|it| it.events = vec!["task.*".parse().expect("valid")])),
    Cause::OtherType
)]
#[case::each_failed_condition(
    filtered(SCORED),
    Cause::Filter(vec!["/score".into(), "/state".into()])
)]
fn an_unchanged_webhook_has_a_cause(#[case] webhook: Webhook, #[case] cause: Cause) {
    assert_eq!(explained(&event(), &webhook), OfEvent::NotMatched(cause));
}

#[test]
fn only_the_conditions_that_fail_are_named() {
    let event = with_data(r#"{"score": 40, "state": "new"}"#);
    let expected = OfEvent::NotMatched(Cause::Filter(vec!["/score".into()]));
    assert_eq!(explained(&event, &filtered(SCORED)), expected);
}

#[test]
fn no_single_item_may_satisfy_a_filter_whose_conditions_hold() {
    let event = with_data(r#"{"items": [{"a": 1, "b": 2}, {"a": 2, "b": 1}]}"#);
    let webhook = filtered(r#"{"items": {"a": [1], "b": [1]}}"#);
    assert_eq!(explained(&event, &webhook), OfEvent::NotMatched(Cause::Filter(Vec::new())));
}

#[test]
fn a_webhook_that_would_have_got_it_has_no_cause() {
    for webhook in [webhook(|_| ()), filtered(r#"{"state": [{"exists": false}]}"#)] {
        assert_eq!(explained(&event(), &webhook), OfEvent::Unknown(Doubt::NoCause));
    }
}

#[rstest]
#[case::well_before(ARRIVED.minus(seconds(41)), false)]
#[case::perhaps_written_after(ARRIVED.minus(seconds(39)), true)]
#[case::afterwards(ARRIVED.plus(seconds(1)), true)]
fn a_webhook_that_changed_gets_no_verdict_for_the_past(
    #[case] at: Timestamp,
    #[case] is_doubtful: bool,
) {
    let disabled = webhook(|it| {
        it.status = WebhookStatus::Disabled;
        it.updated_at = at;
    });
    let cause = Cause::Disabled;
    let expected = match is_doubtful {
        true => OfEvent::Unknown(Doubt::Changed { at, present: Present::Differs(cause) }),
        false => OfEvent::NotMatched(cause),
    };
    assert_eq!(explained(&event(), &disabled), expected);
}

#[test]
fn a_webhook_that_changed_says_what_it_is_like_now() {
    let later = |webhook: &Webhook| changed(webhook, |it| it.updated_at = now());
    let present = |event: &Event, webhook: &Webhook| match explained(event, &later(webhook)) {
        OfEvent::Unknown(Doubt::Changed { present, .. }) => present,
        other => panic!("{other:?}"),
    };
    assert_eq!(present(&event(), &webhook(|_| ())), Present::Matches);
    let failed = Present::Differs(Cause::Filter(vec!["/state".into()]));
    assert_eq!(present(&event(), &filtered(r#"{"state": ["new"]}"#)), failed);
    assert_eq!(present(&erased(), &filtered(r#"{"state": ["new"]}"#)), Present::DataErased);
    let gone = disabled_by_its_endpoint(later(&webhook(|_| ())));
    assert_eq!(present(&event(), &gone), Present::Differs(Cause::Disabled));
}

#[test]
fn a_webhook_that_was_created_later_did_not_get_it() {
    let created =
        |at: Timestamp, change: fn(&mut Configuration)| changed(&samples::webhook(at), change);
    let same = |_: &mut Configuration| ();
    let disabled = |it: &mut Configuration| it.status = WebhookStatus::Disabled;
    let later = |at| OfEvent::NotMatched(Cause::CreatedLater { at });
    let hours = ARRIVED.plus(seconds(3600));
    assert_eq!(explained(&event(), &created(hours, same)), later(hours));
    assert_eq!(explained(&event(), &created(hours, disabled)), later(hours));
    let changed_since = changed(&created(hours, same), |it| it.updated_at = now());
    assert_eq!(explained(&event(), &changed_since), later(hours));
    // Fan-out may have seen it.
    for at in [ARRIVED.plus(seconds(300)), ARRIVED.minus(seconds(30))] {
        assert_eq!(explained(&event(), &created(at, same)), later(at));
        let cause = OfEvent::NotMatched(Cause::Disabled);
        assert_eq!(explained(&event(), &created(at, disabled)), cause);
    }
}

#[test]
fn a_new_webhook_that_is_disabled_now_was_disabled_or_did_not_exist() {
    let at = ARRIVED.minus(seconds(30));
    let new = disabled_by_its_endpoint(samples::webhook(at));
    let present = Present::Differs(Cause::Disabled);
    let expected = OfEvent::Unknown(Doubt::Changed { at, present });
    assert_eq!(explained(&event(), &new), expected);
}

#[test]
fn a_filter_cannot_run_again_on_erased_data() {
    let doubt = OfEvent::Unknown(Doubt::DataErased);
    assert_eq!(explained(&erased(), &filtered(SCORED)), doubt);
    let other = webhook(|it| it.events = vec!["task.*".parse().expect("valid")]);
    assert_eq!(explained(&erased(), &other), OfEvent::NotMatched(Cause::OtherType));
}

#[test]
fn a_test_goes_to_no_other_webhook() {
    let mut test = event();
    test.content.source = OWN_SOURCE.to_owned();
    assert_eq!(explained(&test, &webhook(|_| ())), OfEvent::NotMatched(Cause::OtherTest));
}

#[test]
fn an_event_whose_webhooks_are_not_decided_has_none() {
    let undecided = Event { audience: None, ..event() };
    let expected = OfEvent::Unknown(Doubt::NotDecided);
    assert_eq!(explained(&undecided, &webhook(|_| ())), expected);
}

#[test]
fn what_matched_is_explained_by_its_delivery() {
    let webhook = webhook(|_| ());
    let event = Event { audience: Some(vec![webhook.id]), ..event() };
    let delivery = Delivery::of(&event, webhook.id, RETENTION, ARRIVED);
    let matched = |delivery: Option<&Delivery>, webhook_now: Option<&Webhook>, now| {
        let explained = of_event(&event, (webhook.id, webhook_now), delivery, RETENTION, now);
        match explained.expect("its owner's") {
            OfEvent::Matched(matched) => matched,
            other => panic!("{other:?}"),
        }
    };
    let on_record = Matched::OnRecord(of_delivery(&delivery, Some(&webhook), now()));
    assert_eq!(matched(Some(&delivery), Some(&webhook), now()), on_record);
    assert_eq!(matched(None, Some(&webhook), now()), Matched::Pending);
    let late = ARRIVED.plus(RETENTION.period());
    assert_eq!(matched(None, Some(&webhook), late), Matched::Expired);

    // A deleted webhook still has its deliveries.
    let failed = Delivery { status: DeliveryStatus::Failed, ..delivery };
    match matched(Some(&failed), None, now()) {
        Matched::OnRecord(explained) => assert_eq!(explained.progress, Progress::Ended(None)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_webhook_that_its_owner_never_had_has_no_explanation() {
    let unknown = WebhookId::from_uuid(Uuid::from_u128(99));
    assert_eq!(of_event(&event(), (unknown, None), None, RETENTION, now()), None);
}

#[test]
fn the_margins_cover_the_longest_times_of_the_functions() {
    let template = include_str!("../../../../template.yaml");
    assert!(template.contains("\n      Timeout: 29\n"), "the API's");
    assert!(TAKES_EFFECT_WITHIN > seconds(29 + 1));
    let parameter = template.split_once("\n  FunctionTimeoutSeconds:\n").expect("there").1;
    assert!(parameter.split_once("Description").expect("there").0.contains("MaxValue: 300\n"));
    assert!(LONGEST_FAN_OUT > seconds(300 + 1));
}
